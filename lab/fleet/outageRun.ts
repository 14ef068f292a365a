/**
 * An outage, side by side: one replica, three that know nothing of each other, three on one Redis. Same callers, same moments.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../../test/support/serverProcess.ts';
import { Callers } from './callers.ts';
import { contest, contestants, type ContestantName, type Running } from './contestants.ts';
import { outageFigures, type OutageFigures } from './outageFigures.ts';
import type { ProviderFault } from './provider.ts';
import { subjectOf, type SubjectName } from './subjects.ts';
import { whileActive } from './whileActive.ts';

export interface OutageSettings {
  readonly program: Program;
  readonly seed: number;
  readonly service: SubjectName;
  readonly fault: ProviderFault;
  /** Over all replicas. */
  readonly callsPerSecond: number;
  /** The detectors learn what is usual, and how long a call takes. */
  readonly warmUpMs: number;
  readonly outageMs: number;
  /** How long recovery is waited for. */
  readonly afterMs: number;
}

export type OutageRun = Readonly<Partial<Record<ContestantName, OutageFigures>>>;

/** @param running Nobody calls it yet. */
export const measureOutage = async ({ name, provider, urls }: Running, settings: OutageSettings): Promise<OutageFigures> => {
  const { service, fault, callsPerSecond, seed, warmUpMs, outageMs, afterMs } = settings;
  const callers = new Callers({ urls, call: subjectOf(service).call, callsPerSecond, seed });
  const outage = await whileActive([callers], async () => {
    await sleep(warmUpMs);
    await provider.forget();
    const from = await provider.breakService(service, fault);
    await sleep(outageMs);
    const to = await provider.mendService(service);
    await sleep(afterMs);
    return { from, to };
  });
  const arrivals = (await provider.arrivals(service)).map(({ at }) => at);
  return outageFigures(callers.ended, arrivals, contestants[name].replicas, outage);
};

export const runOutage = async (names: readonly ContestantName[], settings: OutageSettings): Promise<OutageRun> => {
  const parts = { program: settings.program, seed: settings.seed, limits: 'wide' } as const;
  const figures = await contest(names, parts, (running) => measureOutage(running, settings));
  return Object.fromEntries(names.map((name, index) => [name, figures[index]]));
};
