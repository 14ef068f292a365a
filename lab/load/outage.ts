/**
 * One outage, measured from both ends: what callers felt and what the service received.
 */
import { startFailingService, type ServiceMode } from './failingService.ts';
import { openLoop, type CallRecord } from './openLoop.ts';
import type { Rival } from './rivals.ts';

export interface OutagePlan {
  readonly ratePerSecond: number;
  readonly warmUpMs: number;
  readonly outageMs: number;
  /** How long recovery is waited for. */
  readonly afterMs: number;
}

export interface OutageFigures {
  readonly rival: string;
  /** From the outage's begin to the first call refused without asking the service; absent: never. */
  readonly firstFastFailureMs: number | undefined;
  /** Requests the service received during the outage. */
  readonly callsSent: number;
  /** 99th percentile of what callers waited, of calls begun in the outage. */
  readonly p99Ms: number;
  /** From the outage's end until every call begun later succeeded; absent: not within `afterMs`. */
  readonly recoveryMs: number | undefined;
  readonly records: readonly CallRecord[];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const runOutage = async (createRival: (url: string) => Rival, fault: ServiceMode, plan: OutagePlan): Promise<OutageFigures> => {
  const service = await startFailingService();
  const rival = createRival(service.url);
  const loop = openLoop(plan.ratePerSecond, rival.call, rival.codeOf);
  try {
    await sleep(plan.warmUpMs);
    service.mode = fault;
    service.takeCount();
    await sleep(plan.outageMs);
    service.mode = 'ok';
    const callsSent = service.takeCount();
    await sleep(plan.afterMs);
    await loop.stop();
    return figures(rival, loop.records, callsSent, plan);
  } finally {
    await rival.close();
    await service.close();
  }
};

const figures = (rival: Rival, records: readonly CallRecord[], callsSent: number, plan: OutagePlan): OutageFigures => {
  const beginsAt = plan.warmUpMs;
  const endsAt = beginsAt + plan.outageMs;
  const inOutage = records.filter(({ startedAt }) => startedAt >= beginsAt && startedAt < endsAt);
  const refused = inOutage.filter(({ error }) => error !== undefined && rival.isFastFailure(error));
  const firstRefusedAt = Math.min(...refused.map(({ startedAt, durationMs }) => startedAt + durationMs));
  const lastFailedAt = Math.max(endsAt, ...records.filter(({ error }) => error !== undefined).map(({ startedAt }) => startedAt));
  const recoveryMs = lastFailedAt - endsAt;
  return {
    rival: rival.name,
    firstFastFailureMs: refused.length === 0 ? undefined : firstRefusedAt - beginsAt,
    callsSent,
    p99Ms: percentile(
      inOutage.map(({ durationMs }) => durationMs),
      0.99,
    ),
    recoveryMs: recoveryMs > plan.afterMs - 1000 ? undefined : recoveryMs,
    records,
  };
};

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
