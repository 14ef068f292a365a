/**
 * The simulated Mailchimp's batches: accepted at once, made some seconds later, and finished whatever came of them.
 */
import { isObject } from '../simulation/fields.ts';
import type { Routes } from '../simulation/router.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import {
  invalid,
  missing,
  notFound,
  problem,
  problemNamed,
  type Batch,
  type MailchimpAccount,
  type Operation,
} from './mailchimpAccount.ts';

const MAX_OPERATIONS = 1_000;
const MAX_OPEN = 500;
/** How long after its submission a batch reaches a stage, ms. */
const stages = [
  { status: 'finished', afterMs: 4_000 },
  { status: 'finalizing', afterMs: 3_000 },
  { status: 'started', afterMs: 2_000 },
  { status: 'preprocessing', afterMs: 1_000 },
] as const;
const MADE_AFTER_MS = 2_000;
const FINISHED_AFTER_MS = 4_000;
const METHODS: readonly unknown[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export const json = (body: unknown): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
});

const isOpen = ({ submittedAt }: Batch, now: number): boolean => now - submittedAt < FINISHED_AFTER_MS;

const batchRecord = (batch: Batch, account: MailchimpAccount) => {
  const { id, submittedAt, operations, errored } = batch;
  const isFinished = !isOpen(batch, account.now);
  return {
    id,
    status: stages.find(({ afterMs }) => account.now - submittedAt >= afterMs)?.status ?? 'pending',
    total_operations: operations.length,
    finished_operations: errored === undefined ? 0 : operations.length,
    errored_operations: errored ?? 0,
    submitted_at: account.timestamp(submittedAt),
    completed_at: isFinished ? account.timestamp(submittedAt + FINISHED_AFTER_MS) : '',
    // Leads nowhere: the single answers are not simulated.
    response_body_url: isFinished ? `https://batch.example.com/${id}-response.tar.gz?signature=sandbox` : '',
    _links: [],
  };
};

const isOperation = (value: unknown): value is Operation & Record<string, unknown> =>
  isObject(value) &&
  METHODS.includes(value['method']) &&
  typeof value['path'] === 'string' &&
  (value['body'] === undefined || typeof value['body'] === 'string') &&
  (value['params'] === undefined || isObject(value['params']));

export const batchRoutes: Routes<MailchimpAccount> = {
  'POST /batches': ({ account, body: { operations } }) => {
    if (!Array.isArray(operations) || operations.length === 0) return problem(400, missing(['operations']));
    if (operations.length > MAX_OPERATIONS) return problem(400, invalid('operations', 'Cannot exceed 1000 items'));
    if (!operations.every(isOperation)) return problem(400, invalid('operations', 'Schema describes method, path and body as text'));
    if ([...account.batches.values()].filter((batch) => isOpen(batch, account.now)).length >= MAX_OPEN) {
      return problemNamed('tooManyBatches');
    }
    const batch: Batch = { id: account.newBatchId(), submittedAt: account.now, operations, errored: undefined };
    account.batches.set(batch.id, batch);
    return json(batchRecord(batch, account));
  },
  'GET /batches/:batch': ({ account, param }) => {
    const batch = account.batches.get(param('batch'));
    return batch === undefined ? notFound : json(batchRecord(batch, account));
  },
};

const parsed = (body = ''): Pick<SandboxRequest, 'body' | 'malformed'> => {
  try {
    return { body: body === '' ? undefined : (JSON.parse(body) as unknown), malformed: false };
  } catch {
    return { body: undefined, malformed: true };
  }
};

const asRequest = ({ method, path, params = {}, body }: Operation): SandboxRequest => ({
  method,
  path: path.startsWith('/') ? path : `/${path}`,
  query: new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  ),
  headers: {},
  ...parsed(body),
});

/** Makes the batches whose time has come, the earliest first, and says whether there was one. */
export const makeDueBatches = (account: MailchimpAccount, make: (request: SandboxRequest) => SandboxAnswer): boolean => {
  const due = [...account.batches.values()].filter(
    ({ errored, submittedAt }) => errored === undefined && account.now - submittedAt >= MADE_AFTER_MS,
  );
  for (const batch of due) batch.errored = batch.operations.filter((operation) => make(asRequest(operation)).status >= 400).length;
  return due.length > 0;
};
