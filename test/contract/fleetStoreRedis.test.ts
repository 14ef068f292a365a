import { expect } from 'chai';
import fc from 'fast-check';
import type { FleetView } from '../../src/contract/fleetStore.ts';
import { memoryFleetRig } from '../support/memoryFleetRig.ts';
import { redisFleetRig } from '../support/redisFleetRig.ts';
import { anyCommands, FleetPlay, policy, type Step } from './fleetPlay.ts';
import { freshCircuit, type FleetRig } from './fleetRig.ts';
import { fleetStoreContract } from './fleetStoreContract.ts';

fleetStoreContract('on Redis', redisFleetRig);

/** Time that passes by itself on a real Redis, while some dozens of commands are done; ms. */
const BY_ITSELF_MS = 1000;

/** Without what two stores never have in common: when an epoch began, and the milliseconds between two commands. */
const comparable = (steps: readonly Step[]) => {
  const epochs = [...new Set(steps.map(({ view }) => view.epoch))];
  const told = ({ epoch, remainingMs: _remainingMs, override, ...view }: FleetView) => ({
    ...view,
    epoch: epochs.indexOf(epoch),
    mode: override?.mode,
  });
  return steps.map(({ command, view, granted, lease }) => ({ command, granted, lease, ...told(view) }));
};

describe('fleet store: on Redis and in memory', () => {
  let real: FleetRig;
  const twin = memoryFleetRig(() => 0.5);

  before(async () => {
    real = await redisFleetRig();
  });

  after(() => real.close());

  it('does at each step of any row of commands what the other does', async () => {
    const property = fc.asyncProperty(anyCommands, async (commands) => {
      const circuit = freshCircuit(policy);
      const [onRedis, inMemory] = [await new FleetPlay(real, circuit).play(commands), await new FleetPlay(twin, circuit).play(commands)];

      expect(comparable(onRedis)).to.deep.equal(comparable(inMemory));
      for (const [index, { view }] of onRedis.entries()) {
        expect(view.remainingMs).to.be.within(inMemory[index]!.view.remainingMs - BY_ITSELF_MS, inMemory[index]!.view.remainingMs + 1);
      }
    });

    await fc.assert(property, { numRuns: 60 });
  });
}).timeout(60_000);
