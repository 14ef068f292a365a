/**
 * What ties records together.
 */
import { failedOf, sendInParts } from '../../pipeline/bulkParts.ts';
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import { contextList } from './hubspotBatchErrors.ts';
import { NONE_FOUND } from './hubspotCacheTags.ts';
import { associationInputsSchema, checked, type AssociableType, type AssociationInput, type AssociationLabel } from './hubspotInputs.ts';
import { associate, associateLabelled, batchReadAssociations, readAssociations, removeAssociation } from './hubspotOperations.ts';
import { associationBatchPath, associationPath, associationsPath, defaultAssociationPath, type RecordReference } from './hubspotPaths.ts';
import type { Association, AssociationBatch, AssociationPage, LabelledAssociation } from './hubspotSchemas.ts';

export interface AssociationListOptions extends CallOptions {
  /** Rows a page, 1 to 500. */
  readonly limit?: number | undefined;
  /** `paging.next.after` of the page before. */
  readonly after?: string | undefined;
}

export interface AssociatedRecords {
  readonly id: string;
  /** Empty if there are none: HubSpot calls that an error, we do not. */
  readonly to: readonly Association[];
  /** Where this record's next page begins, if it has more. */
  readonly after?: string;
}

export interface AssociationBatchAnswer {
  /** In the order of the ids asked for. */
  readonly results: readonly AssociatedRecords[];
  /** Ids without an answer: no such record. */
  readonly missing: readonly string[];
  /** Ids that HubSpot failed at, while it answered others: they may be asked for again. Absent: none. */
  readonly failed?: readonly string[];
}

const joined = (ids: readonly string[], answers: readonly AssociationBatch[], failed: readonly string[]): AssociationBatchAnswer => {
  const rows = new Map<string, AssociatedRecords>();
  for (const error of answers.flatMap(({ errors = [] }) => errors)) {
    if (error.subCategory !== NONE_FOUND) continue;
    for (const id of contextList(error, 'fromObjectId')) rows.set(id, { id, to: [] });
  }
  for (const { from, to, paging } of answers.flatMap(({ results }) => results)) {
    rows.set(from.id, { id: from.id, to, ...(paging?.next === undefined ? {} : { after: paging.next.after }) });
  }
  const missing = ids.filter((id) => !rows.has(id) && !failed.includes(id));
  return { results: ids.flatMap((id) => rows.get(id) ?? []), missing, ...(failed.length > 0 && { failed }) };
};

/** HubSpot's answer says nothing; that it has to wait does. */
const orNothing = (answer: unknown): Queued | undefined => (isQueued(answer) ? answer : undefined);

export class HubspotAssociations {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  async associate(from: RecordReference, to: RecordReference, options?: CallOptions): Promise<Queued | undefined> {
    return orNothing(await this.#http.write(associate, { path: defaultAssociationPath(from, to) }, options));
  }

  async associateLabelled(
    from: RecordReference,
    to: RecordReference,
    labels: readonly AssociationLabel[],
    options?: CallOptions,
  ): Promise<LabelledAssociation | Queued> {
    return this.#http.write(associateLabelled, { path: associationPath(from, to), body: labels }, options);
  }

  async read(
    from: RecordReference,
    toType: AssociableType,
    { limit, after, ...options }: AssociationListOptions,
  ): Promise<Flagged<AssociationPage>> {
    return this.#http.send(readAssociations, { path: associationsPath(from, toType), query: { limit, after } }, options);
  }

  async remove(from: RecordReference, to: RecordReference, options?: CallOptions): Promise<Queued | undefined> {
    return orNothing(await this.#http.write(removeAssociation, { path: associationPath(from, to) }, options));
  }

  async batchRead(
    fromType: AssociableType,
    toType: AssociableType,
    inputs: readonly AssociationInput[],
    options?: CallOptions,
  ): Promise<AssociationBatchAnswer> {
    const body = { inputs: checked(associationInputsSchema, inputs, 'inputs') };
    const ids = body.inputs.map(({ id }) => id);
    const parts = await sendInParts(this.#http, batchReadAssociations, { path: associationBatchPath(fromType, toType), body }, options);
    return joined(
      [...new Set(ids)],
      parts.answered.map(({ answer }) => answer),
      [...new Set(failedOf(parts, ids))],
    );
  }
}
