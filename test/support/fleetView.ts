import type { FleetView } from '../../src/contract/fleetStore.ts';

/** A circuit of which the fleet has nothing to tell, seen by three replicas that are well. */
export const fleetViewOf = (changes: Partial<FleetView> = {}): FleetView => ({
  state: 'closed',
  epoch: 0,
  remainingMs: 0,
  openings: 0,
  reason: '',
  replicas: 3,
  othersWell: 2,
  othersIll: 0,
  override: undefined,
  ...changes,
});
