/** How many rows a second a quota brings: each service's real limit, kept by the sandbox on loopback. */
import { simulatorOf } from '../../../sandbox/simulators.ts';
import { compose, type Gateway } from '../../../src/compose.ts';
import { readConfig } from '../../../src/config/config.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { startSandbox, type Sandbox } from '../../../sandbox/server/sandbox.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { configurableService } from '../../../src/services/serviceSettings.ts';
import { systemClock, type Clock } from '../../../src/time/clock.ts';
import { temporaryFolder } from '../../../test/support/temporaryFolder.ts';
import type { Benchmark, Table } from '../benchmark.ts';
import { quotaServices, type QuotaService } from '../contenders/quotaServices.ts';
import { asFigure } from '../table.ts';

/** Of HubSpot's batched reads, rows per second (docs/bench/README.md). */
const GOAL_OF_HUBSPOT = 900;
/** What is measured is whole windows, from a full quota; at least so long, ms. */
const LEAST_MEASURED_MS = 30_000;
/** Who reads: each one row after the other, and a moment's pause after an error. */
const READERS = 600;
const READERS_ALONE = 20;
const PAUSE_MS = 100;
/** A header of the caller's own makes a read go alone. */
const ALONE = { 'x-bench': 'alone' };

interface Tally {
  rows: number;
  /** Refused by the service as one too many. */
  refused: number;
  /** Refused by the gateway, as the quota could not serve them in time. */
  tooLate: number;
  otherErrors: number;
}

interface Result extends Tally {
  readonly service: QuotaService;
  readonly contender: string;
  readonly seconds: number;
}

type Reader = (key: string) => Promise<unknown>;

interface Filled {
  readonly sandbox: Sandbox;
  readonly keys: readonly string[];
}

/** The sandbox's time, which can skip what nobody wants to wait for. */
class SkippingClock implements Clock {
  #skippedMs = 0;

  now(): number {
    return systemClock.now() + this.#skippedMs;
  }

  wallTime(): number {
    return systemClock.wallTime() + this.#skippedMs;
  }

  after(ms: number, callback: () => void): () => void {
    return systemClock.after(ms, callback);
  }

  readonly skip = (ms: number): void => {
    this.#skippedMs += ms;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One limit, filled and untouched. */
const openSandbox = async (service: QuotaService): Promise<Filled> => {
  const clock = new SkippingClock();
  const simulators = [simulatorOf(service)];
  const sandbox = await startSandbox({ simulators, port: 0, seed: 1, clock, log: () => undefined });
  const keys = await service.fill(sandbox.url(service.name), clock.skip);
  clock.skip(2 * service.windowMs);
  return { sandbox, keys };
};

const openGateway = async (service: QuotaService, url: string, dataDirectory: string): Promise<Gateway> => {
  const environment = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    SANDBOX_PORT: '0',
    DATA_DIR: dataDirectory,
    [`${service.name.toUpperCase()}_BASE_URL`]: url,
  };
  const config = readConfig(environment, Object.values(serviceRegistry).map(configurableService));
  return compose(config, { clock: systemClock, logger: silentLogger, processMetrics: false });
};

/** The providers' own clients have the status for a code. */
const kindOf = (error: unknown): 'refused' | 'tooLate' | 'otherErrors' => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 429 || code === 'upstream_rate_limited') return 'refused';
  return code === 'quota_wait_too_long' || code === 'deadline_exceeded' ? 'tooLate' : 'otherErrors';
};

