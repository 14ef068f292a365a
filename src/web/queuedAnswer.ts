/**
 * The answer to a write that waits in the queue: 202, and where to ask what became of it.
 */
import type { Queued } from '../contract/call.ts';
import type { OutgoingAnswer } from './sendAnswer.ts';

export const JOBS_PATH = '/api/jobs';

/** Seconds. Who asks earlier than that learns nothing: a job that is not made at once waits for its service. */
const ASK_AGAIN_SECONDS = 5;

const JOB_HEADERS = new Set(['location', 'retry-after']);

/** Without the handler's own word on where the result is: there is none yet. */
const otherHeaders = (headers: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(headers)
    .filter(([name]) => !JOB_HEADERS.has(name.toLowerCase()))
    .flat();

/**
 * @param reply What the route gave for it, if anything: fields of its own, beside those of the job.
 */
export const queuedAnswer = (
  queued: Queued,
  reply: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): OutgoingAnswer => ({
  status: 202,
  headers: ['Location', `${JOBS_PATH}/${queued.id}`, 'Retry-After', String(ASK_AGAIN_SECONDS), ...otherHeaders(reply.headers ?? {})],
  body: JSON.stringify(reply.body ?? queued),
});
