/**
 * From what a provider received and what callers were answered to the figures of an outage. Pure.
 */
import { figuresOf, type DrillFigures } from '../drill/drillFigures.ts';
import type { FleetCall } from './callers.ts';

export interface OutageSpan {
  /** Wall-clock ms. */
  readonly from: number;
  readonly to: number;
}

export interface OutageFigures extends DrillFigures {
  /** Requests that reached the provider during the outage. */
  readonly sent: number;
  /** From its beginning until every replica had refused a call by its open circuit, ms; `null`: one never did. */
  readonly allOpenMs: number | null;
  /** Of the requests, those after that moment: what is left are probes. */
  readonly probes: number;
  /** The most of them in any 2.5 s. */
  readonly mostProbes: number;
}

/** How often a service that is away is looked at while nobody is let through, ms. */
export const PROBE_WINDOW_MS = 2500;

const allOpenAt = (calls: readonly FleetCall[], replicas: number, { from, to }: OutageSpan): number | null => {
  const first = new Map<number, number>();
  for (const { replica, at, latencyMs, code } of calls) {
    const endedAt = at + latencyMs;
    if (code !== 'circuit_open' || endedAt < from || endedAt >= to) continue;
    first.set(replica, Math.min(endedAt, first.get(replica) ?? Infinity));
  }
  return first.size < replicas ? null : Math.max(...first.values());
};

/** The most moments that any window of such a length holds; it begins with one of them. */
export const mostWithin = (moments: readonly number[], windowMs: number): number => {
  const sorted = [...moments].sort((one, other) => one - other);
  let [most, oldest] = [0, 0];
  for (const [index, moment] of sorted.entries()) {
    while ((sorted[oldest] ?? moment) <= moment - windowMs) oldest += 1;
    most = Math.max(most, index - oldest + 1);
  }
  return most;
};

/** @param arrivals Of all requests at the provider, wall-clock ms. */
export const outageFigures = (
  calls: readonly FleetCall[],
  arrivals: readonly number[],
  replicas: number,
  outage: OutageSpan,
): OutageFigures => {
  const during = arrivals.filter((at) => at >= outage.from && at < outage.to);
  const openAt = allOpenAt(calls, replicas, outage);
  const probes = openAt === null ? [] : during.filter((at) => at >= openAt);
  return {
    ...figuresOf(calls, outage),
    sent: during.length,
    allOpenMs: openAt === null ? null : openAt - outage.from,
    probes: probes.length,
    mostProbes: mostWithin(probes, PROBE_WINDOW_MS),
  };
};

/** The middle one; of an even number the lower of two. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
};
