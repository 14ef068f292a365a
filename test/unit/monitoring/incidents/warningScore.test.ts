import { expect } from 'chai';
import { FOLLOWED_WITHIN_MS, WarningScore } from '../../../../src/monitoring/incidents/warningScore.ts';

const HOUR_MS = 3_600_000;

/** One warning, right or wrong, in a quarter of an hour of its own. @returns when that is over. */
const warnOnce = (score: WarningScore, isRight: boolean, now: number): number => {
  score.sound(true, now);
  if (isRight) score.came(now + 1000);
  score.sound(false, now + 2000);
  score.expire(now + FOLLOWED_WITHIN_MS);
  return now + HOUR_MS / 4;
};

/** @param right How many of the fifty turn out right. */
const warnFiftyTimes = (score: WarningScore, right: number): number => {
  let now = 0;
  for (let warning = 0; warning < 50; warning += 1) now = warnOnce(score, warning < right, now);
  return now - HOUR_MS / 4;
};

describe('A warning’s score', () => {
  it('warns when the detector begins to sound, not as long as it goes on', () => {
    const score = new WarningScore();

    expect([score.sound(false, 0), score.sound(true, 1), score.sound(true, 2)]).to.deep.equal([false, true, false]);
    expect(score.warnedAt).to.equal(1);
  });

  it('gives no second warning while the first is not scored', () => {
    const score = new WarningScore();
    score.sound(true, 0);
    score.sound(false, 1);

    expect(score.sound(true, 2)).to.equal(false);
  });

  it('says how long before the outage the warning was given', () => {
    const score = new WarningScore();
    score.sound(true, 1000);

    expect(score.came(4500)).to.equal(3500);
    expect(score.came(4600)).to.equal(undefined);
  });

  it('takes what comes after 120 s for something else', () => {
    const score = new WarningScore();
    score.sound(true, 0);

    expect(score.expire(119_999)).to.equal(false);
    expect(score.came(120_000)).to.equal(undefined);
    expect(score.expire(120_000)).to.equal(true);
    expect(score.warnedAt).to.equal(undefined);
  });

  it('mutes a detector that was right in nine of fifty warnings, for an hour', () => {
    const score = new WarningScore();

    const end = warnFiftyTimes(score, 9) + FOLLOWED_WITHIN_MS;

    expect(score.isMuted(end)).to.equal(true);
    expect(score.sound(true, end)).to.equal(false);
    score.sound(false, end + HOUR_MS);
    expect(score.isMuted(end + HOUR_MS)).to.equal(false);
    expect(score.sound(true, end + HOUR_MS)).to.equal(true);
  });

  it('leaves a detector that was right in ten of fifty warnings alone', () => {
    const score = new WarningScore();

    const end = warnFiftyTimes(score, 10) + FOLLOWED_WITHIN_MS;

    expect(score.isMuted(end)).to.equal(false);
  });

  it('judges by the last fifty only', () => {
    const score = new WarningScore();
    let now = 0;
    for (let warning = 0; warning < 50; warning += 1) now = warnOnce(score, true, now);
    for (let warning = 0; warning < 40; warning += 1) now = warnOnce(score, false, now);

    expect(score.isMuted(now)).to.equal(false);
    now = warnOnce(score, false, now);
    expect(score.isMuted(now - HOUR_MS / 4 + FOLLOWED_WITHIN_MS)).to.equal(true);
  });

  it('begins with a clean record after the silence', () => {
    const score = new WarningScore();
    const end = warnFiftyTimes(score, 0) + 2 * HOUR_MS;

    const now = warnOnce(score, false, end);

    expect(score.isMuted(now - HOUR_MS / 4 + FOLLOWED_WITHIN_MS)).to.equal(false);
  });
});
