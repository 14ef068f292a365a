/**
 * The drill itself: callers at a constant rate, an outage, and what comes after.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isHealthFault, type DrillArguments } from './drillArguments.ts';
import { figuresOf, isServed, type DrillFigures } from './drillFigures.ts';
import { DrillLoad } from './drillLoad.ts';
import { readAttempts, readOpenTimeLeft, type AttemptCount, type DrillSandbox, type ReceivedCount } from './drillSandbox.ts';
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
  /** Requests sent to the service for callers during the outage; `null` if nobody could count them. */
  readonly sentIntoOutage: number | null;
  /** Health checks sent to it besides. */
  readonly healthChecksSent: number | null;
  /** All attempts during the outage to first attempts; `null` without the gateway's metrics. */
  readonly retryAmplification: number | null;
  /** What was left of the open time when the outage ended; `null` where the circuit was not open, or nobody could tell. */
  readonly openTimeLeftMs: number | null;
}

export interface DrillParts {
  readonly target: string;
  readonly sandbox: DrillSandbox;
  /** From now on the service's address leads to a healthy one; only for `moved`. */
  readonly move?: () => void;
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
  readonly received: ReceivedCount;
  readonly attempts: AttemptCount | undefined;
  readonly openTimeLeftMs: number | null;
}

const makeOutage = async (settings: DrillArguments, parts: DrillParts): Promise<Outage> => {
  const { target, sandbox, say, signal } = parts;
  const { service, fault, status, seconds } = settings;
  const before = await readAttempts(target, service);
  say(`outage: ${service} ${fault} for ${String(seconds)} s`);
  const brokenSince = await sandbox.breakService(fault, status);
  const from = performance.now();
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  const mendedSince = await endOutage(settings, parts);
  signal.throwIfAborted();
  const to = performance.now();
  const openTimeLeftMs = await readOpenTimeLeft(target, service);
  const after = await readAttempts(target, service);
  const attempts = before && after && { first: after.first - before.first, retry: after.retry - before.retry };
  return { from, to, attempts, openTimeLeftMs, received: await sandbox.received(brokenSince, mendedSince, healthOperationOf(service)) };
};

/** @returns When it ended, by the sandbox's clock. */
const endOutage = async ({ service, fault }: DrillArguments, { sandbox, move, signal }: DrillParts): Promise<string> => {
  if (signal.aborted || !(isHealthFault(fault) || fault === 'moved')) return sandbox.mendService();
  if (isHealthFault(fault)) return sandbox.breakHealth(fault, healthOperationOf(service));
  move?.();
  return new Date().toISOString();
};

/** Connections that are refused reach nobody who could count them, so then the gateway's own count stands, health checks included. */
const sentInto = ({ received, attempts }: Outage, { fault }: DrillArguments): Pick<DrillResult, 'sentIntoOutage' | 'healthChecksSent'> => {
  if (fault !== 'refuse') return { sentIntoOutage: received.calls, healthChecksSent: received.healthChecks };
  return { sentIntoOutage: attempts === undefined ? null : attempts.first + attempts.retry, healthChecksSent: null };
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
    await untilServed(load, { ...times, servedForMs: Math.max(times.servedForMs, (2 * 1000) / settings.rate) }, parts.signal);
    const figures = figuresOf(await load.stop(), outage);
    const { openTimeLeftMs } = outage;
    return { ...figures, openTimeLeftMs, ...sentInto(outage, settings), retryAmplification: amplification(outage) };
  } finally {
    if (isHealthFault(settings.fault)) await parts.sandbox.mendService();
    // After a whole drill nothing is left to abandon.
    await load.abandon();
  }
};
