import type { CachedAnswer, ResponseCache } from '../../cache/responseCache.ts';
import type { Clock } from '../../time/clock.ts';
import type { Answer, Call, CallContext, Stage } from '../call.ts';
import { deepFreeze } from '../deepFreeze.ts';
import type { ResilienceEvents } from '../events.ts';

export interface CacheStageParts {
  readonly cache: ResponseCache;
  readonly clock: Clock;
  readonly events: Required<ResilienceEvents>;
}

/** One call to the service on behalf of everybody who asked the same at that time. */
interface Flight {
  readonly answer: Promise<Answer<unknown>>;
  /** Tells it to stop, for a reason, and lets nobody join any more: its error would not be theirs. */
  readonly abandon: (reason: unknown) => void;
  waiting: number;
}

/**
 * Reads: a fresh answer from the cache, or one shared flight for equal concurrent reads. A flight is told to stop only
 * when all who waited for it have gone; it is forgotten the moment it ends, with its error if it had one.
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
      if (context.refresh) return this.#refresh(cacheKey, next, context);
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
  async #refresh<T>(key: string, next: Call<T>, context: CallContext): Promise<Answer<T>> {
    this.#tell(context, 'bypass');
    const askedAt = this.#parts.clock.now();
    return this.#keep(key, await next(context), context, askedAt);
  }

  #fly<T>(key: string, next: Call<T>, context: CallContext): Promise<Answer<T>> {
    const known = this.#flights.get(key);
    this.#tell(context, known === undefined ? 'miss' : 'coalesced');
    const flight = known ?? this.#start(key, next, context);
    return this.#join(flight, context, known !== undefined) as Promise<Answer<T>>;
  }

  #start<T>(key: string, next: Call<T>, context: CallContext): Flight {
    const askedAt = this.#parts.clock.now();
    const controller = new AbortController();
    const answer = next({ ...context, signal: controller.signal }).then((fresh) => this.#keep(key, fresh, context, askedAt));
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const abandon = (reason: unknown): void => {
      forget();
      controller.abort(reason);
    };
    const flight: Flight = { answer, abandon, waiting: 0 };
    this.#flights.set(key, flight);
    answer.then(forget, forget);
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
        resolve(follower ? { ...answer, source: 'coalesced' } : answer);
      }, reject);
    });
  }

  /** What was asked before the answer that is kept came in may know less: it does not replace it. */
  #keep<T>(key: string, answer: Answer<T>, context: CallContext, askedAt: number): Answer<T> {
    const { cache, clock } = this.#parts;
    const storedAt = clock.now();
    const freshUntil = storedAt + context.cacheForMs;
    const kept: CachedAnswer = { value: deepFreeze(answer.value), storedAt, freshUntil, staleUntil: freshUntil + context.staleForMs };
    const newest = cache.get(key)?.storedAt ?? askedAt;
    if (newest <= askedAt) cache.set(key, kept);
    return { ...answer, freshForMs: context.cacheForMs };
  }

  #tell({ site }: CallContext, result: 'hit' | 'miss' | 'coalesced' | 'bypass'): void {
    this.#parts.events.cacheAsked(site.service, result);
  }
}
