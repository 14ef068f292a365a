/**
 * Whether it is this replica that is broken, and not the service (resilience E11): its circuit is open, and the same calls
 * succeed for the others. A pure rule.
 */
import { seconds } from '../../time/clock.ts';
import type { CircuitSnapshot } from '../circuitState.ts';
import type { FleetView } from './fleetStore.ts';

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
/** Of as many services at once it is not the account or the route of one of them. */
const UNFIT_FROM = 2;

const isStopped = ({ state, override }: Pick<CircuitSnapshot, 'state' | 'override'>): boolean => override === undefined && state !== 'closed';

const areOthersWell = ({ view, seenAgoMs = Number.POSITIVE_INFINITY }: SeenView): boolean =>
  view !== undefined && seenAgoMs <= CURRENT_MS && view.state === 'closed' && view.othersWell >= WITNESSES && view.othersWell > view.othersIll;

/** The circuits that are stopped here, by this replica's own evidence, while at least two others are served. */
export const suspectsItselfOver = (
  circuits: readonly Pick<CircuitSnapshot, 'name' | 'state' | 'override'>[],
  views: readonly SeenView[],
): readonly string[] => {
  const wellElsewhere = new Set(views.filter(areOthersWell).map(({ circuit }) => circuit));
  return circuits.filter((circuit) => isStopped(circuit) && wellElsewhere.has(circuit.name)).map(({ name }) => name);
};

/** Whether callers had better be sent to the others. There are at least two of them, so this empties no balancer. */
export const isUnfit = (suspected: readonly string[]): boolean => suspected.length >= UNFIT_FROM;
