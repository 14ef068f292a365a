/**
 * What can be asked of one type of record, the same for contacts, companies and deals.
 */
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import type { CallOptions, Queued } from '../../contract/call.ts';
import type { NewRecord, RecordChange, RecordType } from './hubspotInputs.ts';
import type { RecordOperations } from './hubspotRecordOperations.ts';
import { recordPath, recordsPath, searchPath } from './hubspotPaths.ts';
import type { CrmRecord, RecordPage, SearchAnswer } from './hubspotSchemas.ts';
import type { Search } from './hubspotSearchInput.ts';

export interface ReadOptions extends CallOptions {
  /** Which properties to answer, besides ids and dates; absent: HubSpot's own choice for the type. */
  readonly properties?: readonly string[] | undefined;
}

export interface ListOptions extends ReadOptions {
  /** Records a page, 1 to 100; 10 by default. */
  readonly limit?: number | undefined;
  /** `paging.next.after` of the page before. */
  readonly after?: string | undefined;
}

export class HubspotRecords {
  readonly #http: HttpClient;
  readonly #type: RecordType;
  readonly #operations: RecordOperations;

  constructor(http: HttpClient, type: RecordType, operations: RecordOperations) {
    this.#http = http;
    this.#type = type;
    this.#operations = operations;
  }

  async get(id: string, { properties, ...options }: ReadOptions): Promise<Flagged<CrmRecord>> {
    const request = { path: recordPath(this.#type, id), query: { properties } };
    return this.#http.send(this.#operations.get, request, options);
  }

  async list({ properties, limit, after, ...options }: ListOptions): Promise<Flagged<RecordPage>> {
    const request = { path: recordsPath(this.#type), query: { limit, after, properties } };
    return this.#http.send(this.#operations.list, request, options);
  }

  async create(record: NewRecord, options: CallOptions): Promise<CrmRecord | Queued> {
    return this.#http.write(this.#operations.create, { path: recordsPath(this.#type), body: record }, options);
  }

  async update(id: string, change: RecordChange, options: CallOptions): Promise<CrmRecord | Queued> {
    return this.#http.write(this.#operations.update, { path: recordPath(this.#type, id), body: change }, options);
  }

  async search(search: Search, options: CallOptions): Promise<Flagged<SearchAnswer>> {
    return this.#http.send(this.#operations.search, { path: searchPath(this.#type), body: search }, options);
  }
}
