import { expect } from 'chai';
import { Trial } from '../../../../src/resilience/recovery/trial.ts';

const trialWith = () => {
  const followed: Promise<unknown>[] = [];
  const trial = new Trial((outcome) => followed.push(outcome));
  return { trial, followed };
};

describe('Trial', () => {
  it('lets one probe out at a time', () => {
    const { trial } = trialWith();

    expect(trial.admit(100)).not.to.equal(undefined);
    expect(trial.admit(200)).to.equal(undefined);
  });

  it('has recovered after a success, and failed after a failure', () => {
    expect(trialWith().trial.admit(100)?.settle(false)).to.equal('recovered');
    expect(trialWith().trial.admit(100)?.settle(true)).to.equal('failed');
  });

  it('lets the next one probe after one was given back', () => {
    const { trial } = trialWith();

    trial.admit(100)?.giveBack();

    expect(trial.admit(200)).not.to.equal(undefined);
  });

  it('has lost its probe when the lease is over, and not before', () => {
    const { trial } = trialWith();
    const none = trial.hasLostProbe(1_000_000);
    trial.admit(100);

    expect(none).to.equal(false);
    expect(trial.hasLostProbe(99)).to.equal(false);
    expect(trial.hasLostProbe(100)).to.equal(true);
  });

  it('has lost nothing once the probe was given back', () => {
    const { trial } = trialWith();

    trial.admit(100)?.giveBack();

    expect(trial.hasLostProbe(100)).to.equal(false);
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
