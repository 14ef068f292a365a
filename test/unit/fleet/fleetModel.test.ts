import { expect } from 'chai';
import fc from 'fast-check';
import { UpstreamContractBrokenError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, site } from '../../support/breakerHouse.ts';
import { FleetModel, stepsOf, type FleetStep } from '../../support/fleetModel.ts';

/** The same steps every time, so that a change is judged by itself; `SEED=…` takes others, and a failure prints its path. */
const SEED = Number(process.env['SEED'] ?? 20_261_121);
/** The longest open time, the lease of a dead replica, the courtesy of one whose probes failed, and the probes. */
const LONGEST_RECOVERY_MS = seconds(8 + 3 + 3 + 6);

type Check = (model: FleetModel) => Promise<void> | void;

const run = async (steps: readonly FleetStep[], check: Check, model = new FleetModel()): Promise<void> => {
  try {
    await model.start();
    for (const step of steps) await model.take(step);
    await check(model);
    await model.end();
  } finally {
    await model.abandon();
  }
};

describe(`A fleet’s circuit, taken through any steps (seed ${String(SEED)})`, () => {
  it('lets out no more probes than one and one for each success, and always recovers, while nothing but the service fails', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(stepsOf(0), async (steps) => {
        await run(steps, async (model) => {
          expect(await model.recover(), 'time to recover').to.be.at.most(LONGEST_RECOVERY_MS);
        });
      }),
      { seed: SEED, numRuns: 60, endOnFailure: true },
    );
  });

  it('settles each call once, follows no older decision and always recovers, whatever becomes of the store and of replicas', async function () {
    this.timeout(60_000);
    const reasons = new Set<string>();
    await fc.assert(
      fc.asyncProperty(stepsOf(4), async (steps) => {
        await run(steps, async (model) => {
          expect(await model.recover(), 'time to recover').to.be.at.most(LONGEST_RECOVERY_MS);
          for (const { changes } of model.house.replicas) for (const { reason } of changes) reasons.add(reason);
        });
      }),
      { seed: SEED, numRuns: 120, endOnFailure: true },
    );

    expect([...reasons], 'all that moves a circuit of a fleet has been seen').to.include.members([
      'failure_evidence',
      'fleet_quorum',
      'open_time_over',
      'probe_failed',
      'probe_succeeded',
      'fleet_recovered',
      'reset',
    ]);
  });

  for (const [fault, look] of [
    ['fails', failWith(down())],
    [
      'hangs',
      () =>
        new Promise<never>(
          (_, reject) =>
            void systemClock.after(seconds(2), () => {
              reject(down());
            }),
        ),
    ],
    ['refuses our credential', failWith(new UpstreamUnauthorizedError(site, 403))],
    ['has another shape', failWith(new UpstreamContractBrokenError(site, 'the answer breaks the contract'))],
  ] as const) {
    it(`always recovers by real calls while the health operation alone ${fault}, whatever becomes of the store and of replicas`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(stepsOf(2), async (steps) => {
          const check: Check = async (model) => {
            expect(await model.recover(), 'time to recover').to.be.at.most(LONGEST_RECOVERY_MS);
            // A health check that hangs ends by itself.
            await model.house.time.advance(seconds(2));
          };
          await run(steps, check, new FleetModel(look));
        }),
        { seed: SEED, numRuns: 25, endOnFailure: true },
      );
    });
  }

  it('is never opened by one replica of three alone, whatever it sees, and whatever becomes of the store', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(stepsOf(3), async (steps) => {
        const ofOne = steps.filter(({ does }) => does !== 'podKill').map((step) => (step.does === 'call' ? { ...step, on: 0 } : step));
        await run(ofOne, (model) => {
          const [, ...others] = model.house.replicas;
          for (const { changes } of others) expect(changes).to.deep.equal([]);
        });
      }),
      { seed: SEED, numRuns: 60, endOnFailure: true },
    );
  });
});
