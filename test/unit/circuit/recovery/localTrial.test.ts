import { expect } from 'chai';
import type sinon from 'sinon';
import { LocalTrial } from '../../../../src/circuit/recovery/localTrial.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { fakeTime } from '../../../support/httpHouse.ts';

const trialWith = (usualRatio?: number) => {
  const followed: Promise<unknown>[] = [];
  const trial = new LocalTrial({ follow: (outcome) => followed.push(outcome), usualRatio, clock: systemClock });
  return { trial, followed };
};

/** How many probes it lets out now; they are given back. */
const placesOf = (trial: LocalTrial): number => {
  const probes = Array.from({ length: 20 }, () => trial.admit(1000)).filter((probe) => probe !== undefined);
  for (const probe of probes) probe.giveBack();
  return probes.length;
};

describe('LocalTrial', () => {
  it('lets one probe out at first', () => {
    const { trial } = trialWith();

    expect(trial.admit(100)).not.to.equal(undefined);
    expect(trial.admit(200)).to.equal(undefined);
  });

  it('lets out one more at a time for each that came back well', () => {
    const { trial } = trialWith();
    const places = [placesOf(trial)];
    for (let good = 0; good < 4; good += 1) {
      trial.admit(1000)?.settle(false);
      places.push(placesOf(trial));
    }

    expect(places).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('has recovered after five successes, also of probes that were out together', () => {
    const { trial } = trialWith();
    const first = trial.admit(100)?.settle(false);
    const pair = [trial.admit(100), trial.admit(100)].map((probe) => probe?.settle(false));
    const last = [trial.admit(100), trial.admit(100)].map((probe) => probe?.settle(false));

    expect([first, ...pair, ...last]).to.deep.equal(['undecided', 'undecided', 'undecided', 'undecided', 'recovered']);
  });

  describe('as time goes by', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = fakeTime();
    });
    afterEach(() => {
      clock.restore();
    });

    it('is content with two successes from a second and a half on, not before and not with one', () => {
      const { trial } = trialWith();
      const said = [trial.admit(9000)?.settle(false)];
      clock.tick(1499);
      said.push(trial.admit(9000)?.settle(false));
      clock.tick(1);
      said.push(trial.admit(9000)?.settle(false));
      const { trial: late } = trialWith();
      clock.tick(5000);

      expect(said).to.deep.equal(['undecided', 'undecided', 'recovered']);
      expect([1, 2].map(() => late.admit(9000)?.settle(false))).to.deep.equal(['undecided', 'recovered']);
    });

    it('ends by an answer that is neither good nor bad from ten seconds on', () => {
      const { trial } = trialWith();
      clock.tick(9999);
      const before = trial.admit(20_000)?.answered();
      clock.tick(1);

      expect([before, trial.admit(20_000)?.answered()]).to.deep.equal(['undecided', 'recovered']);
    });

    it('ends by no success after a failure, however late', () => {
      const { trial } = trialWith();
      trial.admit(20_000)?.settle(false);
      clock.tick(11_000);

      expect(trial.admit(20_000)?.settle(true)).to.equal('failed');
    });
  });

  it('asks for more where the service fails more often as usual', () => {
    const { trial } = trialWith(0.15);
    const said = Array.from({ length: 6 }, () => trial.admit(100)?.settle(false));

    expect(said.slice(0, 5)).not.to.include('recovered');
    expect(said[5]).to.equal('recovered');
  });

  it('has failed after one failure, whatever came before', () => {
    const { trial } = trialWith();
    for (let good = 0; good < 4; good += 1) trial.admit(100)?.settle(false);

    expect(trial.admit(100)?.settle(true)).to.equal('failed');
  });

  it('lets the next one probe after one was given back', () => {
    const { trial } = trialWith();

    trial.admit(100)?.giveBack();

    expect(trial.admit(200)).not.to.equal(undefined);
  });

  it('has lost a probe when its lease is over, and not before', () => {
    const { trial } = trialWith();
    const none = trial.hasLostProbe(1_000_000);
    trial.admit(100);

    expect(none).to.equal(false);
    expect(trial.hasLostProbe(99)).to.equal(false);
    expect(trial.hasLostProbe(100)).to.equal(true);
  });

  it('knows each lease of several', () => {
    const { trial } = trialWith();
    trial.admit(50)?.settle(false);
    const early = trial.admit(100);
    trial.admit(200);
    const whileBothAreOut = trial.hasLostProbe(100);

    early?.giveBack();

    expect(whileBothAreOut).to.equal(true);
    expect(trial.hasLostProbe(199)).to.equal(false);
    expect(trial.hasLostProbe(200)).to.equal(true);
  });

  it('has lost nothing once the probe was given back', () => {
    const { trial } = trialWith();

    trial.admit(100)?.giveBack();

    expect(trial.hasLostProbe(100)).to.equal(false);
  });

  it('wants a probe while there is room, and once more when one is lost', () => {
    const { trial } = trialWith();
    const before = trial.wantsProbe(0);
    trial.admit(100);

    expect(before).to.equal(true);
    expect(trial.wantsProbe(99)).to.equal(false);
    expect(trial.wantsProbe(100)).to.equal(true);
  });

  it('is followed by the engine once, from its first probe on', () => {
    const { trial, followed } = trialWith();
    const before = followed.length;
    trial.admit(100)?.giveBack();
    trial.admit(200)?.giveBack();

    expect(before).to.equal(0);
    expect(followed).to.deep.equal([trial.outcome.promise]);
  });
});
