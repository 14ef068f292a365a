import { expect } from 'chai';
import {
  DeadlineExceededError,
  SlowAttemptError,
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnauthorizedError,
} from '../../../src/errors/upstreamErrors.ts';
import { findingOf, isTimeout, kindOf, retryAfterOf, verdictOf } from '../../../src/circuit/verdict.ts';
import { down, site } from '../../support/breakerHouse.ts';

const late = new DeadlineExceededError(site, 1000);

describe('Verdicts', () => {
  it('come from the error itself', () => {
    const errors = [down(), new UpstreamRejectedError(site, 404), new UpstreamRateLimitedError(site)];

    expect(errors.map((error) => verdictOf(error, false))).to.deep.equal(['failure', 'success', 'ignored']);
  });

  it('take what is no error of ours for a failure', () => {
    expect([new Error('a bug'), 'odd', undefined].map((error) => verdictOf(error, false))).to.deep.equal(['failure', 'failure', 'failure']);
  });

  for (const error of [late, new UpstreamTimeoutError(site, 1000)]) {
    it(`of a ${error.code} depend on whether the attempt had become slow`, () => {
      expect(verdictOf(error, false)).to.equal('ignored');
      expect(verdictOf(error, true)).to.equal('failure');
    });
  }

  it('of a time-out that we cut short over a suspicion are failures, however soon it came', () => {
    expect(verdictOf(new UpstreamTimeoutError(site, 500, true), false)).to.equal('failure');
  });

  it('become outcomes of their own: a refused credential and an impatient caller are told apart, and an answer can be slow', () => {
    expect(findingOf(new UpstreamUnauthorizedError(site, 401), true)).to.equal('unauthorized');
    expect(findingOf(new UpstreamRejectedError(site, 404), false)).to.equal('success');
    expect(findingOf(new UpstreamRejectedError(site, 404), true)).to.equal('slow');
    expect(findingOf(down(), true)).to.equal('failure');
    expect(findingOf(late, false)).to.equal('unanswered');
    expect(findingOf(new UpstreamRateLimitedError(site), false)).to.equal('ignored');
  });
});

describe('Failures, for people', () => {
  it('have a kind', () => {
    const errors = [
      down(),
      late,
      new UpstreamTimeoutError(site, 1),
      new UpstreamContractBrokenError(site, 'no id'),
      new UpstreamUnauthorizedError(site, 401),
      new SlowAttemptError(),
      new Error('?'),
    ];

    expect(errors.map(kindOf)).to.deep.equal(['http_5xx', 'timeout', 'timeout', 'contract', 'unauthorized', 'slow', 'unknown']);
  });

  it('are timeouts, whoever’s time was over', () => {
    expect([new UpstreamTimeoutError(site, 1), late, down()].map(isTimeout)).to.deep.equal([true, true, false]);
  });

  it('may say when to come again', () => {
    expect([down(2000), down(), new Error('?')].map(retryAfterOf)).to.deep.equal([2000, undefined, undefined]);
  });
});
