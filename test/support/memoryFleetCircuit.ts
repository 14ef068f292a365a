/**
 * One circuit as the in-memory fleet shares it, and the pure rules over it. Moments are ms on the fleet's own clock.
 */
import type { FleetOverride, FleetView } from '../../src/contract/fleetStore.ts';
import { LASTING_RECOVERY_MS } from '../../src/circuit/recovery/openTime.ts';
import { seconds } from '../../src/time/clock.ts';

interface Reported {
  score: number;
  readonly reportedAt: number;
  readonly succeededAt: number;
}

export interface SharedCircuit {
  state: FleetView['state'];
  epoch: number;
  until: number;
  closedAt: number;
  openings: number;
  reason: string;
  successes: number;
  /** Of the trial: how much likelier "down" is than "as usual", in logarithms of odds. */
  evidence: number;
  scoutUntil: number;
  override: { readonly imposed: FleetOverride; readonly until: number } | undefined;
  readonly reports: Map<string, Reported>;
  readonly leases: Map<string, { readonly replica: string; readonly until: number }>;
}

const REPORT_LASTS_MS = seconds(15);
const WELL_WITHIN_MS = seconds(10);
/** What one failure of a service that usually fails 2 % weighs, as a share of what opens. */
const ONE_FAILURE = Math.log(0.5 / 0.02) / 10;
const DOWN_RATIO = 0.5;
const RECOVERED_AT = Math.log(0.05 / 0.95);
const DEFAULT_USUAL_RATIO = 0.02;
/** For sums of shares such as a third. */
const ROUNDING = 1e-6;

/** Nothing was ever decided. */
export const forgotten = (): SharedCircuit => ({
  state: 'closed',
  epoch: 0,
  until: 0,
  closedAt: 0,
  openings: 0,
  reason: '',
  successes: 0,
  evidence: 0,
  scoutUntil: 0,
  override: undefined,
  reports: new Map(),
  leases: new Map(),
});

/** Openings in a row; a lasting recovery has ended the row. */
export const openingsOf = ({ state, closedAt, openings }: SharedCircuit, now: number): number =>
  state === 'closed' && now - closedAt >= LASTING_RECOVERY_MS ? 0 : openings;

/** Whether the evidence of enough replicas, none counted for more than its share, is enough to open. */
export const isQuorum = (circuit: SharedCircuit, now: number): boolean => {
  const scores = [...reportsOf(circuit, now).values()].map(({ score }) => score);
  const { quorum, cap, need } = quorumOf(scores.length);
  const sum = scores.reduce((all, score) => all + Math.min(score, cap), 0);
  const votes = scores.filter((score) => score >= need - ROUNDING).length;
  return scores.length >= 2 && sum >= 1 - ROUNDING && votes >= quorum;
};

/** Counts a good probe. @returns whether the trial (docs/algorithms.md#recovery-test) is decided by it. */
export const hasRecovered = (circuit: SharedCircuit, usualRatio = DEFAULT_USUAL_RATIO): boolean => {
  circuit.successes += 1;
  circuit.evidence += Math.log((1 - DOWN_RATIO) / (1 - usualRatio));
  return circuit.evidence <= RECOVERED_AT;
};

/** As this replica is answered. */
export const viewOf = (circuit: SharedCircuit, replica: string, now: number): FleetView => {
  const { state, epoch, reason, until, override } = circuit;
  const reports = reportsOf(circuit, now);
  const { need } = quorumOf(reports.size);
  const others = [...reports].filter(([name]) => name !== replica).map(([, report]) => report);
  const isIll = ({ score }: Reported): boolean => score >= need - ROUNDING;
  return {
    state,
    epoch,
    reason,
    remainingMs: state === 'open' ? Math.max(0, until - now) : 0,
    openings: openingsOf(circuit, now),
    replicas: reports.size,
    othersWell: others.filter((each) => !isIll(each) && now - each.succeededAt <= WELL_WITHIN_MS).length,
    othersIll: others.filter(isIll).length,
    override: override !== undefined && override.until > now ? { ...override.imposed, leftMs: override.until - now } : undefined,
  };
};

const reportsOf = ({ reports }: SharedCircuit, now: number): ReadonlyMap<string, Reported> =>
  new Map([...reports].filter(([, { reportedAt }]) => now - reportedAt <= REPORT_LASTS_MS));

/** @param replicas That report. @returns Votes needed, what each counts at most, and the least that is a vote. */
const quorumOf = (replicas: number): { readonly quorum: number; readonly cap: number; readonly need: number } => {
  const quorum = Math.max(2, Math.ceil(0.3 * replicas));
  return { quorum, cap: 1 / quorum, need: Math.min(1 / quorum, ONE_FAILURE) };
};
