/**
 * Mailchimp's operations as data. Each weighs 1: it counts connections, and a bulk write is one. None has an answer of
 * last resort. Tabled in `docs/services/mailchimp.md`.
 *
 * Lists are cached, to spare connections. Members never are: acting on an old one writes to a person who said no.
 */
import { manyRecords, pageOfRecords, type Operation } from '../../contract/operation.ts';
import { minutes } from '../../time/clock.ts';
import { writtenMember } from './mailchimpMembers.ts';
import * as answers from './mailchimpAnswers.ts';

const operation = <T>(definition: Operation<T>): Operation<T> => definition;

/** Whether the member or the list is gone, Mailchimp says in words alone. */
const ofList: Pick<Operation<unknown>, 'goneTags'> = { goneTags: (_request, answer) => (answer === undefined ? ['lists'] : []) };

/** Writes of one member wait in their order. */
const queue = { entity: writtenMember };

export const mailchimpOperations = {
  ping: operation({ name: 'ping', method: 'GET', idempotency: 'safe', answer: answers.pingSchema }),
  listLists: operation({
    name: 'list_lists',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.listsAnswer,
    ...pageOfRecords,
    cacheForMs: minutes(1),
    staleForMs: minutes(10),
    cacheTags: () => ['lists'],
  }),

  listMembers: operation({
    name: 'list_members',
    ...ofList,
    method: 'GET',
    idempotency: 'safe',
    answer: answers.memberPageAnswer,
    ...pageOfRecords,
  }),
  getMember: operation({ name: 'get_member', ...ofList, method: 'GET', idempotency: 'safe', answer: answers.memberAnswer }),
  /** A repeat is refused, and the refusal would call our own success a conflict. Who wants repeats takes the upsert. */
  createMember: operation({
    name: 'create_member',
    ...ofList,
    method: 'POST',
    idempotency: 'never',
    answer: answers.memberAnswer,
    queue: { ...queue, alreadyDone: ({ reason }) => reason === 'member_exists' },
  }),
  upsertMember: operation({ name: 'upsert_member', ...ofList, method: 'PUT', idempotency: 'natural', answer: answers.memberAnswer, queue }),
  updateMember: operation({
    name: 'update_member',
    ...ofList,
    method: 'PATCH',
    idempotency: 'natural',
    answer: answers.memberAnswer,
    queue,
  }),
  archiveMember: operation({
    name: 'archive_member',
    ...ofList,
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.archivedAnswer,
    queue,
  }),
  tagMember: operation({ name: 'tag_member', ...ofList, method: 'POST', idempotency: 'natural', answer: answers.taggedAnswer, queue }),

  /** Always with `update_existing`, which makes a repeat harmless. Not queued: who sends rows waits for what became of each. */
  upsertMembers: operation({
    name: 'upsert_members',
    ...ofList,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.bulkAnswer,
    ...manyRecords,
  }),

  /** A second batch of the same operations could undo what was written between the two. Not queued: it is a queue itself. */
  startBatch: operation({ name: 'start_batch', method: 'POST', idempotency: 'never', answer: answers.startedBatchAnswer }),
  getBatch: operation({ name: 'get_batch', method: 'GET', idempotency: 'safe', answer: answers.batchAnswer }),
} as const;
