/**
 * One room a service: its queue in BullMQ, our scripts on the same keys, and the claims that rest on both.
 */
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../../time/clock.ts';
import { BullClaims } from './bullClaims.ts';
import { BullScripts, type Kept } from './bullScripts.ts';
import { BullService } from './bullService.ts';

export interface RoomParts {
  /** The library, loaded by whoever needs it. */
  readonly bullmq: typeof BullMQ;
  /** @throws {QueueUnavailableError} while there is no use in sending commands. */
  readonly client: () => Redis;
  readonly clock: Clock;
  /** Proves a claim: never the same twice. */
  readonly newToken: () => string;
  /** Before the names of all keys. */
  readonly prefix: string;
  readonly onWork: (service: string) => void;
  readonly kept: Kept;
}

export interface Room {
  readonly bull: BullService;
  readonly scripts: BullScripts;
  readonly claims: BullClaims;
}

export class BullRooms {
  readonly #parts: RoomParts;
  readonly #rooms = new Map<string, Room>();

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** The same one for ever. */
  of(service: string): Room {
    const known = this.#rooms.get(service);
    if (known !== undefined) return known;
    const room = this.#build(service);
    this.#rooms.set(service, room);
    return room;
  }

  entries(): readonly (readonly [service: string, room: Room])[] {
    return [...this.#rooms];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map(({ bull }) => bull.close()));
  }

  #build(service: string): Room {
    const { bullmq, client, clock, newToken, prefix, onWork, kept } = this.#parts;
    const bull = new BullService(bullmq, service, client(), prefix);
    const scripts = new BullScripts(client, bull.base, kept);
    const claims = new BullClaims({
      clock,
      bull,
      scripts,
      newToken,
      onWork: () => {
        onWork(service);
      },
    });
    return { bull, scripts, claims };
  }
}
