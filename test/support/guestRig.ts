/** A guest on a Redis, with everything that it says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisSettings } from '../../src/config/redis.ts';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import { RedisGuest, type GuestParts } from '../../src/redis/redisGuest.ts';
import { systemClock } from '../../src/time/clock.ts';
import { until } from '../contract/queueRig.ts';
import { errorOf } from './errorOf.ts';
import { recordingLogger, type LogLine } from './recordingLogger.ts';

export interface GuestRig {
  readonly guest: RedisGuest;
  readonly lines: readonly LogLine[];
  /** What its watcher was told: `up`, or why it is down. */
  readonly told: readonly string[];
  /** Resolves when it can be used, or can be used no longer; how long that took, ms. */
  becomes(state: 'up' | 'down'): Promise<number>;
  /** Why a piece of work fails, and how long that takes, ms. */
  fails(): Promise<{ readonly reason: string; readonly ms: number }>;
}

const look = { tick: () => sleep(5) };

export const pollUntil = async (holds: () => boolean): Promise<number> => {
  const begun = performance.now();
  await until(look, () => Promise.resolve(holds() ? true : undefined));
  return performance.now() - begun;
};

/** Begins to connect; waits for nothing. */
export const openGuest = async (settings: RedisSettings, parts: Partial<GuestParts> = {}): Promise<GuestRig> => {
  const { logger, lines } = recordingLogger();
  const guest = await RedisGuest.open({ settings, clock: systemClock, random: () => 0.5, logger, keyPrefix: 'test', ...parts }, 'shared');
  const told: string[] = [];
  guest.watch({ up: () => told.push('up'), down: (reason) => told.push(reason) });
  return {
    guest,
    lines,
    told,
    becomes: (state) => pollUntil(() => guest.isUp === (state === 'up')),
    fails: async () => {
      const begun = performance.now();
      const { reason } = await errorOf(
        guest.ask((client) => client.get('test:any')),
        SharedStateUnavailableError,
      );
      return { reason, ms: performance.now() - begun };
    },
  };
};
