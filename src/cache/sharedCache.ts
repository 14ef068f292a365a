/**
 * The cache that a fleet shares, behind the memory of each replica. Nothing here rejects: a store that cannot be had is a miss.
 *
 * Equal misses in several replicas at once make one call: the store gives one of them the turn to ask, and the others wait a while
 * for its answer. A turn is a hint, never a lock: who has waited long enough asks, too.
 */
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';
import { textOf, valueOf } from './answerText.ts';
import { FleetPurges, type TextSealer } from './fleetPurges.ts';
import type { ResponseCache } from './responseCache.ts';
import type { AnswerToShare, Look, LookWish, Place, SharedAnswers } from './sharedAnswers.ts';
import type { SharedCacheEvents, SharedCacheResult } from './sharedCacheEvents.ts';
import { TurnWait } from './turnWait.ts';

export interface SharedCacheParts {
  readonly store: SharedAnswers;
  /** Of this process. */
  readonly cache: ResponseCache;
  readonly sealer: TextSealer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: SharedCacheEvents;
  /** Never the same twice in the fleet. */
  readonly newToken: () => string;
  /**
   * What made the answers: the version of the gateway. Another version may have other shapes under the same names, so it
   * shares no answers with this one.
   */
  readonly maker: string;
}

/** What is asked for, by whom, and for how long they have time. */
export interface Question {
  readonly service: string;
  readonly operation: string;
  /** Equal keys mean equal answers, within one origin. */
  readonly key: string;
  /** Where the service is: a sandbox shares nothing with the real one. */
  readonly origin: string;
  readonly labels: readonly string[];
  readonly cacheForMs: number;
  readonly staleForMs: number;
  /** The time one attempt at the service may take, ms. */
  readonly attemptTimeoutMs: number;
  /** The earliest deadline of those who wait for the answer; moves as they come and go. Monotonic ms. */
  readonly earliestDeadline: () => number;
  /** By then the call to the service has ended, monotonic ms. */
  readonly livesUntil: number;
  readonly signal: AbortSignal;
}

export interface Kept {
  readonly value: unknown;
  readonly ageMs: number;
  readonly isFresh: boolean;
}

/** For one question that goes to the service: what becomes of it is told to the fleet, once. */
export interface Errand {
  /** Shares the answer, if it can be shared. Returns at once. */
  share(value: unknown): void;
  /** There is none: others need not wait for it. Returns at once. */
  giveUp(): void;
}

export interface Found {
  readonly kept?: Kept | undefined;
  /** Absent where the store cannot be had. */
  readonly errand?: Errand | undefined;
}

/** Larger texts, in characters, stay in the memory of the process that asked. */
const LARGEST_TEXT = 128 * 1024;

export class SharedCache {
  readonly #parts: SharedCacheParts;
  readonly #purges: FleetPurges;
  readonly #wait: TurnWait;
  #hasToldUnreadable = false;

  constructor(parts: SharedCacheParts) {
    this.#parts = parts;
    this.#purges = new FleetPurges(parts);
    this.#wait = new TurnWait(parts.clock);
  }

  /** Whether it is worth asking. */
  get isUp(): boolean {
    return this.#parts.store.isUp && this.#purges.areAllTold;
  }

  start(): void {
    this.#purges.start();
  }

  stop(): void {
    this.#purges.stop();
  }

  /** See `FleetPurges.purge`. */
  purge(service: string, labels: readonly string[]): Promise<boolean> {
    return this.#purges.purge(service, labels);
  }

  /** An answer that is fresh; or else a stale one, if there is one, and the errand to ask the service. May wait for another replica. */
  async find(question: Question): Promise<Found> {
    if (!this.isUp) return this.#told(question, 'unavailable', {});
    let stale: Kept | undefined;
    try {
      const place = this.#placeOf(question);
      const first = await this.#look(place, question, 'any');
      const kept = this.#opened(place, first, question);
      if (kept === 'unreadable') return this.#told(question, 'unreadable', { errand: this.#errand(place, question, first) });
      if (kept?.isFresh === true) return this.#told(question, 'hit', { kept });
      stale = kept;
      return await this.#findMissing(place, question, first, stale);
    } catch {
      return this.#told(question, 'unavailable', { kept: stale });
    }
  }

