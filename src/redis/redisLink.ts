/**
 * A client of ioredis that is connected by us, by the clock, and not by itself: as soon or as late as its user says.
 */
import type { Redis, RedisOptions } from 'ioredis';
import type { Clock } from '../time/clock.ts';
import { closeClient } from './redisConnection.ts';

export interface LinkUser {
  /** Commands can be sent. */
  connected(): void;
  /** It is gone, or did not come about. @param error Why, where it is known. @returns after how long to try again, ms. */
  ended(error: Error | undefined): number;
}

/** What makes a client of ioredis leave the connecting to us. */
export const linkOptions = { lazyConnect: true, retryStrategy: () => null } satisfies RedisOptions;

export class RedisLink {
  readonly client: Redis;
  readonly #clock: Clock;
  readonly #user: LinkUser;
  #error: Error | undefined;
  #cancel = (): void => undefined;
  #isClosed = false;

  /** @param client Made with {@link linkOptions}. */
  constructor(client: Redis, clock: Clock, user: LinkUser) {
    this.client = client;
    this.#clock = clock;
    this.#user = user;
    client.on('error', (error) => {
      this.#error = error;
    });
    client.on('ready', () => {
      // A refused database number is told beside, and the connection goes on, with another one.
      if (this.#error === undefined) this.#user.connected();
      else this.drop();
    });
    client.on('end', () => {
      this.#ended();
    });
  }

  get isConnected(): boolean {
    return this.client.status === 'ready' && !this.#isClosed;
  }

  connect(): void {
    this.#error = undefined;
    // What goes wrong is told as an event.
    void this.client.connect().catch(() => undefined);
  }

  /** Does not wait for its turn. */
  connectNow(): void {
    if (this.#isClosed || this.client.status !== 'end') return;
    this.#cancel();
    this.connect();
  }

  /** Gives the connection up; its end is told, and another follows. */
  drop(): void {
    this.client.disconnect();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel();
    await closeClient(this.client, this.#clock);
  }

  #ended(): void {
    if (this.#isClosed) return;
    const pauseMs = this.#user.ended(this.#error);
    this.#cancel = this.#clock.after(pauseMs, () => {
      this.connect();
    });
  }
}
