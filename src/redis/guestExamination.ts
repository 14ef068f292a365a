/**
 * Whether a Redis does what a guest of ours asks of it: examined over each new connection, before anything is sent.
 */
import type { Redis } from 'ioredis';
import { minutes } from '../time/clock.ts';
import { infoField, unfitness } from './redisCheck.ts';
import { RedisScript } from './redisScript.ts';

const examine = new RedisScript(import.meta.url, 'examine');

/** Nothing that is shared rests on our clock; a person who reads two logs side by side does. */
const CLOCK_TOLERANCE_MS = minutes(1);

/** @throws {Error} of ioredis: it cannot write, has no memory, is a replica, forbids us a command, does not answer … */
export const examineRedis = async (
  client: Redis,
  prefix: string,
): Promise<{ readonly unfit: string | undefined; readonly wallTime: number }> => {
  const unfit = unfitness({ version: infoField(await infoOf(client), 'redis_version') });
  if (unfit !== undefined) return { unfit, wallTime: 0 };
  const [secs, micros] = (await examine.run(client, [`${prefix}:guest:examined`])) as readonly [string, string];
  return { unfit: undefined, wallTime: Number(secs) * 1000 + Number(micros) / 1000 };
};

/** Managed Redis may forbid to ask; then the script shows what it can do. */
const infoOf = async (client: Redis): Promise<string> => {
  try {
    return await client.info('server');
  } catch (error) {
    if (isForbidden(error)) return '';
    throw error;
  }
};

const isForbidden = (error: unknown): boolean => error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message);

/** How far our clock is from that of Redis, in seconds, positive if it is ahead; `undefined` where it is near enough. */
export const secondsOff = (own: number, theirs: number): number | undefined =>
  Math.abs(own - theirs) > CLOCK_TOLERANCE_MS ? Math.round((own - theirs) / 1000) : undefined;
