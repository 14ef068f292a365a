/**
 * More calls than the providers grant, from callers with time: three replicas that each keep the quota for themselves, beside three
 * that share it. The providers count as the real ones do, and refuse what is too much.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../../test/support/serverProcess.ts';
import { Callers, wasServed, type FleetCall } from './callers.ts';
import { contest, type ContestantName, type Running } from './contestants.ts';
import type { Arrival } from './provider.ts';
import { subjectOf, type SubjectName } from './subjects.ts';
import { whileActive } from './whileActive.ts';

export interface QuotaSettings {
  readonly program: Program;
  readonly seed: number;
  readonly services: readonly SubjectName[];
  /** Until the longest window has been filled once, and the burst at the beginning has left it. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface QuotaFigures {
  readonly service: SubjectName;
  /** Requests that reached the provider, from the very first. */
  readonly sent: number;
  /** Of those, answered with 429. */
  readonly throttled: number;
  /** What the provider granted while it was measured, of what it would have. */
  readonly usedShare: number;
  /** Callers' calls while it was measured. */
  readonly calls: number;
  readonly served: number;
}

export type QuotaRun = Readonly<Partial<Record<ContestantName, readonly QuotaFigures[]>>>;

/** What is asked for, of what is granted. */
const DEMAND = 1.5;
/** As long as the gateway lets anybody wait; the services' own deadlines are shorter. */
const PATIENCE_SECONDS = 120;
const COLLECT_MS = 10_000;
const THROTTLED = 429;

/** Done, or not there: what was refused for another reason is no use of the quota. */
const isGranted = (status: number | null): boolean => status === 200 || status === 404;

const callersOf = (name: SubjectName, urls: readonly string[], seed: number): Callers => {
  const { call, weight, quota } = subjectOf(name);
  const callsPerSecond = (DEMAND * quota.permits * 1000) / quota.windowMs / weight;
  return new Callers({ urls, call, callsPerSecond, seed, patienceSeconds: PATIENCE_SECONDS });
};

interface Span {
  readonly from: number;
  readonly to: number;
}

const figures = (service: SubjectName, arrivals: readonly Arrival[], calls: readonly FleetCall[], { from, to }: Span): QuotaFigures => {
  const { weight, quota } = subjectOf(service);
  const granted = arrivals.filter(({ at, status }) => at >= from && at < to && isGranted(status));
  const measured = calls.filter(({ at }) => at >= from && at < to);
  return {
    service,
    sent: arrivals.length,
    throttled: arrivals.filter(({ status }) => status === THROTTLED).length,
    usedShare: (granted.length * weight) / ((quota.permits * (to - from)) / quota.windowMs),
    calls: measured.length,
    served: measured.filter(wasServed).length,
  };
};

/** Waits, and counts before the provider forgets. */
const passTime = async ({ provider }: Running, ms: number): Promise<void> => {
  const endsAt = Date.now() + ms;
  for (let left = ms; left > 0; left = endsAt - Date.now()) {
    await sleep(Math.min(left, COLLECT_MS));
    await provider.collect();
  }
};

const measure = async (running: Running, { services, seed, warmUpMs, measureMs }: QuotaSettings): Promise<readonly QuotaFigures[]> => {
  const all = services.map((service, index) => ({ service, callers: callersOf(service, running.urls, seed + index) }));
  await running.provider.forget();
  const span = await whileActive(
    all.map(({ callers }) => callers),
    async () => {
      await passTime(running, warmUpMs);
      const from = Date.now();
      await passTime(running, measureMs);
      return { from, to: Date.now() };
    },
  );
  const figuresOf = async (service: SubjectName, { ended }: Callers): Promise<QuotaFigures> =>
    figures(service, await running.provider.arrivals(service), ended, span);
  return Promise.all(all.map(({ service, callers }) => figuresOf(service, callers)));
};

export const runQuota = async (names: readonly ContestantName[], settings: QuotaSettings): Promise<QuotaRun> => {
  const parts = { program: settings.program, seed: settings.seed, limits: 'real' } as const;
  const measured = await contest(names, parts, (running) => measure(running, settings));
  return Object.fromEntries(names.map((name, index) => [name, measured[index]]));
};
