/**
 * The simulated Mailchimp's batches: accepted at once, made some seconds later, and finished whatever came of them.
 */
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import { isObject } from '../simulation/simulatedFields.ts';
import type { BatchedOperation, MailchimpAccount, SimulatedBatch } from './mailchimpSandboxAccount.ts';
import { endpoint, json, type Endpoint, type EndpointCall } from './mailchimpSandboxEndpoint.ts';
import { invalid, missing, notFound, problem, tooManyBatches } from './mailchimpSandboxProblems.ts';

const MAX_OPERATIONS = 1_000;
const MAX_OPEN = 500;

/** How long after its submission a batch reaches a stage, ms. */
const stages = [
  { status: 'finished', afterMs: 4_000 },
  { status: 'finalizing', afterMs: 3_000 },
  { status: 'started', afterMs: 2_000 },
  { status: 'preprocessing', afterMs: 1_000 },
] as const;

/** All operations are made at this stage. */
const MADE_AFTER_MS = 2_000;
const FINISHED_AFTER_MS = 4_000;

const statusOf = ({ submittedAt }: SimulatedBatch, now: number): string =>
  stages.find(({ afterMs }) => now - submittedAt >= afterMs)?.status ?? 'pending';

const isOpen = ({ submittedAt }: SimulatedBatch, now: number): boolean => now - submittedAt < FINISHED_AFTER_MS;

const batchRecord = (batch: SimulatedBatch, account: MailchimpAccount) => {
  const isFinished = !isOpen(batch, account.now);
  return {
    id: batch.id,
    status: statusOf(batch, account.now),
    total_operations: batch.operations.length,
    finished_operations: batch.errored === undefined ? 0 : batch.operations.length,
    errored_operations: batch.errored ?? 0,
    submitted_at: account.timestamp(batch.submittedAt),
    completed_at: isFinished ? account.timestamp(batch.submittedAt + FINISHED_AFTER_MS) : '',
    // Leads nowhere: the single answers are not simulated.
    response_body_url: isFinished ? `https://batch.example.com/${batch.id}-response.tar.gz?signature=sandbox` : '',
    _links: [],
  };
};

const METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

const isOperation = (value: unknown): value is BatchedOperation & Record<string, unknown> =>
  isObject(value) &&
  METHODS.has(value['method']) &&
  typeof value['path'] === 'string' &&
  (value['body'] === undefined || typeof value['body'] === 'string') &&
  (value['params'] === undefined || isObject(value['params']));

const startBatch = ({ account, body: { operations } }: EndpointCall): SandboxAnswer => {
  if (!Array.isArray(operations) || operations.length === 0) return problem(400, missing(['operations']));
  if (operations.length > MAX_OPERATIONS) return problem(400, invalid([{ field: 'operations', message: 'Cannot exceed 1000 items' }]));
  if (!operations.every(isOperation))
    return problem(400, invalid([{ field: 'operations', message: 'Schema describes method, path and body as text' }]));
  if ([...account.batches.values()].filter((batch) => isOpen(batch, account.now)).length >= MAX_OPEN) return tooManyBatches;
  const batch: SimulatedBatch = { id: account.newBatchId(), submittedAt: account.now, operations, errored: undefined };
  account.batches.set(batch.id, batch);
  return json(batchRecord(batch, account));
};

const getBatch = ({ account, params }: EndpointCall): SandboxAnswer => {
  const batch = account.batches.get(params['batch'] ?? '');
  return batch === undefined ? notFound : json(batchRecord(batch, account));
};

const parsed = (body: string | undefined): Pick<SandboxRequest, 'body' | 'malformed'> => {
  if (body === undefined || body === '') return { body: undefined, malformed: false };
  try {
    return { body: JSON.parse(body) as unknown, malformed: false };
  } catch {
    return { body: undefined, malformed: true };
  }
};

const asRequest = ({ method, path, params = {}, body }: BatchedOperation): SandboxRequest => ({
  method,
  path: path.startsWith('/') ? path : `/${path}`,
  query: new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  ),
  headers: {},
  ...parsed(body),
});

/** Makes the batches whose time has come, the earliest first, and says whether there was one; whoever asks next sees what they did. */
export const makeDueBatches = (account: MailchimpAccount, make: (request: SandboxRequest) => SandboxAnswer): boolean => {
  let hasMade = false;
  for (const batch of account.batches.values()) {
    if (batch.errored !== undefined || account.now - batch.submittedAt < MADE_AFTER_MS) continue;
    batch.errored = batch.operations.filter((operation) => make(asRequest(operation)).status >= 400).length;
    hasMade = true;
  }
  return hasMade;
};

export const batchEndpoints: readonly Endpoint[] = [endpoint('POST /batches', startBatch), endpoint('GET /batches/:batch', getBatch)];
