import NodeCache from 'node-cache';
import type { Clock } from '../time/clock.ts';
import { Asks, type Ask } from './asks.ts';
import { LabelIndex } from './labelIndex.ts';
import { isTagLabel } from './labels.ts';
import type { CachedAnswer, ResponseCache } from './responseCache.ts';

/** node-cache sweeps out what has expired this often, s. */
const SWEEP_S = 60;

/**
 * node-cache, bounded: without clones (they cost 400 times the read), and with the eviction it lacks: at the limit it
 * throws, so the entry put in longest ago makes room first.
 */
export class MemoryCache implements ResponseCache {
  readonly #cache: NodeCache;
  readonly #clock: Clock;
  readonly #maxKeys: number;
  /** Keys in the order of their last write. */
  readonly #order = new Set<string>();
  readonly #labels = new LabelIndex();
  readonly #asks = new Asks();

  constructor(clock: Clock, maxKeys: number) {
    this.#clock = clock;
    this.#maxKeys = maxKeys;
    this.#cache = new NodeCache({ useClones: false, maxKeys: -1, checkperiod: SWEEP_S });
    this.#cache.on('del', (key: string) => {
      this.#order.delete(key);
      this.#labels.remove(key);
    });
  }

  get size(): number {
    return this.#order.size;
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
    if (livesForS <= 0) return;
    this.#order.delete(key);
    if (this.#order.size >= this.#maxKeys) this.#evictOldest();
    this.#order.add(key);
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
    for (const key of [...this.#order]) {
      const answer = this.get(key);
      if (answer === undefined || answer.freshUntil <= now) continue;
      this.#cache.set(key, { ...answer, freshUntil: now }, (answer.staleUntil - now) / 1000);
    }
  }

  clear(): void {
    this.#cache.flushAll();
    this.#order.clear();
    this.#labels.clear();
    this.#asks.outdateAll();
  }

  /** Stops the sweep's timer. */
  close(): void {
    this.#cache.close();
    this.#order.clear();
    this.#labels.clear();
  }

  #evictOldest(): void {
    const [oldest] = this.#order;
    if (oldest !== undefined) this.#cache.del(oldest);
  }
}
