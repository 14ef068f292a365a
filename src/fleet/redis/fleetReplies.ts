/**
 * What the scripts of the fleet's circuits answer, in the shapes of the port.
 */
import type { FleetOverride, FleetView } from '../../contract/fleetStore.ts';

/** As the head of `lua/fleet-circuit.lua` says; of a lease, whether it was granted stands at the end. */
export type ViewReply = readonly [
  state: FleetView['state'],
  epoch: number,
  remainingUs: number,
  openings: number,
  reason: string,
  replicas: number,
  othersWell: number,
  othersIll: number,
  mode: FleetOverride['mode'] | '',
  overrideReason: string,
  overrideBy: string,
  overrideLeftMs: number,
  granted?: 0 | 1,
];

export const viewOf = ([
  state,
  epoch,
  remainingUs,
  openings,
  reason,
  replicas,
  othersWell,
  othersIll,
  ...override
]: ViewReply): FleetView => ({
  state,
  epoch,
  remainingMs: remainingUs / 1000,
  openings,
  reason,
  replicas,
  othersWell,
  othersIll,
  override: overrideOf(override),
});

const overrideOf = ([mode, reason, by, leftMs]: readonly [FleetOverride['mode'] | '', string, string, number, ...unknown[]]):
  FleetOverride | undefined => (mode === '' ? undefined : { mode, reason, by, leftMs: Math.max(0, leftMs) });

export const isGranted = (reply: ViewReply): boolean => reply[12] === 1;
