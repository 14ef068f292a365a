/**
 * HubSpot's operations as data. None has a static fallback: an invented record would be worse than an error.
 * Every call weighs 1, whatever it holds: HubSpot counts requests, and a batch is one. Tabled in `docs/services/hubspot.md`.
 */
import { manyRecords, pageOfRecord, type Operation } from '../../contract/operation.ts';
import { batchWriteOperations } from './hubspotBatchOperations.ts';
import { tagsOfAssociation, tagsOfMissingAssociations } from './hubspotCacheTags.ts';
import { writeOfRecord } from './hubspotQueueRules.ts';
import { batchRead } from './hubspotReadsTogether.ts';
import { cached, companyOperations, contactOperations, dealOperations, getContactByEmail } from './hubspotRecordOperations.ts';
import {
  accountSchema,
  anythingSchema,
  associationBatchSchema,
  associationPageSchema,
  labelledAssociationSchema,
  type Account,
  type AssociationBatch,
  type AssociationPage,
  type LabelledAssociation,
} from './hubspotSchemas.ts';
import { createContactInUpsert, updateContactByEmail } from './hubspotUpsertOperations.ts';

export const batchReadContacts = batchRead('contacts');

export const associate: Operation<unknown> = {
  name: 'associate',
  goneTags: tagsOfAssociation,
  method: 'PUT',
  idempotency: 'natural',
  weight: 1,
  answer: anythingSchema,
  queue: writeOfRecord,
};

export const associateLabelled: Operation<LabelledAssociation> = {
  name: 'associate_labelled',
  goneTags: tagsOfAssociation,
  method: 'PUT',
  idempotency: 'natural',
  weight: 1,
  answer: labelledAssociationSchema,
  queue: writeOfRecord,
};

export const readAssociations: Operation<AssociationPage> = {
  name: 'read_associations',
  goneTags: tagsOfAssociation,
  method: 'GET',
  idempotency: 'safe',
  weight: 1,
  answer: associationPageSchema,
  ...pageOfRecord,
};

export const removeAssociation: Operation<unknown> = {
  name: 'remove_association',
  goneTags: tagsOfAssociation,
  method: 'DELETE',
  idempotency: 'natural',
  weight: 1,
  answer: anythingSchema,
  queue: writeOfRecord,
};

export const batchReadAssociations: Operation<AssociationBatch> = {
  name: 'batch_read_associations',
  goneTags: tagsOfMissingAssociations,
  method: 'POST',
  idempotency: 'safe',
  weight: 1,
  answer: associationBatchSchema,
  rows: { in: 'body', name: 'inputs' },
  ...manyRecords,
};

export const getAccount: Operation<Account> = {
  name: 'get_account',
  method: 'GET',
  idempotency: 'safe',
  weight: 1,
  answer: accountSchema,
  isOfService: true,
  ...cached,
};

/** All of them. */
export const hubspotOperations: readonly Operation<unknown>[] = [
  ...[contactOperations, companyOperations, dealOperations].flatMap(({ get, list, create, update, search }) => [
    get,
    list,
    create,
    update,
    search,
  ]),
  ...batchWriteOperations,
  getContactByEmail,
  updateContactByEmail,
  createContactInUpsert,
  batchReadContacts,
  batchRead('companies'),
  batchRead('deals'),
  associate,
  associateLabelled,
  readAssociations,
  removeAssociation,
  batchReadAssociations,
  getAccount,
];
