import type { Ask } from '../../cache/asks.ts';
import { labelsOf } from '../../cache/labels.ts';
import type { ResponseCache } from '../../cache/responseCache.ts';
import type { Errand, Kept, Question, SharedCache } from '../../cache/sharedCache.ts';
import { deepFreeze, deepFreezeInTurns } from '../../config/deepFreeze.ts';
import type { Clock } from '../../time/clock.ts';
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import type { Answer, Call, CallContext, Stage } from '../../contract/call.ts';
import type { ResilienceEvents } from '../../contract/events.ts';

export interface CacheStageParts {
  readonly cache: ResponseCache;
  /** What the fleet keeps together, behind the cache of this process; absent: this process is alone. */
  readonly fleet?: FleetAnswers | undefined;
  readonly clock: Clock;
  readonly events: Required<ResilienceEvents>;
}

export interface FleetAnswers {
  readonly cache: Pick<SharedCache, 'isUp' | 'find' | 'errand'>;
  /** Where the service is: answers of another place are never its own. */
  readonly origin: string;
}

/**
 * One call to the service on behalf of everybody who asked the same at that time. It lives as long as the most patient of them, by the
 * service's own limits; nothing that one of them wished for himself is applied to the others.
 */
interface Flight {
  readonly answer: Promise<Answer<unknown>>;
  /** Outdated by a purge, it is joined no more: who comes after the purge must not see what was before. */
  readonly ask: Ask;
  /** Its own, not that of who began it. */
  readonly context: CallContext;
  /** The deadline of who began it: what was decided by it may not hold for who has more time. */
  readonly begunFor: number;
  /** Who waits for it. */
  readonly callers: Set<CallContext>;
  /** Tells it to stop, for a reason, and lets nobody join any more: its error would not be theirs. */
  readonly abandon: (reason: unknown) => void;
}

/** A read that is not answered by the memory of this process. */
interface Miss {
  readonly key: string;
  readonly labels: readonly string[];
  readonly ask: Ask;
  readonly context: CallContext;
  /** The earliest deadline of those who wait for it, monotonic ms. */
  readonly earliestDeadline: () => number;
}

/** Errors by which a call ends for its own want of time. */
const OUT_OF_TIME: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['deadline_exceeded', 'quota_wait_too_long']);

/**
 * Reads: a fresh answer from the cache, or one shared flight for equal concurrent reads (docs/decisions/0033). A flight looks into the cache of
 * the fleet before it asks the service. It is told to stop only when all who waited for it have gone; it is forgotten the
 * moment it ends, with its error if it had one.
 */
export class CacheStage {
  readonly #parts: CacheStageParts;
  readonly #flights = new Map<string, Flight>();

  constructor(parts: CacheStageParts) {
    this.#parts = parts;
  }

  readonly stage: Stage =
    <T>(next: Call<T>): Call<T> =>
    async (context) => {
      const { cacheKey } = context;
      if (cacheKey === undefined) return next(context);
      if (context.refresh) return this.#refresh(this.#missed(cacheKey, context), next);
      const fresh = this.#fresh(cacheKey);
      if (fresh === undefined) return this.#fly(cacheKey, next, context);
      this.#tell(context, 'hit');
      // The key holds the operation, so only answers of that operation's own shape are found under it.
      return fresh as Answer<T>;
    };

