/**
 * The laboratory itself: what it says of a rival must be the rival's doing, and nobody else's.
 */
import { expect } from 'chai';
import { run } from '../../lab/laboratory/experiment.ts';
import type { Figures } from '../../lab/laboratory/ledger.ts';
import { contenders } from '../../lab/laboratory/rivals/contenders.ts';
import { ours } from '../../lab/laboratory/rivals/ours.ts';
import type { Contender } from '../../lab/laboratory/rivals/rival.ts';
import { unprotected } from '../../lab/laboratory/rivals/unprotected.ts';
import { parseScenario } from '../../lab/laboratory/scenario.ts';

const outage = parseScenario('short-outage', {
  title: 'Everything fails for ten seconds',
  kind: 'outage',
  phases: [{ seconds: 20 }, { seconds: 10, fault: true, behaviour: { failures: { share: 1, status: 503, afterMs: 30 } } }, { seconds: 20 }],
});

const runWith = (contender: Contender, seed = 3): Promise<Figures> => run({ scenario: outage, ratePerSecond: 10, contender, seed });

describe('runs of the laboratory', function () {
  this.timeout(30_000);

  it('come out the same for the same seed', async () => {
    const first = await runWith(ours);

    const second = await runWith(ours);

    expect(second).to.deep.equal(first);
  });

  it('come out otherwise for another seed', async () => {
    const [one, other] = [await runWith(ours, 3), await runWith(ours, 4)];

    expect(one.calls).not.to.equal(other.calls);
  });

  it('let the same callers come to every rival, and end all their calls', async () => {
    const { calls } = await runWith(unprotected);

    for (const contender of contenders) {
      const figures = await runWith(contender);

      expect(figures.calls, contender.name).to.equal(calls);
      expect(figures.served, contender.name).to.be.within(1, calls);
    }
  });

  it('charge an unprotected caller with every call of the outage, and with no other', async () => {
    const { calls, sent, served, doomed, lost, detectMs, amplification } = await runWith(unprotected);

    expect({ sent, lost, detectMs, amplification }).to.deep.equal({ sent: calls, lost: 0, detectMs: undefined, amplification: 1 });
    expect(doomed).to.be.within(70, 130);
    expect(calls - served - doomed, 'one in 500 fails in health, which is not charged').to.be.within(0, 10);
  });

  it('see our circuit open within the outage, and close again after it', async () => {
    const { doomed, detectMs, recoverMs, falseTrips } = await runWith(ours);

    expect(doomed).to.be.below(40);
    expect(detectMs).to.be.within(1, 5000);
    expect(recoverMs).to.be.within(0, 15_000);
    expect(falseTrips).to.equal(0);
  });

  it('leave time and chance as they were, also after a rival that fails', async () => {
    const [random, limit] = [Math.random, Error.stackTraceLimit];
    const broken: Contender = {
      name: 'broken',
      settings: '',
      open: () => {
        throw new Error('cannot be opened');
      },
    };

    const error = await runWith(broken).catch((reason: unknown) => reason);

    expect(error).to.be.instanceOf(Error).with.property('message', 'cannot be opened');
    expect([Math.random, Error.stackTraceLimit]).to.deep.equal([random, limit]);
    expect(new Date().getUTCFullYear()).to.be.above(2024);
  });
});
