import type { LogFields, Logger } from '../logging/logger.ts';
import type { JobExecuted, QueueEvents } from '../queue/durableQueue.ts';

/** The jobs of the queue as log lines: by id, never by what they hold. What only waits longer is told to those who debug. */
export const queueLog = (logger: Logger): QueueEvents => ({
  jobAccepted: ({ id: jobId, ...job }) => {
    logger.info({ jobId, ...job }, 'a write was queued');
  },
  jobExecuted: (event) => {
    const { message, level } = LINES[event.outcome];
    logger[level](fieldsOf(event), message);
  },
});

const LINES: Readonly<Record<JobExecuted['outcome'], { readonly level: 'debug' | 'info' | 'warn'; readonly message: string }>> = {
  succeeded: { level: 'info', message: 'a queued write was made' },
  failed: { level: 'warn', message: 'a queued write failed for good; it is a dead letter' },
  uncertain: { level: 'warn', message: 'a queued write may or may not have been made; a person must settle it' },
  retry: { level: 'debug', message: 'a queued write will be tried again' },
  postponed: { level: 'debug', message: 'a queued write waits longer' },
};

const fieldsOf = ({ id: jobId, outcome: _outcome, ...rest }: JobExecuted): LogFields => ({ jobId, ...rest });
