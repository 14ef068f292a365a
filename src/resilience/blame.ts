/**
 * Who is to blame when calls fail: one operation, or the service? Pure rules over what each operation's circuit has seen;
 * `now` is on the monotonic clock, ms (decision 0011).
 */
import { seconds } from '../time/clock.ts';

/** What one operation has shown. Moments are on the monotonic clock, ms. */
export interface OperationRecord {
  /** How near its detector is to opening, 0 to 1. */
  readonly suspicion: number;
  /** When the attempt began that made it suspect; absent while it is not. */
  readonly suspectSince: number | undefined;
  /** When its latest attempt began that ended well. */
  readonly wellSince: number | undefined;
  /** When an attempt was last judged. */
  readonly heardAt: number;
}

/** Whoever was not heard of for so long says nothing about now; and what fell within it fell together. */
const RECENT_MS = seconds(30);
/** So many suspects, and such a share of the operations in use, are the service (resilience E9). */
const BROAD_COUNT = 2;
const BROAD_SHARE = 0.5;
/** Taken together, operations that are not suspect one by one may be: from here on. */
const SUSPECT_FROM = 0.5;

const inUse = (all: readonly OperationRecord[], now: number): readonly OperationRecord[] =>
  all.filter(({ heardAt }) => now - heardAt <= RECENT_MS);

const isSuspect = ({ suspectSince }: OperationRecord): boolean => suspectSince !== undefined;

/**
 * Whether some operation in use is well although another has failed since: an attempt of it that began later ended well.
 * What began before says nothing, it was answered by the service as it was then.
 */
export const hasWitness = (all: readonly OperationRecord[], since: number, now: number): boolean =>
  inUse(all, now).some((each) => !isSuspect(each) && each.wellSince !== undefined && each.wellSince >= since);

/**
 * Whether half of the operations in use are suspect since half a minute at most, at least two. By itself no verdict: two
 * failures in a row are an everyday thing where much is called.
 */
export const isBroad = (all: readonly OperationRecord[], now: number): boolean => {
  const fallen = all.filter(({ suspectSince }) => suspectSince !== undefined && now - suspectSince <= RECENT_MS);
  const used = new Set([...inUse(all, now), ...fallen]);
  return fallen.length >= BROAD_COUNT && fallen.length >= used.size * BROAD_SHARE;
};

/**
 * Whether the evidence against the service is that against a few of its operations: all others, taken together, are above
 * suspicion, and one is a witness that the service answers since.
 */
export const isOfFewOperations = (all: readonly OperationRecord[], now: number): boolean => {
  const sinces = all.flatMap(({ suspectSince }) => suspectSince ?? []);
  if (sinces.length === 0) return false;
  const others = inUse(all, now).filter((each) => !isSuspect(each));
  const suspicion = others.reduce((sum, each) => sum + each.suspicion, 0);
  return suspicion < SUSPECT_FROM && hasWitness(others, Math.max(...sinces), now);
};
