/**
 * A job as it is shown: never what it writes.
 */
import { z } from 'zod';
import { isEnded, type JobRecord, jobStates } from '../queue/durableQueue.ts';
import type { Queued } from '../contract/call.ts';

/** ISO 8601, in UTC. */
const moment = z.string().meta({ format: 'date-time' });

const shared = {
  id: z.string().meta({ description: '`job_` and 22 to 43 letters, digits, `-` or `_`.' }),
  status: z.enum(jobStates),
  service: z.string(),
  operation: z.string(),
  acceptedAt: moment,
  since: moment.meta({ description: 'Of the status.' }),
  expiresAt: moment.meta({ description: 'Not begun by then, it fails with the reason `expired`.' }),
  nextAttemptAt: moment.optional().meta({ description: 'While queued: not before.' }),
  attempts: z.int().min(0).meta({ description: 'Those that reached the service, or tried to and failed.' }),
  reason: z.string().optional().meta({ description: 'Why it failed, is uncertain or waits: a constant.' }),
};

/** For its owner. */
export const jobSchema = z
  .object({
    ...shared,
    result: z
      .unknown()
      .optional()
      .meta({ description: 'What the service answered; only when succeeded, and as long as the record is there.' }),
  })
  .meta({ id: 'Job' });

/** For people on call: whose it is, and nothing that it holds. */
export const jobRecordSchema = z
  .object({ ...shared, owner: z.string().meta({ description: 'The id of an API key.' }), requestId: z.string().optional() })
  .meta({ id: 'JobRecord' });

type SharedView = Omit<z.infer<typeof jobSchema>, 'result'>;

const isoTime = (wallMs: number): string => new Date(wallMs).toISOString();

const sharedView = (job: JobRecord): SharedView => ({
  id: job.id,
  status: job.state,
  service: job.service,
  operation: job.operation,
  acceptedAt: isoTime(job.acceptedAt),
  since: isoTime(job.since),
  expiresAt: isoTime(job.expiresAt),
  ...(job.state === 'queued' && { nextAttemptAt: isoTime(job.dueAt) }),
  attempts: job.attempts,
  ...(job.reason !== undefined && { reason: job.reason }),
});

/** @param result The service's answer, opened; `undefined` where there is none to show. */
export const jobView = (job: JobRecord, result: unknown): z.infer<typeof jobSchema> => ({
  ...sharedView(job),
  ...(result !== undefined && { result }),
});

export const jobRecordView = (job: JobRecord): z.infer<typeof jobRecordSchema> => ({
  ...sharedView(job),
  owner: job.owner,
  ...(job.requestId !== undefined && { requestId: job.requestId }),
});

/** The job as its caller was told of it when it was accepted. */
export const asAccepted = ({ id, acceptedAt, expiresAt }: JobRecord): Queued => ({
  queued: true,
  id,
  status: 'queued',
  acceptedAt: isoTime(acceptedAt),
  expiresAt: isoTime(expiresAt),
});

/** Seconds: nobody needs to ask more often, nor should wait longer to see a job that was begun early. */
const MOST_PATIENCE_SECONDS = 60;

/** When to ask again, in seconds; `undefined` once it has ended. */
export const askAgainAfter = ({ state, dueAt }: JobRecord, now: number): number | undefined => {
  if (isEnded(state)) return undefined;
  const waits = state === 'queued' ? Math.ceil((dueAt - now) / 1000) : 1;
  return Math.min(Math.max(1, waits), MOST_PATIENCE_SECONDS);
};
