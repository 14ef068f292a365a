/**
 * The pipeline of a service: the one list of what protects a call, composed once for each operation.
 */
import type { CircuitBreaker } from '../circuit/circuitBreaker.ts';
import { deepFreeze } from '../config/deepFreeze.ts';
import type { Call, CallContext } from '../contract/call.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';
import type { ResiliencePolicy } from '../contract/policy.ts';
import type { PermitUse } from '../contract/quotaGate.ts';
import type { WriteQueue } from '../contract/writeQueue.ts';
import { GatewayError } from '../errors/gatewayError.ts';
import { UpstreamTimeoutError, UpstreamUnavailableError } from '../errors/upstreamErrors.ts';
import type { HttpRequest } from '../wire/transport.ts';
import type { AttemptParts } from './attempt.ts';
import { AttemptPatience } from './attemptPatience.ts';
import { attemptTimeout } from './stages/attemptTimeout.ts';
import { BatchedReads } from './stages/batchedReads.ts';
import { Bulkhead } from './stages/bulkhead.ts';
import { CacheStage, type CacheStageParts } from './stages/cache.ts';
import { circuit } from './stages/circuit.ts';
import { deadline } from './stages/deadline.ts';
import { fallback } from './stages/fallback.ts';
import { purgeAfterWrite, purgeGoneRecords, type PurgingParts } from './stages/purgingWrites.ts';
import { permitWish, quota, useOf } from './stages/quota.ts';
import { retry } from './stages/retry.ts';
import { RetryBudget } from './stages/retryBudget.ts';
import { writeQueue } from './stages/writeQueue.ts';

export interface PipelineParts extends AttemptParts, CacheStageParts, PurgingParts {
  readonly policy: ResiliencePolicy;
  readonly breaker: CircuitBreaker;
  readonly random: () => number;
  /** Where writes wait; absent: they fail instead. */
  readonly queue?: WriteQueue | undefined;
  readonly wireOf: (operation: Operation<unknown>, request: OperationRequest) => HttpRequest;
}

interface Stage {
  readonly name: string;
  /** Puts itself around the calls of an operation; `undefined`: it does not apply to them. */
  readonly around: (operation: Operation<unknown>) => ((next: Call<unknown>) => Call<unknown>) | undefined;
}

/** What the stages of one service share. */
interface StageParts extends PipelineParts {
  readonly bulkhead: Bulkhead;
  readonly retryBudget: RetryBudget;
  readonly patience: AttemptPatience;
  readonly isSuspect: () => boolean;
  /** What lies inside a stage, composed for another operation. */
  readonly inside: (stage: string, operation: Operation<unknown>) => Call<unknown>;
}

/** What the gateway watches of a client, besides what its callers see. */
export interface PathLimits {
  readonly bulkhead: { readonly limit: number; readonly inFlight: number };
  /** 0 to 1. */
  readonly retryBudgetRatio: number;
}

/** A service that takes longer for its cheapest operation is not back, ms. */
const PROBE_PATIENCE_MS = 2000;

/** Every protection of one call, outermost first (docs/architecture.md says why each stands where it does). */
const stagesOf = (parts: StageParts): readonly Stage[] => {
  const { queue, quota: gate, breaker, clock, policy, patience, bulkhead } = parts;
  const cache = new CacheStage(parts);
  const batches = new BatchedReads({
    clock,
    isSuspect: () => breaker.isSuspect,
    quotaWaitMs: (operation, request, lane) => gate?.waitMs(permitWish(operation, request, lane)) ?? 0,
    wireOf: parts.wireOf,
    relate: (operation, single) => {
      patience.relate(operation, single);
      breaker.relate(operation, single);
    },
    callOf: (operation) => parts.inside('batch', operation),
  });
  const usualMs = (operation: string): number | undefined => patience.usualMs(operation);
  const repeat = retry({ ...parts, policy: policy.retry, isSuspect: () => breaker.isSuspect, usualMs }, parts.retryBudget);
  const attempts = { ...parts, onAttemptEnded: bulkhead.attemptEnded.bind(bulkhead) };
  return [
    { name: 'queue', around: (of) => (queue && of.queue ? writeQueue(queue, parts.events, of) : undefined) },
    { name: 'fallback', around: (of) => (mayFallBack(of) ? fallback(parts, deepFreeze(of.fallback)) : undefined) },
    { name: 'purge', around: (of) => purgeAfterWrite(parts, of) },
    { name: 'deadline', around: () => deadline(clock) },
    { name: 'cache', around: (of) => (of.cacheForMs === undefined ? undefined : cache.stage) },
    { name: 'gone records', around: (of) => purgeGoneRecords(parts, of) },
    { name: 'batch', around: (of) => batches.around(of) },
    { name: 'retry', around: () => repeat },
    { name: 'quota', around: (of) => gate && quota(gate, () => breaker.state === 'open', of) },
    { name: 'bulkhead', around: () => bulkhead.stage },
    { name: 'circuit', around: (of) => circuit(parts, of) },
    { name: 'attempt timeout', around: (of) => () => attemptTimeout(attempts, of) },
  ];
};

