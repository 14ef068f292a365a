/**
 * SendGrid's operations as data. Each weighs 1 and has a limit of its own: SendGrid counts requests of each endpoint apart.
 * None has an answer of last resort. Tabled in `docs/services/sendgrid.md`.
 *
 * Lists are cached. Contacts and suppressions never are: acting on old ones writes to a person who said no.
 */
import { manyRecords, pageOfRecords, type Operation } from '../../contract/operation.ts';
import { minutes } from '../../time/clock.ts';
import type { SuppressionKind } from './sendgridInputs.ts';
import { writtenContact, writtenSuppression } from './sendgridEntities.ts';
import { contactsTogether, searchesTogether } from './sendgridReadsTogether.ts';
import { REQUEST_ID } from './sendgridMail.ts';
import * as answers from './sendgridSchemas.ts';

/** Its own name is that of its limit. */
const operation = <T>(definition: Operation<T>): Operation<T> => ({ quota: definition.name, ...definition });

const ofContact = { entity: writtenContact };
const ofSuppression = { entity: writtenSuppression };

const readSuppressions = (name: string): Operation<answers.Suppressions> =>
  operation({ name, method: 'GET', idempotency: 'safe', answer: answers.suppressionsAnswer, ...manyRecords, isOfService: true });

/** Whoever has made a list finds it in the list of lists. */
const contactLists = { cacheTags: () => ['lists'] };
/** A list that it names may be what is gone. */
const onLists: Pick<Operation<unknown>, 'goneTags'> = { goneTags: (_request, answer) => (answer === undefined ? ['lists'] : []) };

const findContacts = operation({
  name: 'find_contacts',
  method: 'POST',
  idempotency: 'safe',
  answer: answers.foundAnswer,
  rows: { in: 'body', name: 'emails' },
  ...manyRecords,
});
const getContacts = operation({
  name: 'get_contacts',
  method: 'POST',
  idempotency: 'safe',
  answer: answers.contactsAnswer,
  rows: { in: 'body', name: 'ids' },
  ...manyRecords,
});

export const sendgridOperations = {
  getScopes: operation({ name: 'get_scopes', method: 'GET', idempotency: 'safe', answer: answers.scopesSchema, isOfService: true }),

  /** Sent once more, it would arrive twice: whoever does not know what became of it asks a person. */
  sendMail: operation({
    name: 'send_mail',
    method: 'POST',
    idempotency: 'never',
    answer: answers.mailAcceptedAnswer,
    content: answers.mailContent,
    generatedField: REQUEST_ID,
    queue: {},
  }),
  /** Makes an id, and nothing that anybody would notice. */
  createMailBatch: operation({ name: 'create_mail_batch', method: 'POST', idempotency: 'natural', answer: answers.mailBatchSchema }),

  upsertContact: operation({
    name: 'upsert_contact',
    method: 'PUT',
    idempotency: 'natural',
    answer: answers.jobSchema,
    queue: ofContact,
    ...onLists,
  }),
  /** Not queued: who sends rows waits for what became of each. */
  upsertContacts: operation({
    name: 'upsert_contacts',
    method: 'PUT',
    idempotency: 'natural',
    answer: answers.jobSchema,
    rows: { in: 'body', name: 'contacts' },
    ...onLists,
  }),
  getImport: operation({ name: 'get_import', method: 'GET', idempotency: 'safe', answer: answers.importSchema }),
  /** Two POSTs that read: abandoning or repeating them harms nobody. */
  findContacts: operation({ ...findContacts, batch: searchesTogether(findContacts) }),
  getContacts,
  getContact: operation({
    name: 'get_contact',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.contactAnswer,
    batch: contactsTogether(getContacts),
  }),
  deleteContacts: operation({
    name: 'delete_contacts',
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.jobSchema,
    rows: { in: 'query', name: 'ids' },
    queue: ofContact,
  }),

  listLists: operation({
    name: 'list_lists',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.listsSchema,
    ...pageOfRecords,
    cacheForMs: minutes(1),
    staleForMs: minutes(10),
    ...contactLists,
  }),
  /** Nobody promises that a second list of one name is refused. Not queued: its id is what the caller asks for. */
  createList: operation({ name: 'create_list', method: 'POST', idempotency: 'never', answer: answers.listSchema, ...contactLists }),
  removeFromList: operation({
    name: 'remove_from_list',
    ...onLists,
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.jobSchema,
    rows: { in: 'query', name: 'contact_ids' },
    queue: ofContact,
  }),

  listBounces: readSuppressions('list_bounces'),
  listBlocks: readSuppressions('list_blocks'),
  listSpamReports: readSuppressions('list_spam_reports'),
  listInvalidEmails: readSuppressions('list_invalid_emails'),
  listUnsubscribes: readSuppressions('list_unsubscribes'),
  getGlobalSuppression: operation({
    name: 'get_global_suppression',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.globalSuppressionAnswer,
  }),
  addGlobalSuppressions: operation({
    name: 'add_global_suppressions',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.suppressedAnswer,
    rows: { in: 'body', name: 'recipient_emails' },
    queue: ofSuppression,
  }),
  removeGlobalSuppression: operation({
    name: 'remove_global_suppression',
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.unsuppressedAnswer,
    queue: ofSuppression,
  }),
  addGroupSuppressions: operation({
    name: 'add_group_suppressions',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.suppressedAnswer,
    rows: { in: 'body', name: 'recipient_emails' },
    queue: ofSuppression,
  }),
} as const;

export const suppressionLists: Readonly<Record<SuppressionKind, Operation<answers.Suppressions>>> = {
  bounces: sendgridOperations.listBounces,
  blocks: sendgridOperations.listBlocks,
  spam_reports: sendgridOperations.listSpamReports,
  invalid_emails: sendgridOperations.listInvalidEmails,
  unsubscribes: sendgridOperations.listUnsubscribes,
};
