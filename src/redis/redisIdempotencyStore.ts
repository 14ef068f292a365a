/**
 * Idempotency-Keys beside the queue in Redis: a hash each, gone by itself when its time is over.
 */
import type { Redis } from 'ioredis';
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import type { Clock } from '../time/clock.ts';
import type { IdempotencyStore, KeyState, KeyUse } from '../web/idempotency.ts';
import { answerInTime } from './redisFailures.ts';
import { RedisScript } from './redisScript.ts';

export interface RedisIdempotencyParts {
  /** @throws {QueueUnavailableError} while there is no use in sending commands. */
  readonly client: () => Redis;
  readonly clock: Clock;
  /** Tells one use of a key from any other. */
  readonly newToken: () => string;
  readonly keyPrefix: string;
}

const beginKey = new RedisScript('beginKey');
const finishKey = new RedisScript('finishKey');
const withdrawKey = new RedisScript('withdrawKey');

type Begun = readonly ['first' | 'running' | 'reused' | 'interrupted'] | readonly ['answered', answer: string];

export class RedisIdempotencyStore implements IdempotencyStore {
  readonly #parts: RedisIdempotencyParts;

  constructor(parts: RedisIdempotencyParts) {
    this.#parts = parts;
  }

  async begin(use: KeyUse, now: number): Promise<KeyState> {
    const claim = this.#parts.newToken();
    try {
      return await this.#answer(() => this.#begin(use, now, claim));
    } catch (error) {
      this.#withdraw(use.key, claim);
      throw error;
    }
  }

  async finish(key: string, answer: string): Promise<void> {
    await this.#answer(() => finishKey.run(this.#parts.client(), [this.#name(key)], [answer]));
  }

  async forget(key: string): Promise<void> {
    await this.#answer(() => this.#parts.client().del(this.#name(key)));
  }

  async #begin({ key, fingerprint, leaseUntil, keepUntil }: KeyUse, now: number, claim: string): Promise<KeyState> {
    const values = [fingerprint, leaseUntil, keepUntil, now, claim];
    const [kind, answer] = (await beginKey.run(this.#parts.client(), [this.#name(key)], values)) as Begun;
    return kind === 'answered' ? { kind, answer } : { kind };
  }

  /**
   * A hung Redis may still do what we no longer wait for; the caller was told that nothing was begun. On the same
   * connection this comes right after it. If the connection is gone, the lease ends such a use.
   */
  #withdraw(key: string, claim: string): void {
    const withdraw = async (): Promise<unknown> => withdrawKey.run(this.#parts.client(), [this.#name(key)], [claim]);
    withdraw().catch((error: unknown) => error instanceof QueueUnavailableError);
  }

  #name(key: string): string {
    return `{${this.#parts.keyPrefix}}:idempotency:${key}`;
  }

  #answer<T>(work: () => Promise<T>): Promise<T> {
    return answerInTime(this.#parts.clock, work);
  }
}
