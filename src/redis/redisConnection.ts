/**
 * A connection to Redis as a guest of ours: it never holds a call back. What the whole fleet shares goes over `redisGuest.ts`.
 *
 * Nothing waits for a connection (no offline queue), nothing is sent twice (what was under way when it broke has failed),
 * and it comes back by itself. Until then every command fails at once.
 */
import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import type { RedisSettings } from '../config/redis.ts';
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import type { Logger } from '../logging/logger.ts';
import { seconds, type Clock } from '../time/clock.ts';
import { checkRedis } from './redisCheck.ts';
import { LOADING, isMisdirected, reasonOf } from './redisFailures.ts';

export interface RedisParts {
  readonly settings: RedisSettings;
  readonly clock: Clock;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Below the second in which the queue promises an answer: two commands of a hung Redis must not add up to it. */
const COMMAND_TIMEOUT_MS = 800;
const CONNECT_TIMEOUT_MS = seconds(2);
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = seconds(2);
const CLOSE_WITHIN_MS = 300;
/** A server that is not the primary, or not yet: after a failover the same address leads to another one. At most so often. */
const REDIAL_EVERY_MS = seconds(2);
/** From the connection to its first use: longer takes only a server that reads its data, and that can last for minutes. */
const READY_WITHIN_MS = seconds(5);

/** Between half and the whole of a doubling pause, so that a fleet does not come back all at once. */
export const reconnectPauseMs = (attempt: number, random: () => number): number => {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE_MS);
  return Math.round(pause * (0.5 + random() / 2));
};

/** @param role Shown by CLIENT LIST. */
export const clientOptions = (settings: RedisSettings, role: string, random: () => number) =>
  ({
    host: settings.host,
    port: settings.port,
    db: settings.database,
    ...(settings.username !== undefined && { username: settings.username }),
    ...(settings.password !== undefined && { password: settings.password.reveal() }),
    // An address has no certificate that names it by that extension.
    ...(settings.tls && { tls: isIP(settings.host) === 0 ? { servername: settings.host } : {} }),
    connectionName: `sales-auto-api:${role}`,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A Redis that hangs, or a network that swallows everything: the connection is given up, and made anew.
    socketTimeout: seconds(5),
    disconnectTimeout: CLOSE_WITHIN_MS,
    retryStrategy: (attempt: number) => reconnectPauseMs(attempt, random),
  }) satisfies RedisOptions;

/** A password that changes is used from the next connection on; one that stands goes on, for Redis keeps it. */
export const renewingPassword = (client: Redis, { password }: RedisSettings): Redis => {
  password?.file?.onChange(() => {
    client.options.password = password.reveal();
  });
  return client;
};

/** Of ioredis: whether an error of a command ends the connection, so that the next one may lead to the primary. */
const redialing = (clock: Clock): ((error: Error) => boolean) => {
  let redialledAt = -Infinity;
  return (error) => {
    if (!isMisdirected(reasonOf(error)) || clock.now() - redialledAt < REDIAL_EVERY_MS) return false;
    redialledAt = clock.now();
    return true;
  };
};

/** Takes leave of Redis, if it is there and answers; whatever was under way has failed afterwards. */
export const closeClient = async (client: Redis, clock: Clock): Promise<void> => {
  const giveUp = clock.after(CLOSE_WITHIN_MS, () => {
    client.disconnect();
  });
  await client.quit().catch(() => undefined);
  giveUp();
  client.disconnect();
};

/** One connection, for one role: a role that waits or subscribes gets its own. */
export class RedisConnection {
  readonly #client: Redis;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #unfit: string | undefined;
  /** What was last said in the log, so that it is said once. */
  #told: string | undefined;
  #cancelRedial: () => void = () => undefined;
  #isClosed = false;

  private constructor(client: Redis, clock: Clock, logger: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    this.#client.on('error', (error) => {
      this.#tell(reasonOf(error));
    });
    this.#client.on('ready', () => void this.#check());
    this.#client.on('connect', () => {
      this.#redialUnlessReady();
    });
  }

  /** Begins to connect, and loads ioredis for that: without a Redis nobody pays for it. */
  static async open({ settings, clock, random, logger }: RedisParts, role: string): Promise<RedisConnection> {
    const { Redis: Client } = await import('ioredis');
    const client = new Client({
      ...clientOptions(settings, role, random),
      reconnectOnError: redialing(clock),
      maxLoadingRetryTime: seconds(1),
    });
    return new RedisConnection(renewingPassword(client, settings), clock, logger.child({ redis: role }));
  }

  /**
   * The client, for commands.
   *
   * @throws {QueueUnavailableError} if there is no use in sending any.
   */
  get client(): Redis {
    if (this.#isClosed) throw new QueueUnavailableError('it is closed');
    // Of ioredis, one would only hear that there is no connection.
    const why = this.#unfit ?? (this.#client.status === 'ready' ? undefined : this.#told);
    if (why !== undefined) throw new QueueUnavailableError(why);
    return this.#client;
  }

  /** Resolves when commands can be sent, or after a while: a gateway starts without its Redis, too. */
  async opened(withinMs: number): Promise<boolean> {
    if (this.#client.status === 'ready') return true;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(withinMs, () => {
        this.#tell(this.#told ?? 'Redis does not answer in time');
        resolve(false);
      });
      this.#client.once('ready', () => {
        cancel();
        resolve(true);
      });
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRedial();
    await closeClient(this.#client, this.#clock);
  }

  #redialUnlessReady(): void {
    this.#cancelRedial();
    this.#cancelRedial = this.#clock.after(READY_WITHIN_MS, () => {
      if (this.#client.status !== 'connect') return;
      this.#tell(LOADING);
      this.#client.disconnect(true);
    });
  }

  async #check(): Promise<void> {
    if (this.#told !== undefined) this.#logger.info({}, 'Redis can be used again');
    this.#told = undefined;
    this.#unfit = await checkRedis(this.#client, this.#logger);
    if (this.#unfit !== undefined) this.#tell(this.#unfit);
  }

  #tell(reason: string): void {
    if (this.#isClosed || reason === this.#told) return;
    this.#told = reason;
    this.#logger.error({ reason }, 'Redis cannot be used; what needs it is refused until it can');
  }
}
