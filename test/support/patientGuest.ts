/** A guest of Redis that waits for every answer: what Redis does is to be seen, however busy this machine is. */
import { Redis } from 'ioredis';
import type { Guest } from '../../src/redis/guest.ts';
import type { RedisServer } from './redisServer.ts';

export class PatientGuest implements Guest {
  readonly prefix: string;
  readonly isUp = true;
  readonly #client: Redis;
  readonly #subscriber: Redis;

  constructor({ settings: { host, port } }: RedisServer, prefix: string) {
    this.prefix = prefix;
    this.#client = new Redis({ host, port, lazyConnect: true });
    this.#subscriber = new Redis({ host, port, lazyConnect: true });
  }

  ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    return work(this.#client);
  }

  watch(watcher: { up(): void }): void {
    watcher.up();
  }

  subscribe(channel: string, onMessage: (message: string) => void): void {
    this.#subscriber.on('message', (of: string, message: string) => {
      if (of === `${this.prefix}:${channel}`) onMessage(message);
    });
    void this.#subscriber.subscribe(`${this.prefix}:${channel}`);
  }

  close(): Promise<void> {
    this.#client.disconnect();
    this.#subscriber.disconnect();
    return Promise.resolve();
  }
}