/** Only what was cached can be stale. */
const mayFallBack = ({ cacheForMs, fallback: lastResort }: Operation<unknown>): boolean =>
  cacheForMs !== undefined || lastResort !== undefined;

const nothingInside: Call<unknown> = () => Promise.reject(new Error('a pipeline ends in an attempt'));

const composed = (stages: readonly Stage[], operation: Operation<unknown>): Call<unknown> =>
  stages.reduceRight((next, stage) => stage.around(operation)?.(next) ?? next, nothingInside);

export class Pipeline {
  readonly #parts: StageParts;
  readonly #stages: readonly Stage[];
  readonly #calls = new WeakMap<Operation<unknown>, Call<unknown>>();

  constructor(parts: PipelineParts) {
    const { policy, breaker, clock, events } = parts;
    const isSuspect = (): boolean => breaker.isSuspect && breaker.state === 'closed';
    const bulkhead = new Bulkhead({
      policy: policy.bulkhead,
      clock,
      isSuspect,
      isOpen: () => breaker.state !== 'closed',
      onRefused: () => {
        breaker.foundNoRoom();
      },
      onCrowded: (isCrowded) => {
        events.bulkheadCrowded(breaker.name, isCrowded);
      },
    });
    this.#parts = {
      ...parts,
      isSuspect,
      bulkhead,
      retryBudget: new RetryBudget(policy.retry.budgetPercent, clock),
      patience: new AttemptPatience(),
      inside: (name, operation) => composed(this.#stages.slice(this.#stages.findIndex((stage) => stage.name === name) + 1), operation),
    };
    this.#stages = stagesOf(this.#parts);
  }

  /** The names of the stages that a call passes, outermost first; of the calls of one operation, or of all. */
  describe(operation?: Operation<unknown>): readonly string[] {
    return this.#stages.filter(({ around }) => operation === undefined || around(operation) !== undefined).map(({ name }) => name);
  }

  /** How an operation is called: composed when it is first asked for, and the same from then on. */
  callOf(operation: Operation<unknown>): Call<unknown> {
    const known = this.#calls.get(operation);
    if (known !== undefined) return known;
    const call = composed(this.#stages, operation);
    this.#calls.set(operation, call);
    return call;
  }

  get limits(): PathLimits {
    const { bulkhead, retryBudget } = this.#parts;
    return { bulkhead: { limit: bulkhead.limit, inFlight: bulkhead.inFlight }, retryBudgetRatio: retryBudget.ratio };
  }

  /**
   * One attempt past circuit, cache and retries, to see whether the service is back, on a connection of its own: those of the pool
   * may all lead to what is gone. An answer of any kind will do, a refusal of our input too.
   *
   * @throws {UpstreamUnavailableError} if it did not answer in the patience of a probe: that is ours, so unlike a caller's
   *   impatience it speaks against the service.
   * @throws {GatewayError} if it did not prove to be well otherwise.
   */
  async probe(operation: Operation<unknown>, context: CallContext): Promise<void> {
    const { policy, quota: gate } = this.#parts;
    const attemptTimeoutMs = Math.min(policy.attemptTimeoutMs, PROBE_PATIENCE_MS);
    const permit = gate?.countOnly(permitWish(operation, context.request, 'interactive'));
    let use: PermitUse = 'answered';
    try {
      await this.#parts.inside('circuit', operation)({ ...context, wire: { ...context.wire, fresh: true }, attemptTimeoutMs });
    } catch (error) {
      use = useOf(error);
      if (error instanceof UpstreamTimeoutError) throw new UpstreamUnavailableError(context.site, 'timeout', 'unknown');
      if (!(error instanceof GatewayError) || error.verdict !== 'success') throw error;
    } finally {
      permit?.end(use);
    }
  }
}
