/**
 * Everything that replicas share and may lose, put together: circuits, quotas, cached answers, and what each tells of itself. Without
 * a Redis there is none of it, and each part goes on alone.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ResponseCache } from './cache/responseCache.ts';
import { SharedCache } from './cache/sharedCache.ts';
import type { SharedCacheEvents } from './cache/sharedCacheEvents.ts';
import type { Config } from './config/config.ts';
import type { LifecyclePart, LifecyclePhase } from './lifecycle.ts';
import type { Logger } from './logging/logger.ts';
import type { Sealer } from './queue/sealer.ts';
import { RedisFleetStore } from './fleet/redis/redisFleetStore.ts';
import { RedisGuest } from './redis/redisGuest.ts';
import { RedisQuotaShares } from './fleet/redis/redisQuotaShares.ts';
import { RedisReplicaBoard } from './fleet/redis/redisReplicaBoard.ts';
import { RedisSharedAnswers } from './fleet/redis/redisSharedAnswers.ts';
import type { CircuitSnapshot } from './contract/circuitState.ts';
import { ClusterView } from './fleet/clusterView.ts';
import { FleetCircuits } from './fleet/fleetCircuits.ts';
import type { ClosableQuota, FleetParts } from './services/connect.ts';
import type { Clock } from './time/clock.ts';

export interface SharedStateParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Of this process: what the fleet keeps stands behind it. */
  readonly cache: ResponseCache;
  readonly cacheEvents: SharedCacheEvents;
  /** Keeps what is shared from being read in Redis. */
  readonly sealer: Sealer;
  /** The commit this was built from. */
  readonly sha: string;
}

/** What this process tells of itself. */
export interface SelfSource {
  readonly phase: () => LifecyclePhase;
  readonly circuits: () => readonly CircuitSnapshot[];
}

/** Replicas with other keys cannot read each other's answers: they keep to another room. Enough characters to tell a few. */
const ROOM_LENGTH = 8;

export class SharedState {
  /** Absent: this process is alone. */
  readonly fleet: FleetParts | undefined;
  readonly #guest: RedisGuest | undefined;
  /** Tells this process from any other, also from the one that ran before it. */
  readonly #replica: string;
  readonly #parts: SharedStateParts;
  readonly #version: string;

  private constructor({ version }: Config, parts: SharedStateParts, guest: RedisGuest | undefined) {
    this.#version = version;
    this.#parts = parts;
    this.#guest = guest;
    this.#replica = `${hostname()}-${randomUUID().slice(0, 8)}`;
    this.fleet = guest && this.#fleetOn(guest);
  }

  /** Begins to connect, and waits for nothing: a Redis that is down is no reason not to start. */
  static async open(config: Config, parts: SharedStateParts): Promise<SharedState> {
    const { sharedRedis: settings, redisKeyPrefix: keyPrefix } = config;
    const guest = settings && (await RedisGuest.open({ ...parts, settings, keyPrefix }, 'fleet'));
    return new SharedState(config, parts, guest);
  }

  /** All replicas as this one sees them. It must be started. */
  clusterView(self: SelfSource): ClusterView {
    const views = (): ReturnType<FleetCircuits['views']> => this.fleet?.circuits.views() ?? [];
    const board = this.#guest && new RedisReplicaBoard(this.#guest);
    return new ClusterView({ ...this.#parts, ...self, views, board, replica: this.#replica, version: this.#version });
  }

  /** What lives of it, in the order of its start: Redis is left when all have taken leave. */
  lifecycleParts(cluster: ClusterView, services: readonly { readonly quota: ClosableQuota }[]): readonly LifecyclePart[] {
    const { fleet } = this;
    if (fleet === undefined) return [];
    const { circuits, cache } = fleet;
    return [
      { name: 'connection of the fleet', stop: () => this.#guest?.close() },
      {
        name: 'shares of quotas',
        stop: () => {
          for (const { quota } of services) quota.close?.();
        },
      },
      {
        name: 'shared cache',
        start: () => {
          cache.start();
        },
        stop: () => {
          cache.stop();
        },
      },
      {
        name: 'fleet circuits',
        start: () => {
          circuits.start();
        },
        stop: () => circuits.stop(),
      },
      {
        name: 'cluster view',
        start: () => {
          cluster.start();
        },
        stop: () => cluster.stop(),
      },
    ];
  }

  #fleetOn(guest: RedisGuest): FleetParts {
    const { cacheEvents: events } = this.#parts;
    const store = new RedisFleetStore({ ...this.#parts, guest, replica: this.#replica });
    const answers = new RedisSharedAnswers(guest, this.#parts.sealer.digest('room').slice(0, ROOM_LENGTH));
    return {
      circuits: new FleetCircuits({ ...this.#parts, store }),
      quotas: new RedisQuotaShares(guest, this.#replica),
      cache: new SharedCache({
        ...this.#parts,
        store: answers,
        events,
        newToken: randomUUID,
        maker: `${this.#version} ${this.#parts.sha}`,
      }),
    };
  }
}
