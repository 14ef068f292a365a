import NodeCache from 'node-cache';
import { minutes, type Clock } from '../time/clock.ts';
import { nextTurn } from '../time/nextTurn.ts';
import { bytesOf, bytesOfText, LARGEST_ANSWER } from './answerBytes.ts';
import { Asks, type Ask } from './asks.ts';
import { LabelIndex } from './labelIndex.ts';
import { isTagLabel } from './labels.ts';
import type { CachedAnswer, ResponseCache } from './responseCache.ts';

/** What has expired is swept out this often. */
const SWEEP_MS = minutes(1);
/** So many are dropped in one turn of the event loop: more would stall it. */
const DROPPED_AT_ONCE = 500;

/** All answers together, bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What an entry takes beside its answer, and what each of its labels does, if it is the only one to bear it; bytes. */
const ENTRY = 400;
const LABEL = 240;

/** What was put in before the earliest of them is as good as outdated by that one. */
const MAX_OUTDATINGS = 100;

interface Entry {
  readonly bytes: number;
  /** Later ones have higher numbers. */
  readonly number: number;
}

/**
 * node-cache, bounded in bytes: without clones (they cost 400 times the read), and with the eviction it lacks: where there is no room,
 * what was put in longest ago makes some. An answer larger than {@link LARGEST_ANSWER} is not kept.
 */
export class MemoryCache implements ResponseCache {
  readonly #cache: NodeCache;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** By key, in the order of the last write. */
  readonly #order = new Map<string, Entry>();
  #bytes = 0;
  #writes = 0;
  /** By label: entries up to this number are purged, and not dropped yet. */
  readonly #purged = new Map<string, number>();
  /** Entries up to a number are not fresh since a moment; the earliest first. */
  readonly #outdated: { readonly number: number; readonly at: number }[] = [];
  #cancelSweep = (): void => undefined;
  readonly #labels = new LabelIndex();
  readonly #asks = new Asks();

  constructor(clock: Clock, maxBytes: number = MAX_BYTES) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#cache = new NodeCache({ useClones: false, maxKeys: -1, checkperiod: 0 });
    this.#cache.on('del', (key: string) => {
      this.#bytes -= this.#order.get(key)?.bytes ?? 0;
      this.#order.delete(key);
      this.#labels.remove(key);
    });
  }

  get size(): number {
    return this.#order.size;
  }

  /** What is kept takes so much memory at most. */
  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  get(key: string): CachedAnswer | undefined {
    // node-cache keeps its keys in a plain object, which also "has" what every object has, such as `constructor`.
    const entry = this.#order.get(key);
    const answer = entry && this.#cache.get<CachedAnswer>(key);
    if (entry === undefined || answer === undefined) return undefined;
    if (this.#clock.now() >= answer.staleUntil || this.#isPurged(key, entry.number)) {
      this.#cache.del(key);
      return undefined;
    }
    const outdatedAt = this.#outdated.find(({ number }) => entry.number <= number)?.at ?? Infinity;
    return answer.freshUntil <= outdatedAt ? answer : { ...answer, freshUntil: outdatedAt };
  }

  set(key: string, answer: CachedAnswer, labels: readonly string[] = []): void {
    const livesForS = (answer.staleUntil - this.#clock.now()) / 1000;
    // What was kept before is older, whether this one can be kept or not.
    this.#cache.del(key);
    if (livesForS <= 0) return;
    const answerBytes = bytesOf(answer.value, LARGEST_ANSWER);
    const bytes = answerBytes + ENTRY + bytesOfText(key) + labels.reduce((sum, label) => sum + LABEL + bytesOfText(label), 0);
    if (answerBytes > LARGEST_ANSWER || bytes > this.#maxBytes) return;
    while (this.#bytes + bytes > this.#maxBytes) this.#evictOldest();
    if (this.#order.size === 0) this.#sweepLater();
    this.#writes += 1;
    this.#order.set(key, { bytes, number: this.#writes });
    this.#bytes += bytes;
    this.#labels.add(key, labels);
    this.#cache.set(key, answer, livesForS);
  }

  ask(labels: readonly string[]): Ask {
    return this.#asks.begin(labels);
  }

  tagsBeside(label: string, key: string | undefined): readonly string[] {
    const keys = [...this.#labels.keysOf(label), ...(key === undefined ? [] : [key])];
    return keys.flatMap((each) => this.#labels.labelsOf(each).filter(isTagLabel));
  }

  purge(label: string): number {
    this.#asks.outdate(label);
    const keys = this.#labels.keysOf(label);
    if (keys.length > DROPPED_AT_ONCE) void this.#purgeInTurns(label, keys);
    else this.#cache.del([...keys]);
    return keys.length;
  }

  outdate(): void {
    this.#asks.outdateAll();
    this.#outdated.push({ number: this.#writes, at: this.#clock.now() });
    if (this.#outdated.length > MAX_OUTDATINGS) this.#outdated.shift();
  }

  clear(): void {
    this.#cache.flushAll();
    this.#order.clear();
    this.#bytes = 0;
    this.#labels.clear();
    this.#asks.outdateAll();
  }

  /** Stops the sweep's timer. */
  close(): void {
    this.#cancelSweep();
    this.#cache.close();
    this.#order.clear();
    this.#bytes = 0;
    this.#labels.clear();
  }

  #evictOldest(): void {
    const [oldest] = this.#order.keys();
    if (oldest !== undefined) this.#cache.del(oldest);
  }

  #isPurged(key: string, number: number): boolean {
    return this.#purged.size > 0 && this.#labels.labelsOf(key).some((label) => number <= (this.#purged.get(label) ?? 0));
  }

  /** In force at once, though the memory is freed bit by bit. */
  async #purgeInTurns(label: string, keys: readonly string[]): Promise<void> {
    const upTo = this.#writes;
    this.#purged.set(label, upTo);
    await this.#dropInTurns(keys, ({ number }) => number <= upTo);
    if (this.#purged.get(label) === upTo) this.#purged.delete(label);
  }

  async #dropInTurns(keys: readonly string[], isOver: (entry: Entry, key: string) => boolean): Promise<void> {
    for (let from = 0; from < keys.length; from += DROPPED_AT_ONCE) {
      if (from > 0) await nextTurn();
      for (const key of keys.slice(from, from + DROPPED_AT_ONCE)) {
        const entry = this.#order.get(key);
        if (entry !== undefined && isOver(entry, key)) this.#cache.del(key);
      }
    }
  }

  /** While anything is kept. */
  #sweepLater(): void {
    this.#cancelSweep();
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      // Looking at what has expired forgets it.
      void this.#dropInTurns([...this.#order.keys()], (_entry, key) => this.get(key) === undefined);
      if (this.#order.size > 0) this.#sweepLater();
    });
  }
}
