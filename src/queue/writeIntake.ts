/**
 * Takes writes that cannot be made now into the durable queue: sealed, with a name for what they write, on disk before
 * anybody is told.
 */
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../errors/gatewayError.ts';
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import { PayloadTooLargeError } from '../errors/requestErrors.ts';
import type { WriteQueue, WriteToKeep } from '../contract/writeQueue.ts';
import type { Logger } from '../logging/logger.ts';
import type { Queued } from '../contract/call.ts';
import { seconds, type Clock } from '../time/clock.ts';
import type { DurableQueue } from './durableQueue.ts';
import { JOB_VERSION, type JobRecord, type NewJob } from './job.ts';
import { isTooLarge, MAX_PAYLOAD_BYTES, writePayload } from './jobPayload.ts';
import type { QueueEvents } from './queueEvents.ts';
import type { Sealer } from './sealer.ts';

/** The promise of the port, kept here once more: a store that breaks it must not make a caller wait. */
const STORE_LIMIT_MS = seconds(1);
/** 128 bits and a few: 22 characters in base64url. */
const ID_BYTES = 16;

export interface WriteIntakeParts {
  readonly queue: DurableQueue;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: QueueEvents;
  /** Milliseconds from acceptance to giving up. */
  readonly expiresMs: number;
  /** Told whenever the store did not take a write, and why. Must not throw. */
  readonly onRefused?: (error: unknown) => void;
  /** The system's by default. */
  readonly newBytes?: (count: number) => Buffer;
}

export class WriteIntake implements WriteQueue {
  readonly #parts: WriteIntakeParts;

  constructor(parts: WriteIntakeParts) {
    this.#parts = parts;
  }

  async accept(write: WriteToKeep): Promise<Queued> {
    const job = this.#jobFrom(write);
    const kept = await this.#keep(job);
    const { id, service, operation, requestId } = kept;
    this.#parts.events.jobAccepted?.({ id, service, operation, requestId });
    return answerFor(kept);
  }

  #jobFrom(write: WriteToKeep): NewJob {
    const { sealer, clock, expiresMs, newBytes = randomBytes } = this.#parts;
    const payload = isTooLarge(write.request) ? undefined : writePayload(write);
    if (payload === undefined || Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
      throw new PayloadTooLargeError(`a write of more than ${String(MAX_PAYLOAD_BYTES)} bytes cannot wait in the queue`);
    }
    const id = write.jobId ?? `job_${newBytes(ID_BYTES).toString('base64url')}`;
    const acceptedAt = clock.wallTime();
    return {
      id,
      version: JOB_VERSION,
      service: write.service,
      operation: write.operation,
      ...(write.entity !== undefined && { entity: sealer.digest(`${write.service}\n${write.entity}`) }),
      owner: write.owner,
      ...(write.requestId !== undefined && { requestId: write.requestId }),
      payload: sealer.seal(payload, id),
      acceptedAt,
      expiresAt: acceptedAt + expiresMs,
    };
  }

  async #keep(job: NewJob): Promise<JobRecord> {
    try {
      return await this.#withinLimit(job);
    } catch (error) {
      const { logger } = this.#parts;
      logger.warn({ error, service: job.service, operation: job.operation, jobId: job.id }, 'a write could not be queued');
      const told = error instanceof GatewayError ? error : new QueueUnavailableError('its store failed', { cause: error });
      this.#parts.onRefused?.(told);
      throw told;
    }
  }

  #withinLimit(job: NewJob): Promise<JobRecord> {
    const { queue, clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const adding = queue.add(job);
      const cancel = clock.after(STORE_LIMIT_MS, () => {
        reject(new QueueUnavailableError('its store does not answer'));
        this.#takeBack(adding, job);
      });
      adding.finally(cancel).then(resolve, reject);
    });
  }

  /** Its caller was told that it was not accepted, so it must not be made after all; unless it had been accepted before. */
  #takeBack(adding: Promise<JobRecord>, { acceptedAt }: NewJob): void {
    const { queue, logger } = this.#parts;
    adding
      .then((record) => (record.acceptedAt === acceptedAt ? queue.cancel(record.id) : undefined))
      .catch((error: unknown) => {
        logger.warn({ error }, 'the store of the queue failed after its time');
      });
  }
}

/** Also of a job that was known before: whatever became of it since, this is what was promised. */
const answerFor = ({ id, acceptedAt, expiresAt }: JobRecord): Queued => ({
  queued: true,
  id,
  status: 'queued',
  acceptedAt: new Date(acceptedAt).toISOString(),
  expiresAt: new Date(expiresAt).toISOString(),
});