/** Reads until the time is over; rows that come later do not count. */
const readAll = async (keys: readonly string[], read: Reader, readers: number, forMs: number, tally: Tally): Promise<void> => {
  const endsAt = performance.now() + forMs;
  let next = 0;
  const reader = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const key = keys[next % keys.length] ?? '';
      next += 1;
      try {
        await read(key);
        if (performance.now() < endsAt) tally.rows += 1;
      } catch (error) {
        tally[kindOf(error)] += 1;
        await pause(PAUSE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
};

const measured = async (
  service: QuotaService,
  contender: string,
  keys: readonly string[],
  read: Reader,
  readers: number,
): Promise<Result> => {
  const tally = { rows: 0, refused: 0, tooLate: 0, otherErrors: 0 };
  const forMs = Math.max(service.windowMs, LEAST_MEASURED_MS);
  await readAll(keys, read, readers, forMs, tally);
  return { service, contender, seconds: forMs / 1000, ...tally };
};

const withOurs = async (service: QuotaService, contender: string, isBatched: boolean): Promise<Result> => {
  const { sandbox, keys } = await openSandbox(service);
  const data = temporaryFolder();
  const gateway = await openGateway(service, sandbox.url(service.name), data.path);
  const asking = { refresh: true as const, ...(isBatched ? {} : { headers: ALONE }) };
  try {
    const read: Reader = (key) => service.read(gateway.clients, key, asking);
    return await measured(service, contender, keys, read, isBatched ? READERS : READERS_ALONE);
  } finally {
    await gateway.stop('measured');
    await sandbox.close();
    data.remove();
  }
};

const withOfficial = async (service: QuotaService): Promise<readonly Result[]> => {
  if (service.official === undefined) return [];
  const { sandbox, keys } = await openSandbox(service);
  try {
    const read = service.official.connect(sandbox.url(service.name));
    return [await measured(service, service.official.name, keys, read, READERS_ALONE)];
  } finally {
    await sandbox.close();
  }
};

const withAll = async (service: QuotaService): Promise<readonly Result[]> => {
  const contenders = [withOfficial(service), withOurs(service, 'ours, one request a row', false).then((result) => [result])];
  if (service.rowsPerPermit > 1) contenders.push(withOurs(service, 'ours, batched', true).then((result) => [result]));
  return (await Promise.all(contenders)).flat();
};

/** What a fresh quota gives at once, and what comes back of it within the time. */
const mostRows = ({ service: { permits, windowMs, rowsPerPermit }, seconds }: Result): number =>
  permits * rowsPerPermit * Math.ceil((seconds * 1000) / windowMs);

const rowOf = (result: Result): readonly string[] => {
  const { service, contender, rows, refused, tooLate, otherErrors, seconds } = result;
  const most = mostRows(result);
  const share = service.rowsPerPermit > 1 && contender !== 'ours, batched' ? rows * service.rowsPerPermit : rows;
  const percent = (part: number): string => `${String(Math.round((part / most) * 100))} %`;
  const figures = [asFigure(rows / seconds), asFigure(most / seconds), percent(rows), percent(share)];
  return [`${service.name}: ${contender}`, ...figures, ...[refused, tooLate, otherErrors].map(String)];
};

const verdict = (results: readonly Result[]): string => {
  const best = results.find(({ service, contender }) => service.name === 'hubspot' && contender === 'ours, batched');
  const perSecond = (best?.rows ?? 0) / (best?.seconds ?? 1);
  return `Goal of HubSpot: ${String(GOAL_OF_HUBSPOT)} rows a second; ${perSecond >= GOAL_OF_HUBSPOT ? 'kept' : 'MISSED'}, with ${asFigure(perSecond)}.`;
};

/** Short windows need the processor for themselves; long ones leave it idle, and share it. */
const inTurns = (services: readonly QuotaService[]): readonly (readonly QuotaService[])[] => {
  const isLong = ({ windowMs }: QuotaService): boolean => windowMs > LEAST_MEASURED_MS;
  return [...services.filter((service) => !isLong(service)).map((service) => [service]), services.filter(isLong)];
};

const run = async (): Promise<readonly Table[]> => {
  // The clock's timers let a process end that has nothing else to do; here it waits for them.
  const staying = setInterval(() => undefined, 1000);
  const results: Result[] = [];
  for (const together of inTurns(quotaServices)) results.push(...(await Promise.all(together.map(withAll))).flat());
  clearInterval(staying);
  return [
    {
      caption: `Rows a second from a full quota, in 30 s or one window if that is longer, and the most that the limit allows. ${verdict(results)}`,
      headings: ['', 'rows/s', 'most', 'share of the most', 'of the quota', '429s', 'too late', 'other errors'],
      rows: results.map(rowOf),
    },
  ];
};

export const benchmark: Benchmark = { title: 'rows that a quota brings', run };
