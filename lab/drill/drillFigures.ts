/**
 * From calls to figures. Pure.
 */
import type { DrillCall } from './drillLoad.ts';

export interface DrillFigures {
  /** Ms from the outage's start to the end of the first call that the open circuit refused within a second; `null`: there was none. */
  readonly firstFastFailureMs: number | null;
  /** Which of the calls due during the outage that was, from 1. */
  readonly firstFastFailureCall: number | null;
  /** Callers' calls due during the outage. */
  readonly callers: number;
  /** Of those calls. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of those calls: `200`, `503 circuit_open`, … to their number. */
  readonly answers: Readonly<Record<string, number>>;
  /** Ms from the outage's end to the first moment since when all callers were served for a second; `null`: never. */
  readonly recoveryMs: number | null;
  /** Calls before the outage that were not served: the figures are of this outage alone only if it is 0. */
  readonly unservedInWarmUp: number;
}

const SERVED_FOR_MS = 1000;
/** Who waited longer was refused, but not fast. */
const FAST_MS = 1000;

/** The service had its say: an answer, or its word that there is no such record. */
export const isServed = ({ status }: Pick<DrillCall, 'status'>): boolean => (status >= 200 && status < 300) || status === 404;

/** The value at or below which so large a share lies; nearest rank. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
};

const answerName = ({ status, code }: DrillCall): string => {
  const name = status === 0 ? 'no answer' : String(status);
  return code === undefined ? name : `${name} ${code}`;
};

const endOf = ({ at, latencyMs }: Pick<DrillCall, 'at' | 'latencyMs'>): number => at + latencyMs;

/** Most frequent first. */
const counted = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, one], [, other]) => other - one));
};

/** Only the outage's end and the calls after a failure can begin a good second; it counts if it was observed to its end. */
const recoveryMs = (calls: readonly DrillCall[], endedAt: number): number | null => {
  const after = calls.filter(({ at }) => at >= endedAt).sort((one, other) => one.at - other.at);
  const last = after.at(-1)?.at ?? endedAt;
  const beginnings = [endedAt, ...after.filter((_call, index) => !isServed(after[index - 1] ?? { status: 200 })).map(({ at }) => at)];
  const allServed = (from: number): boolean => after.every((call) => call.at < from || call.at >= from + SERVED_FOR_MS || isServed(call));
  const begun = beginnings.find((from) => from + SERVED_FOR_MS <= last && allServed(from));
  return begun === undefined ? null : begun - endedAt;
};

/**
 * @param calls All of the drill, in any order.
 * @param outage Its beginning and end on the clock of the calls.
 */
export const figuresOf = (calls: readonly DrillCall[], outage: { readonly from: number; readonly to: number }): DrillFigures => {
  const during = calls.filter(({ at }) => at >= outage.from && at < outage.to);
  const latencies = during.map(({ latencyMs }) => latencyMs);
  const [first] = calls
    .filter(({ at, latencyMs, code }) => code === 'circuit_open' && latencyMs <= FAST_MS && endOf({ at, latencyMs }) >= outage.from)
    .sort((one, other) => endOf(one) - endOf(other));
  return {
    firstFastFailureMs: first === undefined ? null : endOf(first) - outage.from,
    firstFastFailureCall: first === undefined ? null : during.filter(({ at }) => at <= first.at).length,
    callers: during.length,
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), max: percentile(latencies, 1) },
    answers: counted(during.map(answerName)),
    recoveryMs: recoveryMs(calls, outage.to),
    unservedInWarmUp: calls.filter((call) => call.at + call.latencyMs < outage.from && !isServed(call)).length,
  };
};