  #fresh(key: string): Answer<unknown> | undefined {
    const kept = this.#parts.cache.get(key);
    const now = this.#parts.clock.now();
    if (kept === undefined || now >= kept.freshUntil) return undefined;
    return { value: kept.value, source: 'cache', ageMs: now - kept.storedAt, freshForMs: kept.freshUntil - now };
  }

  /** Asks the service whatever is kept, and keeps what it says. Not shared: an older flight may know less. */
  async #refresh<T>(miss: Miss, next: Call<T>): Promise<Answer<T>> {
    this.#tell(miss.context, 'bypass');
    const { fleet } = this.#parts;
    const errand = fleet?.cache.isUp === true ? await fleet.cache.errand(questionOf(fleet, miss)) : undefined;
    return this.#askService(miss, next, errand);
  }

  /** With the answer of a flight; where one ended for want of time that its follower has, with that of the next. */
  async #fly<T>(key: string, next: Call<T>, context: CallContext): Promise<Answer<T>> {
    for (;;) {
      const known = this.#flights.get(key);
      const follows = known !== undefined && mayJoin(known, context);
      if (follows) this.#tell(context, 'coalesced');
      const flight = follows ? known : this.#start(key, next, context);
      try {
        return (await this.#join(flight, context, follows)) as Answer<T>;
      } catch (error) {
        if (!follows || !mayFlyAgain(flight, context, error)) throw error;
      }
    }
  }

  #start<T>(key: string, next: Call<T>, leader: CallContext): Flight {
    const controller = new AbortController();
    const callers = new Set([leader]);
    const context = contextOfFlight(callers, leader, controller.signal, this.#parts.clock.now());
    const miss = this.#missed(key, context, () => Math.min(...deadlines(callers)));
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const abandon = (reason: unknown): void => {
      forget();
      controller.abort(reason);
    };
    const answer = this.#answer(miss, next);
    const flight: Flight = { answer, ask: miss.ask, context, begunFor: leader.deadlineAt, callers, abandon };
    this.#flights.set(key, flight);
    answer.then(forget, forget);
    return flight;
  }

  #join(flight: Flight, caller: CallContext, follower: boolean): Promise<Answer<unknown>> {
    const { signal, progress } = caller;
    flight.callers.add(caller);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal.removeEventListener('abort', onAbort);
        flight.callers.delete(caller);
        progress.attempts += flight.context.progress.attempts;
        progress.unsettled ||= flight.context.progress.unsettled;
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason as Error);
        if (flight.callers.size === 0) flight.abandon(signal.reason);
      };
      signal.addEventListener('abort', onAbort);
      const end = (): void => {
        if (!signal.aborted) leave();
      };
      flight.answer.finally(end).then((answer) => {
        resolve(follower && answer.source === 'upstream' ? { ...answer, source: 'coalesced' } : answer);
      }, reject);
    });
  }

  #answer<T>(miss: Miss, next: Call<T>): Promise<Answer<T>> {
    const { fleet } = this.#parts;
    if (fleet?.cache.isUp === true) return this.#askFleet(fleet, miss, next);
    this.#tell(miss.context, 'miss');
    return this.#askService(miss, next, undefined);
  }

  async #askFleet<T>(fleet: FleetAnswers, miss: Miss, next: Call<T>): Promise<Answer<T>> {
    const { kept, errand } = await fleet.cache.find(questionOf(fleet, miss));
    if (kept !== undefined) this.#fill(miss, kept);
    if (kept?.isFresh === true) {
      this.#tell(miss.context, 'hit');
      const { value, ageMs } = kept;
      return { value: value as T, source: 'cache', ageMs, freshForMs: miss.context.cacheForMs - ageMs };
    }
    this.#tell(miss.context, 'miss');
    const { signal } = miss.context;
    if (!signal.aborted) return this.#askService(miss, next, errand);
    errand?.giveUp();
    throw signal.reason as Error;
  }

  async #askService<T>(miss: Miss, next: Call<T>, errand: Errand | undefined): Promise<Answer<T>> {
    const askedAt = this.#parts.clock.now();
    try {
      const answer = await next(miss.context);
      const frozen = deepFreezeInTurns(answer.value);
      if (frozen !== undefined) await frozen;
      if (this.#keep(miss, answer.value, askedAt)) errand?.share(answer.value);
      else errand?.giveUp();
      return { ...answer, freshForMs: miss.context.cacheForMs };
    } catch (error) {
      errand?.giveUp();
      throw error;
    }
  }

  /**
   * What was asked before the answer that is kept came in, or before a purge of anything it tells of, may know less: it is not kept.
   *
   * @returns whether it may be kept.
   */
  #keep({ key, ask, context }: Miss, value: unknown, askedAt: number): boolean {
    const { cache, clock } = this.#parts;
    const newest = cache.get(key)?.storedAt ?? askedAt;
    return this.#put({ key, ask, context }, value, clock.now(), newest <= askedAt);
  }

  /** Takes what the fleet keeps into the memory of this process, unless that knows better. */
  #fill(miss: Miss, { value, ageMs }: Kept): void {
    deepFreeze(value);
    const storedAt = this.#parts.clock.now() - ageMs;
    const newest = this.#parts.cache.get(miss.key)?.storedAt ?? -Infinity;
    this.#put(miss, value, storedAt, newest < storedAt);
  }

  #put({ key, ask, context }: Pick<Miss, 'key' | 'ask' | 'context'>, value: unknown, storedAt: number, isNewest: boolean): boolean {
    const labels = labelsOf(context.site, context.cacheTags?.(value));
    if (!isNewest || ask.isOutdated || ask.outdatedIn(labels)) return false;
    const freshUntil = storedAt + context.cacheForMs;
    this.#parts.cache.set(key, { value, storedAt, freshUntil, staleUntil: freshUntil + context.staleForMs }, labels);
    return true;
  }

  #missed(key: string, context: CallContext, earliestDeadline = (): number => context.deadlineAt): Miss {
    const labels = labelsOf(context.site, context.cacheTags?.());
    return { key, labels, ask: this.#parts.cache.ask(labels), context, earliestDeadline };
  }

  #tell({ site }: CallContext, result: 'hit' | 'miss' | 'coalesced' | 'bypass'): void {
    this.#parts.events.cacheAsked(site.service, result);
  }
}

/** Who has gone from it asks for nothing any more; what nobody waits for in the foreground would make who does wait behind it. */
const mayJoin = ({ ask, context }: Flight, { lane }: CallContext): boolean =>
  !ask.isOutdated && (context.lane === 'interactive' || lane === 'drain');

/** It ended by what its first caller would wait, and this one has longer. What may be paid for already is not asked for again. */
const mayFlyAgain = ({ begunFor, context }: Flight, caller: CallContext, error: unknown): boolean => {
  if (!(error instanceof GatewayError) || !OUT_OF_TIME.has(error.code)) return false;
  if (caller.signal.aborted || caller.deadlineAt <= begunFor) return false;
  return context.idempotency !== 'never' || !context.progress.unsettled;
};

const deadlines = (callers: ReadonlySet<CallContext>): readonly number[] => [...callers].map(({ deadlineAt }) => deadlineAt);

const contextOfFlight = (callers: ReadonlySet<CallContext>, leader: CallContext, signal: AbortSignal, now: number): CallContext => {
  const livesUntil = now + leader.service.deadlineMs;
  return {
    ...leader,
    signal,
    callerSignal: undefined,
    get deadlineAt() {
      return Math.min(livesUntil, Math.max(...deadlines(callers)));
    },
    livesUntil,
    attemptTimeoutMs: leader.service.attemptTimeoutMs,
    strict: false,
    progress: { attempts: 0, unsettled: false },
  };
};

const questionOf = ({ origin }: FleetAnswers, { key, labels, context, earliestDeadline }: Miss): Question => {
  const { cacheForMs, staleForMs, attemptTimeoutMs, deadlineAt, livesUntil = deadlineAt, signal } = context;
  return { ...context.site, key, origin, labels, cacheForMs, staleForMs, attemptTimeoutMs, earliestDeadline, livesUntil, signal };
};
