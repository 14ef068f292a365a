/**
 * The drill itself: callers at a constant rate, an outage, and what comes after.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isHealthFault, type DrillArguments } from './drillArguments.ts';
import { figuresOf, isServed, type DrillFigures } from './drillFigures.ts';
import { DrillLoad } from './drillLoad.ts';
import { readAttempts, readOpenTimeLeft, type AttemptCount, type DrillSandbox } from './drillSandbox.ts';
import { drillRequestOf, healthOperationOf } from './drillSubjects.ts';

export interface DrillTimes {
  readonly warmUpMs: number;
  /** The drill ends once everybody has been served for so long, … */
  readonly servedForMs: number;
  /** … or this long after the outage. */
  readonly patienceMs: number;
}

export const drillTimes: DrillTimes = { warmUpMs: 5000, servedForMs: 10_000, patienceMs: 180_000 };

export interface DrillResult extends DrillFigures {
  /** Requests sent to the service during the outage; `null` if nobody could count them. */
  readonly sentIntoOutage: number | null;
  /** All attempts during the outage to first attempts; `null` without the gateway's metrics. */
  readonly retryAmplification: number | null;
  /** What was left of the open time when the outage ended; `null` where the circuit was not open, or nobody could tell. */
  readonly openTimeLeftMs: number | null;
}

export interface DrillParts {
  readonly target: string;
  readonly sandbox: DrillSandbox;
  readonly times: DrillTimes;
  /** One line for whoever waits. */
  readonly say: (line: string) => void;
  /** Ends the drill early. */
  readonly signal: AbortSignal;
}

const untilServed = async (load: DrillLoad, { servedForMs, patienceMs }: DrillTimes, signal: AbortSignal): Promise<void> => {
  const since = performance.now();
  const unserved = (): boolean => load.ended.some((call) => call.at + call.latencyMs > performance.now() - servedForMs && !isServed(call));
  await sleep(servedForMs, undefined, { signal });
  while (unserved() && performance.now() - since < patienceMs) await sleep(250, undefined, { signal });
};

interface Outage {
  readonly from: number;
  readonly to: number;
  readonly received: number;
  readonly attempts: AttemptCount | undefined;
  readonly openTimeLeftMs: number | null;
}

const makeOutage = async (settings: DrillArguments, { target, sandbox, say, signal }: DrillParts): Promise<Outage> => {
  const { service, fault, status, seconds } = settings;
  const before = await readAttempts(target, service);
  say(`outage: ${service} ${fault} for ${String(seconds)} s`);
  const brokenSince = await sandbox.breakService(fault, status);
  const from = performance.now();
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  const mendedSince = await endOutage(settings, sandbox, signal);
  signal.throwIfAborted();
  const to = performance.now();
  const openTimeLeftMs = await readOpenTimeLeft(target, service);
  const after = await readAttempts(target, service);
  const attempts = before && after && { first: after.first - before.first, retry: after.retry - before.retry };
  return { from, to, attempts, openTimeLeftMs, received: await sandbox.received(brokenSince, mendedSince) };
};

const endOutage = ({ service, fault }: DrillArguments, sandbox: DrillSandbox, signal: AbortSignal): Promise<string> =>
  isHealthFault(fault) && !signal.aborted ? sandbox.breakHealth(fault, healthOperationOf(service)) : sandbox.mendService();

/** Connections that are refused reach nobody who could count them, so then the gateway's own count stands. */
const sentInto = ({ received, attempts }: Outage, { fault }: DrillArguments): number | null => {
  if (fault !== 'refuse') return received;
  return attempts === undefined ? null : attempts.first + attempts.retry;
};

const amplification = ({ attempts }: Outage): number | null =>
  attempts === undefined || attempts.first === 0 ? null : (attempts.first + attempts.retry) / attempts.first;

/**
 * Runs one drill.
 *
 * @throws {Error} if the sandbox cannot be switched, or the signal has aborted; the service is mended and all callers
 *   are gone in any case.
 */
export const runDrill = async (settings: DrillArguments, parts: DrillParts): Promise<DrillResult> => {
  const { times, say } = parts;
  const load = new DrillLoad(parts.target, drillRequestOf(settings.service));
  try {
    say(`warm-up: ${String(settings.rate)} calls/s for ${String(times.warmUpMs / 1000)} s`);
    load.start(settings.rate);
    await sleep(times.warmUpMs, undefined, { signal: parts.signal });
    const outage = await makeOutage(settings, parts);
    say('recovery');
    await untilServed(load, times, parts.signal);
    const figures = figuresOf(await load.stop(), outage);
    const { openTimeLeftMs } = outage;
    return { ...figures, openTimeLeftMs, sentIntoOutage: sentInto(outage, settings), retryAmplification: amplification(outage) };
  } finally {
    if (isHealthFault(settings.fault)) await parts.sandbox.mendService();
    // After a whole drill nothing is left to abandon.
    await load.abandon();
  }
};
