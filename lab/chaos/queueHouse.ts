/**
 * Everything a run needs as real processes: two providers, the gateway, and with BullMQ a worker and a redis-server.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, type RedisServer } from '../../test/support/redisServer.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import type { Program } from '../../test/support/serverProcess.ts';
import { temporaryFolder, type TemporaryFolder } from '../../test/support/temporaryFolder.ts';
import { GatewayProcess } from './gatewayProcess.ts';
import { argumentsFor } from './gatewayProgram.ts';
import type { KillLog } from './killLog.ts';
import type { Ledger } from './ledger.ts';
import { providers, type Engine, type PlannedFault, type PlannedKill, type Provider, type Victim, type Weather } from './plan.ts';
import { shapes } from './providerShapes.ts';
import { ProviderStub } from './providerStub.ts';

export interface HouseParts {
  readonly engine: Engine;
  readonly seed: number;
  readonly program: Program;
  readonly ledger: Ledger;
  readonly killLog: KillLog;
  readonly nextFault: () => PlannedFault | undefined;
  readonly onCrash: (said: string) => void;
}

/**
 * Patience so short that a round holds several openings of a circuit and every caller is answered within two seconds; and
 * quotas so wide that they play no part.
 */
const LIMITS = { CIRCUIT_TIMEOUT: '600', DEADLINE_MS: '1200', CIRCUIT_RESET_TIMEOUT: '400', RATE_LIMIT: '10000/1s' };
/** Where the other services are, which nobody calls. */
const NOBODY = 'http://127.0.0.1:9';
const SERVICES = ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'];

/** Every life and every process of a run opens what the others sealed. */
const queueKeys = (seed: number): string => `chaos:${createHash('sha256').update(String(seed)).digest('base64')}`;

const settingsFor = (prefix: string, url: string): Readonly<Record<string, string>> => ({
  [`${prefix}_BASE_URL`]: url,
  ...Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [`${prefix}_${name}`, value])),
});

const isProvider = (service: string): service is Provider => (providers as readonly string[]).includes(service);

export class QueueHouse {
  readonly #parts: HouseParts;
  readonly #stubs: Readonly<Record<Provider, ProviderStub>>;
  readonly #folder: TemporaryFolder = temporaryFolder();
  readonly #gateways = new Map<Victim, GatewayProcess>();
  #redis: RedisServer | undefined;
  #redisOutage: Promise<void> = Promise.resolve();

  constructor(parts: HouseParts) {
    this.#parts = parts;
    const stub = (provider: Provider): ProviderStub =>
      new ProviderStub(parts.ledger, shapes[provider](parts.ledger), seededRandom(parts.seed));
    this.#stubs = { hubspot: stub('hubspot'), lemlist: stub('lemlist') };
  }

  /** @throws {Error} if Redis does not sync before it answers: nothing would be proven then. */
  async open(): Promise<void> {
    for (const provider of providers) await this.#stubs[provider].start();
    if (this.#parts.engine === 'bullmq') await this.#openRedis();
    const drains: readonly Victim[] = this.#redis === undefined ? ['gateway'] : ['worker'];
    const all: readonly Victim[] = this.#redis === undefined ? ['gateway'] : ['gateway', 'worker'];
    for (const victim of all) this.#gateways.set(victim, this.#gateway(victim, drains.includes(victim)));
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.start()));
  }

  /** Where callers are answered, once they are. */
  url(): Promise<string> {
    return this.#gateways.get('gateway')!.url;
  }

  async change(weather: Readonly<Record<Provider, Weather>>): Promise<void> {
    for (const provider of providers) await this.#stubs[provider].change(weather[provider]);
  }

  async kill({ victim, downMs }: PlannedKill): Promise<void> {
    if (victim === 'redis') await this.#killRedis(downMs);
    else this.#gateways.get(victim)?.kill();
  }

  /** Resolves when whoever was killed is back. */
  async whole(): Promise<void> {
    await this.#redisOutage;
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.url));
  }

  /** Resolves when everything works again. */
  async heal(): Promise<void> {
    await this.change({ hubspot: 'well', lemlist: 'well' });
    await this.whole();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.stop()));
    await this.#redisOutage;
    await this.#redis?.stop();
    for (const provider of providers) await this.#stubs[provider].stop();
    this.#folder.remove();
  }

  async #openRedis(): Promise<void> {
    this.#redis = await startRedis();
    const told = await this.#redis.tell('CONFIG GET appendfsync');
    if (!told.includes('always')) throw new Error(`redis-server does not sync before it answers: ${told}`);
  }

  #gateway(victim: Victim, drains: boolean): GatewayProcess {
    const { program, killLog, nextFault, onCrash } = this.#parts;
    const nextArguments = (): readonly string[] => argumentsFor(program, nextFault());
    return new GatewayProcess({ victim, nextArguments, killLog, onCrash, environment: this.#environment(victim, drains) });
  }

  #environment(victim: Victim, drains: boolean): Readonly<Record<string, string>> {
    const services = SERVICES.flatMap((service) =>
      Object.entries(settingsFor(service.toUpperCase(), isProvider(service) ? this.#stubs[service].url : NOBODY)),
    );
    return {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      DATA_DIR: path.join(this.#folder.path, victim),
      QUEUE_KEYS: queueKeys(this.#parts.seed),
      QUEUE_DRAIN: drains ? 'on' : 'off',
      ...(this.#redis !== undefined && { REDIS_URL: `redis://127.0.0.1:${String(this.#redis.settings.port)}` }),
      ...Object.fromEntries(services),
    };
  }

  /** One outage after the other. */
  async #killRedis(downMs: number): Promise<void> {
    await this.#redisOutage;
    const redis = this.#redis;
    if (redis === undefined) return;
    const back = this.#parts.killLog.note('redis');
    await redis.kill();
    this.#redisOutage = sleep(downMs)
      .then(() => redis.start())
      .then(back);
    this.#redisOutage.catch(() => undefined);
  }
}
