/**
 * A store of Idempotency-Keys that lasts as long as the test. It passes the contract of the real ones
 * (`test/contract/idempotencyStoreContract.ts`).
 */
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import type { IdempotencyStore, KeyState, KeyUse } from '../../src/web/idempotency.ts';

interface Entry extends KeyUse {
  readonly answer?: string;
}

export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #entries = new Map<string, Entry>();
  /** While set, no question is answered, as when the disk is full or Redis is away. */
  down = false;

  async begin(use: KeyUse, now: number): Promise<KeyState> {
    this.#assertUp();
    const known = this.#entries.get(use.key);
    if (known !== undefined && known.keepUntil > now) return stateOf(known, use, now);
    this.#entries.set(use.key, use);
    return { kind: 'first' };
  }

  async finish(key: string, answer: string): Promise<void> {
    this.#assertUp();
    const known = this.#entries.get(key);
    if (known !== undefined) this.#entries.set(key, { ...known, answer });
  }

  async forget(key: string): Promise<void> {
    this.#assertUp();
    this.#entries.delete(key);
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
