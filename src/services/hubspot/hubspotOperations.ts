/**
 * HubSpot's operations as data. None has a static fallback: an invented record would be worse than an error.
 * Every call weighs 1, whatever it holds: HubSpot counts requests, and a batch is one. Tabled in `docs/services/hubspot.md`.
 */
import type { DeclaredOperation, Operation } from '../../http/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import type { AssociableType } from './hubspotInputs.ts';
import {
  accountSchema,
  anythingSchema,
  associationBatchSchema,
  associationPageSchema,
  labelledAssociationSchema,
  recordBatchSchema,
  recordPageSchema,
  recordSchema,
  searchAnswerSchema,
  type Account,
  type AssociationBatch,
  type AssociationPage,
  type CrmRecord,
  type LabelledAssociation,
  type RecordBatch,
  type RecordPage,
  type SearchAnswer,
} from './hubspotSchemas.ts';

/**
 * Half a minute fresh: long enough to take a burst of equal reads, short enough that a write is soon seen. A caller
 * that must see its own write asks with `refresh`. For ten minutes more, stale beats an error.
 */
const cached = { cacheForMs: seconds(30), staleForMs: minutes(10) };

/** What can be done with every type of record. */
export interface RecordOperations {
  readonly get: Operation<CrmRecord>;
  readonly list: Operation<RecordPage>;
  readonly create: Operation<CrmRecord>;
  readonly update: Operation<CrmRecord>;
  readonly search: Operation<SearchAnswer>;
}

const recordOperations = (one: string, many: string): RecordOperations => ({
  get: { name: `get_${one}`, method: 'GET', idempotency: 'safe', weight: 1, answer: recordSchema, ...cached },
  list: { name: `list_${many}`, method: 'GET', idempotency: 'safe', weight: 1, answer: recordPageSchema },
  // A repeat makes a second company or deal. Of a contact it would answer 409, and call our own success a conflict;
  // one without an email it would double. Who wants repeats asks for an upsert.
  create: { name: `create_${one}`, method: 'POST', idempotency: 'never', weight: 1, answer: recordSchema },
  update: { name: `update_${one}`, method: 'PATCH', idempotency: 'natural', weight: 1, answer: recordSchema },
  search: { name: `search_${many}`, method: 'POST', idempotency: 'safe', weight: 1, quota: 'search', answer: searchAnswerSchema },
});

export const contactOperations = recordOperations('contact', 'contacts');
export const companyOperations = recordOperations('company', 'companies');
export const dealOperations = recordOperations('deal', 'deals');

export const getContactByEmail: Operation<CrmRecord> = { ...contactOperations.get, name: 'get_contact_by_email' };

export const updateContactByEmail: Operation<CrmRecord> = { ...contactOperations.update, name: 'update_contact_by_email' };

/** The create inside an upsert: it always has an email, and the upsert knows what to do with the 409 of a repeat. */
export const createContactInUpsert: Operation<CrmRecord> = {
  ...contactOperations.create,
  name: 'create_contact_in_upsert',
  idempotency: 'natural',
};

export const batchReadContacts: Operation<RecordBatch> = {
  name: 'batch_read_contacts',
  method: 'POST',
  idempotency: 'safe',
  weight: 1,
  answer: recordBatchSchema,
};

const batchCreate = (type: AssociableType): Operation<RecordBatch> => ({
  name: `batch_create_${type}`,
  method: 'POST',
  idempotency: 'never',
  weight: 1,
  answer: recordBatchSchema,
});

export const batchCreateOperations: Readonly<Record<AssociableType, Operation<RecordBatch>>> = {
  contacts: batchCreate('contacts'),
  companies: batchCreate('companies'),
  deals: batchCreate('deals'),
  tickets: batchCreate('tickets'),
};

export const associate: Operation<unknown> = {
  name: 'associate',
  method: 'PUT',
  idempotency: 'natural',
  weight: 1,
  answer: anythingSchema,
};

export const associateLabelled: Operation<LabelledAssociation> = {
  name: 'associate_labelled',
  method: 'PUT',
  idempotency: 'natural',
  weight: 1,
  answer: labelledAssociationSchema,
};

export const readAssociations: Operation<AssociationPage> = {
  name: 'read_associations',
  method: 'GET',
  idempotency: 'safe',
  weight: 1,
  answer: associationPageSchema,
};

export const removeAssociation: Operation<unknown> = {
  name: 'remove_association',
  method: 'DELETE',
  idempotency: 'natural',
  weight: 1,
  answer: anythingSchema,
};

export const batchReadAssociations: Operation<AssociationBatch> = {
  name: 'batch_read_associations',
  method: 'POST',
  idempotency: 'safe',
  weight: 1,
  answer: associationBatchSchema,
};

export const getAccount: Operation<Account> = {
  name: 'get_account',
  method: 'GET',
  idempotency: 'safe',
  weight: 1,
  answer: accountSchema,
  ...cached,
};

/** All of them. */
export const hubspotOperations: readonly DeclaredOperation[] = [
  ...[contactOperations, companyOperations, dealOperations].flatMap(({ get, list, create, update, search }) => [
    get,
    list,
    create,
    update,
    search,
  ]),
  ...Object.values(batchCreateOperations),
  getContactByEmail,
  updateContactByEmail,
  createContactInUpsert,
  batchReadContacts,
  associate,
  associateLabelled,
  readAssociations,
  removeAssociation,
  batchReadAssociations,
  getAccount,
];
