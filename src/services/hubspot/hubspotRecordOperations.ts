/**
 * What can be done with every type of record, as data, and what only contacts have.
 */
import { pageOfRecord, pageOfRecords, type Operation, type QueueRule } from '../../contract/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { tagsOfGone, tagsOfRead, tagsOfWrite } from './hubspotCacheTags.ts';
import type { RecordType } from './hubspotInputs.ts';
import { newRecord, writeOfNewContact, writeOfRecord } from './hubspotQueueRules.ts';
import { recordsTogether } from './hubspotReadsTogether.ts';
import {
  recordPageSchema,
  recordSchema,
  searchAnswerSchema,
  type CrmRecord,
  type RecordPage,
  type SearchAnswer,
} from './hubspotSchemas.ts';

/**
 * Half a minute fresh: long enough to take a burst of equal reads, short enough that a write past us is soon seen; one
 * through us is seen at once. For ten minutes more, stale beats an error.
 */
export const cached = { cacheForMs: seconds(30), staleForMs: minutes(10) };

/** What can be done with every type of record. */
export interface RecordOperations {
  readonly get: Operation<CrmRecord>;
  readonly list: Operation<RecordPage>;
  readonly create: Operation<CrmRecord>;
  readonly update: Operation<CrmRecord>;
  readonly search: Operation<SearchAnswer>;
}

const recordOperations = (one: string, many: RecordType, creation: QueueRule): RecordOperations => ({
  get: {
    name: `get_${one}`,
    method: 'GET',
    idempotency: 'safe',
    weight: 1,
    answer: recordSchema,
    batch: recordsTogether(many),
    cacheTags: tagsOfRead(many),
    goneTags: tagsOfGone(many),
    ...cached,
  },
  list: { name: `list_${many}`, method: 'GET', idempotency: 'safe', weight: 1, answer: recordPageSchema, ...pageOfRecords },
  // A repeat makes a second company or deal. Of a contact it would answer 409, and call our own success a conflict;
  // one without an email it would double. Who wants repeats asks for an upsert.
  create: { name: `create_${one}`, method: 'POST', idempotency: 'never', weight: 1, answer: recordSchema, queue: creation },
  update: {
    name: `update_${one}`,
    method: 'PATCH',
    idempotency: 'natural',
    weight: 1,
    answer: recordSchema,
    queue: writeOfRecord,
    cacheTags: tagsOfWrite(many),
    goneTags: tagsOfGone(many),
  },
  search: {
    name: `search_${many}`,
    method: 'POST',
    idempotency: 'safe',
    weight: 1,
    quota: 'search',
    answer: searchAnswerSchema,
    ...pageOfRecord,
  },
});

export const contactOperations = recordOperations('contact', 'contacts', writeOfNewContact);
export const companyOperations = recordOperations('company', 'companies', newRecord);
export const dealOperations = recordOperations('deal', 'deals', newRecord);

export const getContactByEmail: Operation<CrmRecord> = { ...contactOperations.get, name: 'get_contact_by_email' };
