import NodeCache from 'node-cache';
import type { Clock } from '../time/clock.ts';
import { bytesOf, bytesOfText, LARGEST_ANSWER } from './answerBytes.ts';
import { Asks, type Ask } from './asks.ts';
import { LabelIndex } from './labelIndex.ts';
import { isTagLabel } from './labels.ts';
import type { CachedAnswer, ResponseCache } from './responseCache.ts';

/** node-cache sweeps out what has expired this often, s. */
const SWEEP_S = 60;

/** All answers together, bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What an entry takes beside its answer, and what each of its labels does, if it is the only one to bear it; bytes. */
const ENTRY = 400;
const LABEL = 240;

/**
 * node-cache, bounded in bytes: without clones (they cost 400 times the read), and with the eviction it lacks: where there is no room,
 * what was put in longest ago makes some. An answer larger than {@link LARGEST_ANSWER} is not kept.
 */
export class MemoryCache implements ResponseCache {
  readonly #cache: NodeCache;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** Bytes by key, in the order of the last write. */
  readonly #order = new Map<string, number>();
  #bytes = 0;
  readonly #labels = new LabelIndex();
  readonly #asks = new Asks();

  constructor(clock: Clock, maxBytes: number = MAX_BYTES) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#cache = new NodeCache({ useClones: false, maxKeys: -1, checkperiod: SWEEP_S });
    this.#cache.on('del', (key: string) => {
      this.#bytes -= this.#order.get(key) ?? 0;
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
    const answer = this.#order.has(key) ? this.#cache.get<CachedAnswer>(key) : undefined;
    if (answer === undefined || this.#clock.now() < answer.staleUntil) return answer;
    this.#cache.del(key);
    return undefined;
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
    this.#order.set(key, bytes);
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
    this.#cache.del([...keys]);
    return keys.length;
  }

  outdate(): void {
    this.#asks.outdateAll();
    const now = this.#clock.now();
    for (const key of [...this.#order.keys()]) {
      const answer = this.get(key);
      if (answer === undefined || answer.freshUntil <= now) continue;
      this.#cache.set(key, { ...answer, freshUntil: now }, (answer.staleUntil - now) / 1000);
    }
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
    this.#cache.close();
    this.#order.clear();
    this.#bytes = 0;
    this.#labels.clear();
  }

  #evictOldest(): void {
    const [oldest] = this.#order.keys();
    if (oldest !== undefined) this.#cache.del(oldest);
  }
}
