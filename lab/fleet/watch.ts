/**
 * What replicas say of themselves, asked again and again while a run goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { plainHttp } from '../../test/support/plainHttp.ts';

export interface Reading {
  /** From 0. */
  readonly replica: number;
  /** Wall-clock ms. */
  readonly at: number;
  /** The state of each circuit by its name, as callers feel it. */
  readonly circuits: Readonly<Record<string, string>>;
  readonly isReady: boolean;
  /** Why it is not, in its own words. */
  readonly reason: string | undefined;
  /** `shared_state_up`; `undefined`: there is no such series. */
  readonly sharedStateUp: number | undefined;
}

const EVERY_MS = 400;
/** A probe that has to wait as long is one that failed. */
const PATIENCE_MS = 2000;

interface HealthBody {
  readonly circuits?: Readonly<Record<string, string>>;
  readonly output?: string;
}

/** Only this line of thousands: whoever measures is to take no time from who is measured. */
const sharedStateIn = (metrics: string): number | undefined => {
  const value = /^shared_state_up(?:\{[^}]*\})? (\S+)$/mu.exec(metrics)?.[1];
  return value === undefined ? undefined : Number(value);
};

const bodyOf = (text: string): HealthBody => JSON.parse(text) as HealthBody;

const read = async (url: string, replica: number): Promise<Reading> => {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const [health, ready, metrics] = await Promise.all(
    ['/health', '/health/ready', '/metrics'].map((path) => plainHttp(url + path, { signal })),
  );
  const { output } = bodyOf(ready?.text ?? '{}');
  return {
    replica,
    at: Date.now(),
    circuits: bodyOf(health?.text ?? '{}').circuits ?? {},
    isReady: ready?.status === 200,
    reason: ready?.status === 200 ? undefined : output,
    sharedStateUp: sharedStateIn(metrics?.text ?? ''),
  };
};

export class Watch {
  readonly #urls: readonly string[];
  readonly #readings: Reading[] = [];
  #isStopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** In the order in which they came. */
  get readings(): readonly Reading[] {
    return this.#readings;
  }

  start(): void {
    this.#looking = Promise.all(this.#urls.map((url, replica) => this.#look(url, replica))).then(() => undefined);
    // Told by `stop()`.
    this.#looking.catch(() => undefined);
  }

  /** @throws {Error} if a replica did not answer in time what it is asked by every probe. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#looking;
  }

  async #look(url: string, replica: number): Promise<void> {
    while (!this.#isStopped) {
      this.#readings.push(await read(url, replica));
      await sleep(EVERY_MS);
    }
  }
}
