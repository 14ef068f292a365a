/**
 * Whether a Redis is fit to keep accepted writes: old enough a version loses commands, a careless setting loses jobs.
 */
import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';

/** `LPOS` and the blocking-free parts of BullMQ need it. */
const OLDEST_VERSION = '6.2';

/** What a Redis says about itself; absent where it does not tell. */
export interface RedisFacts {
  readonly version?: string | undefined;
  readonly evictionPolicy?: string | undefined;
  readonly keepsLog?: string | undefined;
  readonly syncPolicy?: string | undefined;
}

const isOlder = (version: string, than: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
};

/** Why it cannot be used at all, if it cannot. */
export const unfitness = ({ version }: RedisFacts): string | undefined =>
  version !== undefined && isOlder(version, OLDEST_VERSION) ? `Redis ${version} is too old: use ${OLDEST_VERSION} or newer` : undefined;

/** What is to be set, a sentence each, for it to keep what it was given. */
export const dangers = ({ evictionPolicy, keepsLog, syncPolicy }: RedisFacts): readonly string[] => {
  const found: string[] = [];
  if (evictionPolicy !== undefined && evictionPolicy !== 'noeviction') {
    found.push(`Redis may throw accepted writes away when its memory is full: set maxmemory-policy noeviction (now ${evictionPolicy})`);
  }
  if (keepsLog === '0') found.push('a restart of Redis loses accepted writes: set appendonly yes');
  if (keepsLog === '1' && syncPolicy !== undefined && syncPolicy !== 'always') {
    found.push(`a power cut loses what was accepted in the last second: set appendfsync always (now ${syncPolicy})`);
  }
  const untold: string[] = [];
  if (evictionPolicy === undefined) untold.push('maxmemory-policy: see to it that it is noeviction');
  if (keepsLog === undefined) untold.push('appendonly: see to it that it is yes');
  if (keepsLog !== '0' && syncPolicy === undefined) untold.push('appendfsync: see to it that it is always');
  return [...found, ...untold.map((setting) => `Redis does not tell its ${setting}`)];
};

/** A line of what INFO answers. */
export const infoField = (info: string, name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];

/** Managed Redis may forbid to ask: then the facts are unknown, not bad. */
const orNothing = async <T>(asking: Promise<T>): Promise<T | undefined> => {
  try {
    return await asking;
  } catch {
    return undefined;
  }
};

export const readFacts = async (client: Redis): Promise<RedisFacts> => {
  const info = (await orNothing(client.info())) ?? '';
  const setting = (await orNothing(client.config('GET', 'appendfsync'))) as readonly string[] | undefined;
  return {
    version: infoField(info, 'redis_version'),
    evictionPolicy: infoField(info, 'maxmemory_policy'),
    keepsLog: infoField(info, 'aof_enabled'),
    syncPolicy: setting?.[1],
  };
};

/**
 * Asks, and warns of dangers in a line each.
 *
 * @returns why it cannot be used, if it cannot.
 */
export const checkRedis = async (client: Redis, logger: Logger): Promise<string | undefined> => {
  const facts = await readFacts(client);
  const unfit = unfitness(facts);
  if (unfit !== undefined) return unfit;
  for (const danger of dangers(facts)) logger.warn({ danger }, 'Redis is not set to keep what it is given');
  return undefined;
};
