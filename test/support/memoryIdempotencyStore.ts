/**
 * A store of Idempotency-Keys that lasts as long as the test. It passes the contract of the real ones
 * (`test/contract/idempotencyStoreContract.ts`).
 */
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import {
  EVERY_NAME,
  KEPT_LIMITS,
  type GoneName,
  type IdempotencyStore,
  type KeptLimits,
  type KeyState,
  type KeyUse,
} from '../../src/web/idempotency.ts';

interface Entry extends KeyUse {
  readonly answer?: string;
}

export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #entries = new Map<string, Entry>();
  readonly #gone = new Map<string, number>();
  readonly #limits: KeptLimits;
  /** While set, no question is answered, as when the disk is full or Redis is away. */
  down = false;

  constructor(limits = KEPT_LIMITS) {
    this.#limits = limits;
  }

  async begin(use: KeyUse, now: number): Promise<KeyState> {
    this.#assertUp();
    const known = this.#entries.get(use.key);
    if (known !== undefined && known.keepUntil > now) return stateOf(known, use, now);
    if (this.#answers.length >= this.#limits.keys) return { kind: 'full' };
    this.#entries.set(use.key, use);
    return { kind: 'first' };
  }

  async finish(key: string, answer: string, brief = answer): Promise<void> {
    this.#assertUp();
    const known = this.#entries.get(key);
    const bytes = this.#answers.join('').length + answer.length;
    if (known !== undefined) this.#entries.set(key, { ...known, answer: bytes > this.#limits.bytes ? brief : answer });
  }

  async forget(key: string): Promise<void> {
    this.#assertUp();
    this.#entries.delete(key);
  }

  async noteGone(gone: readonly GoneName[]): Promise<void> {
    this.#assertUp();
    for (const [name, at] of gone) this.#gone.set(name, Math.max(at, this.#gone.get(name) ?? 0));
    const ordered = [...this.#gone].filter(([name]) => name !== EVERY_NAME).sort(([, one], [, other]) => other - one);
    for (const [name, at] of ordered.slice(this.#limits.goneNames).reverse()) {
      this.#gone.delete(name);
      this.#gone.set(EVERY_NAME, at);
    }
  }

  async goneAt(names: readonly string[]): Promise<number> {
    this.#assertUp();
    return Math.max(...[...names, EVERY_NAME].map((name) => this.#gone.get(name) ?? 0));
  }

  get #answers(): readonly string[] {
    return [...this.#entries.values()].flatMap(({ answer }) => answer ?? []);
  }

  /** Everything that is remembered, to see what is written where others could read it. */
  get texts(): string {
    return JSON.stringify([...this.#entries.values()]);
  }

  #assertUp(): void {
    if (this.down) throw new QueueUnavailableError('the store is down');
  }
}

const stateOf = ({ fingerprint, answer, leaseUntil }: Entry, use: KeyUse, now: number): KeyState => {
  if (fingerprint !== use.fingerprint) return { kind: 'reused' };
  if (answer !== undefined) return { kind: 'answered', answer };
  return { kind: leaseUntil > now ? 'running' : 'interrupted' };
};