  /** The errand alone, for who wants a fresh answer whatever is kept. */
  async errand(question: Question): Promise<Errand | undefined> {
    if (!this.isUp) return undefined;
    try {
      const place = this.#placeOf(question);
      return this.#errand(place, question, await this.#look(place, question, 'nothing'));
    } catch {
      return undefined;
    }
  }

  async #findMissing(place: Place, question: Question, first: LookSeen, stale: Kept | undefined): Promise<Found> {
    const last = await this.#wait.whileTheirs(first, question, () => this.#look(place, question, 'fresh'));
    const theirs = last === first ? undefined : this.#opened(place, last, question);
    if (theirs !== undefined && theirs !== 'unreadable') return this.#told(question, 'awaited', { kept: theirs });
    return this.#told(question, stale === undefined ? 'miss' : 'stale', { kept: stale, errand: this.#errand(place, question, last) });
  }

  async #look(place: Place, question: Question, want: LookWish['want']): Promise<LookSeen> {
    const { store, clock, newToken } = this.#parts;
    const token = newToken();
    const seen = await store.look(place, {
      token,
      want,
      freshForMs: question.cacheForMs,
      livesForMs: question.cacheForMs + question.staleForMs,
      turnForMs: Math.max(1, Math.ceil(Math.min(question.attemptTimeoutMs, question.livesUntil - clock.now()))),
    });
    return { ...seen, token };
  }

  #errand(place: Place, { service, operation, cacheForMs, staleForMs }: Question, { token, stamp, turn }: LookSeen): Errand {
    const { clock } = this.#parts;
    const askedAt = clock.now();
    return {
      share: (value) => {
        const askedAgoMs = clock.now() - askedAt;
        this.#wait.learn(service, operation, askedAgoMs);
        const text = this.#textOf(place, value);
        const livesForMs = cacheForMs + staleForMs;
        if (text !== undefined) this.#put(place, { token, stamp, text, livesForMs, askedAgoMs: Math.ceil(askedAgoMs) });
        else if (turn === 'ours') this.#pass(place, token, cacheForMs);
      },
      giveUp: () => {
        if (turn === 'ours') this.#pass(place, token, 0);
      },
    };
  }

  #put(place: Place, answer: AnswerToShare): void {
    this.#parts.store.put(place, answer).catch(() => false);
  }

  #pass(place: Place, token: string, openForMs: number): void {
    this.#parts.store.pass(place, token, openForMs).catch(() => undefined);
  }

  #placeOf({ service, origin, key, labels }: Question): Place {
    const { sealer, maker } = this.#parts;
    this.#purges.uses(service);
    return { service, name: sealer.digest(JSON.stringify([maker, origin, key])), labels: labels.map((label) => sealer.digest(label)) };
  }

  #textOf({ name }: Place, value: unknown): string | undefined {
    const text = textOf(value);
    if (text === undefined) return undefined;
    const sealed = this.#parts.sealer.seal(text, name);
    return sealed.length > LARGEST_TEXT ? undefined : sealed;
  }

  /** Sealed under its place, so that no answer moved to another place passes for that one's. */
  #opened({ name }: Place, { kept }: Look, { service }: Question): Kept | 'unreadable' | undefined {
    if (kept === undefined) return undefined;
    try {
      return { value: valueOf(this.#parts.sealer.open(kept.text, name)), ageMs: kept.ageMs, isFresh: kept.isFresh };
    } catch (error) {
      this.#tellUnreadable(error, service);
      return 'unreadable';
    }
  }

  /** Once; and no more than the kind of the error, whose message may hold what it could not read. */
  #tellUnreadable(error: unknown, service: string): void {
    if (this.#hasToldUnreadable) return;
    this.#hasToldUnreadable = true;
    const kind = error instanceof Error ? error.name : 'unknown';
    this.#parts.logger.warn({ service, kind }, 'an answer in the shared cache cannot be opened, and counts as none');
  }

  #told(question: Question, result: SharedCacheResult, found: Found): Found {
    this.#parts.events.sharedCacheAsked(question.service, result);
    return found;
  }
}

type LookSeen = Look & { readonly token: string };
