/**
 * One job: opened, sent by its service's client, and judged. Never rejects: whatever happens, a job has an outcome.
 */
import { UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import { rowCount, sendInParts } from '../pipeline/bulkParts.ts';
import type { HttpClient } from '../pipeline/httpClient.ts';
import type { NextStep, Operation } from '../contract/operation.ts';
import { repeatIsSafe } from '../contract/repeatIsSafe.ts';
import type { Logger } from '../logging/logger.ts';
import type { CallOptions } from '../contract/call.ts';
import { minutes } from '../time/clock.ts';
import { JOB_VERSION, type ClaimedJob, type JobOutcome } from './job.ts';
import { outcomeOfError } from './jobOutcome.ts';
import { readPayload, writeResult, type JobPayload } from './jobPayload.ts';
import { UnopenableError, type Sealer } from './sealer.ts';

/** A job of a later release waits until that is back, ms; its expiry bounds how long. */
const NEWER_VERSION_PAUSE_MS = minutes(1);
/** The longest chain of steps there is: update, create, update. */
const MAX_STEPS = 3;

export interface JobExecutionParts {
  readonly http: Pick<HttpClient, 'send' | 'startDeadline'>;
  /** Of the service, by name. */
  readonly operations: ReadonlyMap<string, Operation<unknown>>;
  readonly sealer: Sealer;
  readonly random: () => number;
  readonly logger: Logger;
}

interface Prepared extends JobPayload {
  readonly operation: Operation<unknown>;
}

const failed = (reason: string): JobOutcome => ({ kind: 'failed', reason });

/** What stands against executing it at all. */
const isOutcome = (prepared: Prepared | JobOutcome): prepared is JobOutcome => 'kind' in prepared;

export class JobExecution {
  readonly #parts: JobExecutionParts;

  constructor(parts: JobExecutionParts) {
    this.#parts = parts;
  }

  /** @param signal Aborts when the claim is lost: somebody else executes it then, and this outcome is void. */
  async execute(job: ClaimedJob, signal: AbortSignal): Promise<JobOutcome> {
    const prepared = this.#prepare(job);
    if (isOutcome(prepared)) return prepared;
    const { operation, request } = prepared;
    const isInDoubt = job.interrupted || prepared.mayHaveHappened;
    if (isInDoubt && !repeatIsSafe(operation, request)) return { kind: 'uncertain', reason: 'interrupted' };
    try {
      return this.#succeeded(job, await this.#send({ operation, request }, { signal, caller: job.owner }, MAX_STEPS));
    } catch (error) {
      const { attempts } = job;
      const mayHaveHappened = isInDoubt || attempts > 0;
      return outcomeOfError({ error, operation, request, attempts, mayHaveHappened, random: this.#parts.random });
    }
  }

  #prepare(job: ClaimedJob): Prepared | JobOutcome {
    if (job.version > JOB_VERSION) return { kind: 'postponed', reason: 'newer_version', afterMs: NEWER_VERSION_PAUSE_MS };
    const operation = this.#parts.operations.get(job.operation);
    if (operation?.queue === undefined) return failed('unknown_operation');
    try {
      return { operation, ...readPayload(this.#parts.sealer.open(job.payload, job.id)) };
    } catch (error) {
      this.#parts.logger.error({ error, jobId: job.id, service: job.service, operation: job.operation }, 'a job cannot be read');
      return failed(error instanceof UnopenableError ? error.reason : 'damaged');
    }
  }

  /** One step, and those that its refusals lead to. Strict: a stand-in for an answer would pass for a write. */
  async #send(
    { operation, request }: NextStep,
    of: { readonly signal: AbortSignal; readonly caller: string },
    stepsLeft: number,
  ): Promise<unknown> {
    try {
      return await this.#sendRows({ operation, request }, { strict: true, lane: 'drain', ...of });
    } catch (error) {
      const next = error instanceof UpstreamRejectedError && stepsLeft > 1 ? operation.queue?.orElse?.(error, request) : undefined;
      if (next === undefined) throw error;
      return this.#send(next, of, stepsLeft - 1);
    }
  }

  /**
   * What the service answers; of several parts a list of what it answers to each.
   *
   * @throws {GatewayError} if it failed at a row, though it may have made the others: a repeat of all does no harm.
   */
  async #sendRows({ operation, request }: NextStep, options: CallOptions): Promise<unknown> {
    const { http } = this.#parts;
    if (rowCount(operation, request) < 2) return http.send(operation, request, options);
    const { answered, failed } = await sendInParts(http, operation, request, options);
    const [failure] = failed;
    if (failure !== undefined) throw failure.error;
    return answered.length === 1 ? answered[0]?.answer : answered.map(({ answer }) => answer);
  }

  #succeeded({ id }: ClaimedJob, value: unknown): JobOutcome {
    const result = writeResult(value);
    return { kind: 'succeeded', ...(result !== undefined && { result: this.#parts.sealer.seal(result, id) }) };
  }
}
