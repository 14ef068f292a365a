/**
 * The steps of an upsert of a contact by email, and which follows on which refusal: the same for a caller who waits for
 * the answer and for a job in the queue.
 */
import type { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { Operation, OperationRequest } from '../../contract/operation.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { contactByEmailPath, recordPath, recordsPath } from './hubspotPaths.ts';
import { newContactInUpsert, writeOfRecord } from './hubspotQueueRules.ts';
import type { RecordChange } from './hubspotInputs.ts';
import { contactOperations } from './hubspotRecordOperations.ts';
import type { CrmRecord } from './hubspotSchemas.ts';

export interface UpsertStep {
  readonly operation: Operation<CrmRecord>;
  readonly request: OperationRequest;
}

const emailIn = ({ path }: OperationRequest): string => lastValueIn(path);

/** Our own bodies: a step is only ever made here. */
const changeIn = ({ body }: OperationRequest): RecordChange => body as RecordChange;

/** Nobody has the email: the contact is made. */
const createStep = (error: UpstreamRejectedError, request: OperationRequest): UpsertStep | undefined => {
  if (error.status !== 404) return undefined;
  const body = { properties: { ...changeIn(request).properties, email: emailIn(request) } };
  return { operation: createContactInUpsert, request: { path: recordsPath('contacts'), body } };
};

/** Somebody else, or an earlier attempt of ours, was faster: the contact in the way is updated, by email if the refusal does not name it. */
const updateStep = (error: UpstreamRejectedError, request: OperationRequest): UpsertStep | undefined => {
  if (error.status !== 409) return undefined;
  const { email = '', ...properties } = changeIn(request).properties;
  const { existingId } = error.details;
  if (typeof existingId !== 'string') return firstUpsertStep(email, { properties });
  return { operation: contactOperations.update, request: { path: recordPath('contacts', existingId), body: { properties } } };
};

export const updateContactByEmail: Operation<CrmRecord> = {
  ...contactOperations.update,
  name: 'update_contact_by_email',
  queue: { ...writeOfRecord, orElse: createStep },
};

/** The create inside an upsert: it always has an email, and the upsert knows what to do with the 409 of a repeat. */
export const createContactInUpsert: Operation<CrmRecord> = {
  ...contactOperations.create,
  name: 'create_contact_in_upsert',
  idempotency: 'natural',
  queue: { ...newContactInUpsert, orElse: updateStep },
};

/** @throws {InvalidRequestError} unless `email` looks like an address. */
export const firstUpsertStep = (email: string, change: RecordChange): UpsertStep => ({
  operation: updateContactByEmail,
  request: { path: contactByEmailPath(email), query: { idProperty: 'email' }, body: change },
});

/** The step that a refusal leads to; `undefined` if it is the end. */
export const nextUpsertStep = ({ operation, request }: UpsertStep, error: UpstreamRejectedError): UpsertStep | undefined => {
  if (operation === updateContactByEmail) return createStep(error, request);
  return operation === createContactInUpsert ? updateStep(error, request) : undefined;
};
