/**
 * Replicas of the gateway behind nothing, each a process of its own, told by environment variables alone.
 */
import path from 'node:path';
import { serviceRegistry } from '../../src/services/registry.ts';
import { gatewayAddressIn, nodeArgumentsFor, ServerProcess, type Program } from '../../test/support/serverProcess.ts';
import { temporaryFolder, type TemporaryFolder } from '../../test/support/temporaryFolder.ts';

export interface FleetParts {
  readonly program: Program;
  readonly replicas: number;
  /** Where replica `index`, from 0, finds the services: an origin below which each is under its name. */
  readonly providerUrl: (index: number) => string;
  /** Absent: each replica is on its own. */
  readonly redisPort?: number;
  /** `real`: as the services declare them; `wide`: quotas play no part. */
  readonly limits: 'real' | 'wide';
}

const WIDE = '100000/1s';
/** One key for all, or none could open what another sealed. */
const QUEUE_KEYS = `fleet:${Buffer.alloc(32, 'fleet').toString('base64')}`;

const serviceSettings = (origin: string, limits: FleetParts['limits']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.values(serviceRegistry).flatMap(({ name, sandboxSecret }) => {
      const prefix = name.toUpperCase();
      return Object.entries({
        [`${prefix}_BASE_URL`]: `${origin}/${name}`,
        // The same for all: circuits and quotas are those of one account.
        [`${prefix}_API_KEY`]: sandboxSecret,
        ...(limits === 'wide' && { [`${prefix}_RATE_LIMIT`]: WIDE }),
      });
    }),
  );

export class FleetHouse {
  readonly #folder: TemporaryFolder = temporaryFolder();
  readonly #replicas: readonly ServerProcess[];

  constructor(parts: FleetParts) {
    this.#replicas = Array.from({ length: parts.replicas }, (_, index) => this.#replica(index, parts));
  }

  /** Resolves with their origins once all of them answer. @throws {Error} with the last words of one that does not start. */
  open(): Promise<readonly string[]> {
    return Promise.all(this.#replicas.map((replica) => replica.url));
  }

  /** @throws {Error} with the last words of one that had ended by itself; the others are ended all the same. */
  async close(): Promise<void> {
    const ends = await Promise.allSettled(this.#replicas.map((replica) => replica.stop()));
    this.#folder.remove();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #replica(index: number, { program, providerUrl, redisPort, limits }: FleetParts): ServerProcess {
    const environment = {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      DRAIN_DELAY_MS: '0',
      DATA_DIR: path.join(this.#folder.path, String(index)),
      QUEUE_KEYS,
      ...(redisPort !== undefined && { REDIS_URL: `redis://127.0.0.1:${String(redisPort)}` }),
      ...serviceSettings(providerUrl(index), limits),
    };
    return new ServerProcess({ nodeArguments: nodeArgumentsFor(program, 'src/server'), environment, addressIn: gatewayAddressIn });
  }
}
