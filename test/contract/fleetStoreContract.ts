/**
 * What every store of a fleet's circuits keeps to, be it in memory or in Redis: the port, sentence by sentence.
 */
import type { FleetRig } from './fleetRig.ts';
import { fleetDecisions } from './fleetDecisions.ts';
import { fleetMessages } from './fleetMessages.ts';
import { fleetModel } from './fleetModel.ts';
import { fleetProbes } from './fleetProbes.ts';

/** @param open Once for all tests: each has circuits of its own. */
export const fleetStoreContract = (name: string, open: () => Promise<FleetRig>): void => {
  describe(`fleet store: ${name}`, () => {
    let rig: FleetRig;

    before(async () => {
      rig = await open();
    });

    after(() => rig.close());

    fleetDecisions(() => rig);
    fleetProbes(() => rig);
    fleetMessages(() => rig);
    fleetModel(() => rig);
  }).timeout(60_000);
};
