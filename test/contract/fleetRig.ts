/**
 * A fleet as its contract suite needs it: replicas that join, time that passes, a memory that can be lost.
 */
import type { FleetCircuitId, FleetLease, FleetStore, FleetView } from '../../src/contract/fleetStore.ts';

export interface FleetRig {
  /** The way of one replica to what is shared; the same again for the same name. */
  join(replica: string): FleetStore;
  /** Time passes for all that is shared. */
  pass(ms: number): Promise<void>;
  /** Everything is forgotten. */
  flush(): Promise<void>;
  /** The store cannot be had, and its replicas know it. */
  down(): Promise<void>;
  /** It can be had again, and its replicas know it. */
  up(): Promise<void>;
  /** Resolves when what was told of changes so far has been heard. */
  heard(): Promise<void>;
  close(): Promise<void>;
}

let circuits = 0;

/** A circuit that no test has used. */
export const freshCircuit = (fields: Partial<FleetCircuitId> = {}): FleetCircuitId => ({
  name: `service${String((circuits += 1))}`,
  fingerprint: 'print',
  openForMs: 5000,
  openForCapMs: 30_000,
  ...fields,
});

let leases = 0;

export const freshLease = ({ epoch }: FleetView): FleetLease => ({ id: `lease${String((leases += 1))}`, epoch });

export const bad = { score: 1, reason: 'failure_rate' };
export const well = { score: 0, succeededAgoMs: 0, reason: '' };

/** Two replicas, and the circuit that they have opened. */
export const openedBy = async (
  rig: FleetRig,
  circuit: FleetCircuitId,
): Promise<{ one: FleetStore; other: FleetStore; view: FleetView }> => {
  const [one, other] = [rig.join('one'), rig.join('other')];
  await one.report(circuit, bad);
  return { one, other, view: await other.report(circuit, bad) };
};

/** As above, after the open time: probes may be asked for. */
export const dueBy = async (rig: FleetRig, circuit: FleetCircuitId): Promise<{ one: FleetStore; other: FleetStore; view: FleetView }> => {
  const opened = await openedBy(rig, circuit);
  await rig.pass(opened.view.remainingMs + 1);
  return opened;
};

/** Takes leases one after the other, each with a good outcome, until the circuit is closed. @returns how many it took. */
export const successesUntilClosed = async (store: FleetStore, circuit: FleetCircuitId, usualRatio: number): Promise<number> => {
  let view = await store.view(circuit);
  for (let successes = 1; successes <= 20; successes += 1) {
    const lease = freshLease(view);
    await store.lease(circuit, lease, 5000);
    view = await store.settle(circuit, lease, { kind: 'success', usualRatio });
    if (view.state === 'closed') return successes;
  }
  return Infinity;
};
