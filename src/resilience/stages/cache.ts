import type { Ask } from '../../cache/asks.ts';
import { labelsOf } from '../../cache/labels.ts';
import type { ResponseCache } from '../../cache/responseCache.ts';
import type { Errand, Kept, Question, SharedCache } from '../../cache/sharedCache.ts';
import { deepFreeze } from '../../config/deepFreeze.ts';
import type { Clock } from '../../time/clock.ts';
import type { Answer, Call, CallContext, Stage } from '../call.ts';
import type { ResilienceEvents } from '../events.ts';

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

/** One call to the service on behalf of everybody who asked the same at that time. */
interface Flight {
  readonly answer: Promise<Answer<unknown>>;
  /** Outdated by a purge, it is joined no more: who comes after the purge must not see what was before. */
  readonly ask: Ask;
  /** Tells it to stop, for a reason, and lets nobody join any more: its error would not be theirs. */
  readonly abandon: (reason: unknown) => void;
  waiting: number;
}

/** A read that is not answered by the memory of this process. */
interface Miss {
  readonly key: string;
  readonly labels: readonly string[];
  readonly ask: Ask;
  readonly context: CallContext;
}

/**
 * Reads: a fresh answer from the cache, or one shared flight for equal concurrent reads. A flight looks into the cache of
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
    try {
      const { fleet } = this.#parts;
      const errand = fleet?.cache.isUp === true ? await fleet.cache.errand(questionOf(fleet, miss)) : undefined;
      return await this.#askService(miss, next, errand);
    } finally {
      miss.ask.end();
    }
  }

  #fly<T>(key: string, next: Call<T>, context: CallContext): Promise<Answer<T>> {
    const known = this.#flights.get(key);
    const follows = known !== undefined && !known.ask.isOutdated;
    if (follows) this.#tell(context, 'coalesced');
    return this.#join(follows ? known : this.#start(key, next, context), context, follows) as Promise<Answer<T>>;
  }

  #start<T>(key: string, next: Call<T>, context: CallContext): Flight {
    const controller = new AbortController();
    const miss = this.#missed(key, { ...context, signal: controller.signal });
    const answer = this.#answer(miss, next);
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const abandon = (reason: unknown): void => {
      forget();
      controller.abort(reason);
    };
    const flight: Flight = { answer, ask: miss.ask, abandon, waiting: 0 };
    this.#flights.set(key, flight);
    const end = (): void => {
      miss.ask.end();
      forget();
    };
    answer.then(end, end);
    return flight;
  }

  #join(flight: Flight, { signal }: CallContext, follower: boolean): Promise<Answer<unknown>> {
    flight.waiting += 1;
    return new Promise((resolve, reject) => {
      const stopListening = (): void => {
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        stopListening();
        flight.waiting -= 1;
        reject(signal.reason as Error);
        if (flight.waiting === 0) flight.abandon(signal.reason);
      };
      signal.addEventListener('abort', onAbort);
      flight.answer.finally(stopListening).then((answer) => {
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
      this.#keep(miss, answer.value, askedAt);
      errand?.share(answer.value);
      return { ...answer, freshForMs: miss.context.cacheForMs };
    } catch (error) {
      errand?.giveUp();
      throw error;
    }
  }

  /** What was asked before the answer that is kept came in, or before a purge, may know less: it is not kept. */
  #keep({ key, labels, ask, context }: Miss, value: unknown, askedAt: number): void {
    const { cache, clock } = this.#parts;
    const storedAt = clock.now();
    const freshUntil = storedAt + context.cacheForMs;
    const kept = { value: deepFreeze(value), storedAt, freshUntil, staleUntil: freshUntil + context.staleForMs };
    const newest = cache.get(key)?.storedAt ?? askedAt;
    if (newest <= askedAt && !ask.isOutdated) cache.set(key, kept, labels);
  }

  /** Takes what the fleet keeps into the memory of this process, unless that knows better. */
  #fill({ key, labels, ask, context }: Miss, { value, ageMs }: Kept): void {
    const { cache, clock } = this.#parts;
    const storedAt = clock.now() - ageMs;
    const freshUntil = storedAt + context.cacheForMs;
    const answer = { value: deepFreeze(value), storedAt, freshUntil, staleUntil: freshUntil + context.staleForMs };
    const newest = cache.get(key)?.storedAt ?? -Infinity;
    if (newest < storedAt && !ask.isOutdated) cache.set(key, answer, labels);
  }

  #missed(key: string, context: CallContext): Miss {
    const labels = labelsOf(context.site, context.cacheTags?.());
    return { key, labels, ask: this.#parts.cache.ask(labels), context };
  }

  #tell({ site }: CallContext, result: 'hit' | 'miss' | 'coalesced' | 'bypass'): void {
    this.#parts.events.cacheAsked(site.service, result);
  }
}

const questionOf = ({ origin }: FleetAnswers, { key, labels, context }: Miss): Question => {
  const { cacheForMs, staleForMs, attemptTimeoutMs, deadlineAt, signal } = context;
  return { ...context.site, key, origin, labels, cacheForMs, staleForMs, attemptTimeoutMs, deadlineAt, signal };
};
