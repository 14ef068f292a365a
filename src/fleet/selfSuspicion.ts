/**
 * Whether it is this replica that is broken, and not the service (docs/algorithms.md#self-diagnosis): its circuit is open, and the same calls
 * succeed for the others. What counts is what a service answered the others: who serves from caches has asked nothing, and is silent.
 * A pure rule (docs/decisions/0020).
 */
import { seconds } from '../time/clock.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { FleetView } from '../contract/fleetStore.ts';

/** What the fleet last said of a circuit; both absent while nobody could be asked. */
export interface SeenView {
  readonly circuit: string;
  readonly view: FleetView | undefined;
  readonly seenAgoMs: number | undefined;
}

/** An older view says nothing about now, ms. */
const CURRENT_MS = seconds(10);
/** One other that is well may be lucky: with two of them it is this one that is odd. */
const WITNESSES = 2;
/** Silent others have had the time to meet a service that is down for all, ms. */
const SILENT_FROM_MS = seconds(20);
/** Of as many services at once it is not the account or the route of one of them. */
const UNFIT_FROM = 2;

const isStopped = ({ state, override }: Pick<CircuitSnapshot, 'state' | 'override'>): boolean =>
  override === undefined && state !== 'closed';

const areOthersWell = ({ view, seenAgoMs = Number.POSITIVE_INFINITY }: SeenView): boolean =>
  view !== undefined &&
  seenAgoMs <= CURRENT_MS &&
  view.state === 'closed' &&
  view.othersWell >= WITNESSES &&
  view.othersWell > view.othersIll;

/** Enough others are there, the fleet has it closed, and not one of them has anything against the service. */
const areOthersSilent = ({ view, seenAgoMs = Number.POSITIVE_INFINITY }: SeenView): boolean =>
  view !== undefined && seenAgoMs <= CURRENT_MS && view.state === 'closed' && view.replicas > WITNESSES && view.othersIll === 0;

const namesOf = (views: readonly SeenView[], holds: (view: SeenView) => boolean): ReadonlySet<string> =>
  new Set(views.filter(holds).map(({ circuit }) => circuit));

/**
 * The circuits that are stopped here, by this replica's own evidence, while at least two others are served. Where the others are silent,
 * one service alone proves nothing; several that are stopped here only, for a while, do: they have nothing in common but this replica.
 *
 * @param now Wall-clock ms.
 */
export const suspectsItselfOver = (
  circuits: readonly Pick<CircuitSnapshot, 'name' | 'state' | 'override' | 'outageSince'>[],
  views: readonly SeenView[],
  now: number,
): readonly string[] => {
  const [well, silent] = [namesOf(views, areOthersWell), namesOf(views, areOthersSilent)];
  const isLong = ({ outageSince = now }: Pick<CircuitSnapshot, 'outageSince'>): boolean => now - outageSince >= SILENT_FROM_MS;
  const stopped = circuits.filter(isStopped);
  const proven = stopped.filter(({ name }) => well.has(name));
  const hereOnly = stopped.filter((circuit) => well.has(circuit.name) || (silent.has(circuit.name) && isLong(circuit)));
  return (hereOnly.length >= UNFIT_FROM ? hereOnly : proven).map(({ name }) => name);
};

/** Whether callers had better be sent to the others. There are at least two of them, so this empties no balancer. */
export const isUnfit = (suspected: readonly string[]): boolean => suspected.length >= UNFIT_FROM;
