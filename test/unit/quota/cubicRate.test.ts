import { expect } from 'chai';
import { cubicRate } from '../../../src/quota/cubicRate.ts';

describe('cubicRate', () => {
  it('goes on with seven tenths', () => {
    const rate = cubicRate({ at: 0, from: 10 }, 0);

    expect(rate).to.be.closeTo(7, 1e-9);
  });

  it('is back after the cube root of what was lost, in seconds', () => {
    const rate = cubicRate({ at: 0, from: 10 }, 1000 * Math.cbrt(3 / 0.4));

    expect(rate).to.be.closeTo(10, 1e-9);
  });

  it('never falls below one call in two seconds', () => {
    const rate = cubicRate({ at: 0, from: 0.1 }, 0);

    expect(rate).to.equal(0.5);
  });
});
