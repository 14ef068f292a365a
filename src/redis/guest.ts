/**
 * How everything that a fleet shares speaks to Redis, but for the queue: as a guest that never makes a call wait.
 */
import type { Redis } from 'ioredis';

export interface Guest {
  /** Begins every key: the deployment's prefix. Keys that one script touches share a hash tag, so that a cluster keeps them together. */
  readonly prefix: string;
  /** Connected, fit, and not given up for the moment: whether the next command is worth trying. */
  readonly isUp: boolean;
  /**
   * Commands of one piece of work.
   *
   * @throws {SharedStateUnavailableError} at once while it is down, and 50 ms after the beginning if Redis does not answer.
   */
  ask<T>(work: (client: Redis) => Promise<T>): Promise<T>;
  /** Told whenever it can be used (again), and whenever it no longer can. */
  watch(watcher: { up(): void; down(reason: string): void }): void;
  /** Messages of a channel, over a connection of its own; while there is none, they are lost. The prefix is put before its name. */
  subscribe(channel: string, onMessage: (message: string) => void): void;
  close(): Promise<void>;
}
