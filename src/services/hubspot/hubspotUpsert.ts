/**
 * An upsert of a contact by email, out of HubSpot's parts: its own (`batch/upsert`) takes no partial rows by email. Its steps, and which
 * follows on which refusal, are the same for a caller that waits for the answer and for a job in the queue.
 */
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import type { NextStep, Operation, OperationRequest, QueueRule } from '../../contract/operation.ts';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { recipe } from '../endpoint.ts';
import { record, type CrmRecord } from './hubspotAnswers.ts';
import { contacts, newContactInUpsert, writeOfRecord } from './hubspotEndpoints.ts';
import { email, recordChange, type RecordChange } from './hubspotInputs.ts';
import { objectsPath } from './hubspotPaths.ts';

type Upserted = Queued | { readonly created: boolean; readonly contact: CrmRecord };
type Follow = NonNullable<QueueRule['orElse']>;

/** Update, create, update. */
const MAX_STEPS = 3;

/** Our own bodies: a step is only ever made here. */
const changeIn = ({ body }: OperationRequest): RecordChange => body as RecordChange;

export const firstUpsertStep = (of: string, change: RecordChange): NextStep => ({
  operation: updateContactByEmail,
  request: { path: objectsPath('contacts', of), query: { idProperty: 'email' }, body: change },
});

/** No contact has the email: one is made. */
const createStep: Follow = ({ status }, request) => {
  if (status !== 404) return undefined;
  const body = { properties: { ...changeIn(request).properties, email: lastValueIn(request.path) } };
  return { operation: createContactInUpsert, request: { path: objectsPath('contacts'), body } };
};

/** Another writer, or an earlier attempt of ours, was faster: the contact in the way is updated, by email if the refusal does not name it. */
const updateStep: Follow = ({ status, details: { existingId } }, request) => {
  if (status !== 409) return undefined;
  const { email: known = '', ...properties } = changeIn(request).properties;
  if (typeof existingId !== 'string') return firstUpsertStep(known, { properties });
  return { operation: contacts.update.operation, request: { path: objectsPath('contacts', existingId), body: { properties } } };
};

export const updateContactByEmail: Operation<CrmRecord> = {
  ...contacts.update.operation,
  name: 'update_contact_by_email',
  queue: { ...writeOfRecord, orElse: createStep },
};

/** The create inside an upsert: it always has an email, and the upsert knows what to do with the 409 of a repeat. */
export const createContactInUpsert: Operation<CrmRecord> = {
  ...contacts.create.operation,
  name: 'create_contact_in_upsert',
  idempotency: 'natural',
  queue: { ...newContactInUpsert, orElse: updateStep },
};

const take = async (http: HttpClient, { operation, request }: NextStep, call: CallOptions, stepsLeft: number): Promise<Upserted> => {
  try {
    const contact = await http.write(operation as Operation<CrmRecord>, request, call);
    return isQueued(contact) ? contact : { created: operation === createContactInUpsert, contact };
  } catch (error) {
    const next = error instanceof UpstreamRejectedError && stepsLeft > 1 ? operation.queue?.orElse?.(error, request) : undefined;
    if (next === undefined) throw error;
    return take(http, next, call, stepsLeft - 1);
  }
};

/**
 * Updates the contact with this email; creates it on a 404; and if that answers 409, because another writer (or an earlier
 * attempt of ours) was faster, updates the one in the way. One deadline for all three. A repeat ends in the same state.
 * A step that has to wait is queued, and the job takes the steps that are left.
 *
 * @throws {InvalidRequestError} if the properties hold an `email` of their own.
 */
export const upsertContact = recipe({
  route: 'PUT /contacts/by-email/:email',
  summary: 'Create or update the contact with this email',
  description: 'Safe to repeat. Answers 201 if the contact is new, else 200. The properties must not hold an `email`.',
  params: { email },
  body: recordChange,
  answer: record,
  problems: [422],
  operations: [updateContactByEmail, createContactInUpsert],
  queueable: true,
  run: async (http, { params, body }, options): Promise<Upserted> => {
    if ('email' in body.properties) {
      const message = 'must be left out: an upsert takes the email from the path';
      throw new InvalidRequestError(`properties.email ${message}`, [{ at: 'body.properties.email', message }]);
    }
    return take(http, firstUpsertStep(params.email, body), http.startDeadline(options), MAX_STEPS);
  },
  statusOf: (upserted) => (!isQueued(upserted) && upserted.created ? 201 : 200),
  reply: (upserted) => (isQueued(upserted) ? upserted : upserted.contact),
});
