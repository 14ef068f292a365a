/**
 * What is remembered of a record ends when its service says that the record is not there: answers to Idempotency-Keys and results of
 * jobs are not told any more, in any replica (docs/decisions/0033-shared-reads-and-gone-records.md). They stay where they are; what
 * is kept here, under digests, is which names are gone since when.
 */
import { seconds, type Clock } from '../time/clock.ts';
import { SharedRuns } from '../time/sharedRuns.ts';
import { EVERY_NAME, type IdempotencyStore } from '../web/idempotency.ts';
import type { Sealer } from './sealer.ts';

export interface GoneRecordsParts {
  readonly store: Pick<IdempotencyStore, 'noteGone' | 'goneAt'>;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly clock: Clock;
}

/** The longest that an answer waits for the other replicas to know. */
const WAIT_MS = 50;
/** When a store that was out of reach is tried again. */
const AGAIN_MS = seconds(2);
/** More that the store was not told of become the end of all that was remembered before. */
const MOST_UNTOLD = 10_000;
const TOLD_AT_ONCE = 500;

export class GoneRecords {
  readonly #parts: GoneRecordsParts;
  /** By digest, when it was gone: the store does not know it yet. */
  #untold = new Map<string, number>();
  readonly #telling: SharedRuns;
  /** While the store is away, nobody waits for it. */
  #cancelRetry: (() => void) | undefined;

  constructor(parts: GoneRecordsParts) {
    this.#parts = parts;
    this.#telling = new SharedRuns(parts.clock, () => this.#tell());
  }

  /** In force in this process at once, and in the others when it resolves, unless the store does not answer in time. Never rejects. */
  async end(service: string, names: readonly string[]): Promise<void> {
    const { clock } = this.#parts;
    const at = clock.wallTime();
    for (const name of names) this.#untold.set(this.#digest(service, name), at);
    if (this.#untold.size > MOST_UNTOLD) this.#untold = new Map([[EVERY_NAME, at]]);
    if (names.length === 0 || this.#cancelRetry !== undefined) return;
    await new Promise<void>((resolve) => {
      const stopWaiting = clock.after(WAIT_MS, resolve);
      void this.#request().then(() => {
        stopWaiting();
        resolve();
      });
    });
  }

  /**
   * Whether a record that the content tells of was gone after it was written.
   *
   * @param at When that was, wall-clock ms.
   * @throws {QueueUnavailableError} if the store cannot say.
   */
  async isAnyGone(service: string, content: unknown, at: number): Promise<boolean> {
    const names = namesIn(content).map((name) => this.#digest(service, name));
    if (names.length === 0) return false;
    if ([...names, EVERY_NAME].some((name) => (this.#untold.get(name) ?? 0) > at)) return true;
    return (await this.#parts.store.goneAt(names)) > at;
  }

  close(): void {
    this.#cancelRetry?.();
  }

  async #request(): Promise<void> {
    try {
      await this.#telling.request();
    } catch {
      this.#cancelRetry ??= this.#parts.clock.after(AGAIN_MS, () => {
        this.#cancelRetry = undefined;
        void this.#request();
      });
    }
  }

  async #tell(): Promise<void> {
    while (this.#untold.size > 0) {
      const some = [...this.#untold].slice(0, TOLD_AT_ONCE);
      await this.#parts.store.noteGone(some);
      // A name that is gone once more meanwhile is written once more.
      for (const [name, at] of some) if (this.#untold.get(name) === at) this.#untold.delete(name);
    }
  }

  #digest(service: string, name: string): string {
    return this.#parts.sealer.digest(JSON.stringify(['gone', service, name.toLowerCase()]));
  }
}

/** Fields by which services name a record, as against those that tell what it belongs to, such as `list_id`. */
const NAMING = /^(?:_?id|(?:contact|lead|member|subscriber)_?id)$/iu;

/** The ids and addresses that an answer tells. */
const namesIn = (content: unknown): readonly string[] => {
  const names = new Set<string>();
  const parts: unknown[] = [content];
  while (parts.length > 0) {
    const part = parts.pop();
    if (typeof part === 'string' && part.includes('@')) names.add(part);
    if (typeof part !== 'object' || part === null) continue;
    for (const [name, value] of Object.entries(part)) {
      if (NAMING.test(name) && (typeof value === 'string' || typeof value === 'number')) names.add(String(value));
      parts.push(value);
    }
  }
  return [...names];
};
