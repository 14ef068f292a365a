import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';
import { reconnectPauseMs } from './redisConnection.ts';
import { knownReasonOf } from './redisFailures.ts';
import { RedisLink } from './redisLink.ts';

/** Nobody waits for a subscription: it may take longer than a piece of work. */
const COMMAND_TIMEOUT_MS = 800;

export interface SubscriberParts {
  readonly clock: Clock;
  /** Source of [0, 1). */
  readonly random: () => number;
}

/** The messages of channels, over a connection of their own, made when the first is wanted. It subscribes anew by itself. */
export class GuestSubscriber {
  readonly #parts: SubscriberParts;
  readonly #logger: Logger;
  readonly #newClient: (commandTimeout: number) => Redis;
  readonly #listeners = new Map<string, ((message: string) => void)[]>();
  /** Channels of which a message was not understood: said once. */
  readonly #misheard = new Set<string>();
  #link: RedisLink | undefined;
  #attempts = 0;
  #told: string | undefined;
  #isClosed = false;

  constructor(parts: SubscriberParts, logger: Logger, newClient: (commandTimeout: number) => Redis) {
    this.#parts = parts;
    this.#logger = logger;
    this.#newClient = newClient;
  }

  /** @param channel Its whole name. */
  subscribe(channel: string, onMessage: (message: string) => void): void {
    if (this.#isClosed) return;
    this.#listeners.set(channel, [...(this.#listeners.get(channel) ?? []), onMessage]);
    if (this.#link === undefined) this.#open();
    else if (this.#link.isConnected) void this.#subscribeTo([channel]);
  }

  /** Redis was away, and is back: a subscription can have died without a word. */
  renew(): void {
    if (this.#link?.isConnected === true) this.#link.drop();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    await this.#link?.close();
  }

  #open(): void {
    const client = this.#newClient(COMMAND_TIMEOUT_MS);
    client.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) this.#hear(channel, listener, message);
    });
    this.#link = new RedisLink(client, this.#parts.clock, {
      connected: () => void this.#subscribeTo([...this.#listeners.keys()]),
      ended: () => reconnectPauseMs((this.#attempts += 1), this.#parts.random),
    });
    this.#link.connect();
  }

  /** Replicas of other versions speak, too: what is not understood is passed over. */
  #hear(channel: string, listener: (message: string) => void, message: string): void {
    try {
      listener(message);
    } catch {
      if (!this.#misheard.has(channel)) this.#logger.warn({ channel }, 'a message of another replica was not understood, and passed over');
      this.#misheard.add(channel);
    }
  }

  async #subscribeTo(channels: readonly string[]): Promise<void> {
    try {
      await this.#link?.client.subscribe(...channels);
      this.#attempts = 0;
      this.#told = undefined;
    } catch (error) {
      this.#tell(knownReasonOf(error));
      this.#link?.drop();
    }
  }

  /** Whatever else there is to say, the connection for commands says. */
  #tell(reason: string | undefined): void {
    if (this.#isClosed || reason === undefined || reason === this.#told) return;
    this.#told = reason;
    this.#logger.warn({ reason }, 'Redis gives us no messages; what replicas share is still asked for every few seconds');
  }
}
