import { expect } from 'chai';
import { RetryTokens, type RetryCause } from '../../../../src/pipeline/stages/retryBudget.ts';

/** Repeats that it allows, each paid for. */
const drain = (tokens: RetryTokens, cause: RetryCause): number => {
  let paid = 0;
  for (; tokens.has(cause); paid += 1) tokens.pay(cause);
  return paid;
};

describe('RetryTokens', () => {
  it('suffice for 35 repeats after failures, or for 100 after a 429', () => {
    expect([drain(new RetryTokens(), 'failure'), drain(new RetryTokens(), 'throttle')]).to.deep.equal([35, 100]);
  });

  it('come back one by one, with each call that succeeds at its first attempt', () => {
    const tokens = new RetryTokens();
    drain(tokens, 'throttle');

    for (let made = 0; made < 28; made += 1) tokens.succeededAtFirst();

    expect(drain(tokens, 'failure')).to.equal(2);
  });

  it('come back whole from a repeat that works', () => {
    const tokens = new RetryTokens();
    tokens.pay('failure');

    tokens.refund('failure');

    expect(tokens.ratio).to.equal(1);
  });

  it('are 500 at most, however well it goes', () => {
    const tokens = new RetryTokens();

    for (let made = 0; made < 1000; made += 1) tokens.succeededAtFirst();

    expect([tokens.ratio, drain(tokens, 'throttle')]).to.deep.equal([1, 100]);
  });
});
