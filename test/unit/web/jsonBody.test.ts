import { expect } from 'chai';
import { BodyBudget } from '../../../src/web/jsonBody.ts';

describe('the budget of bodies', () => {
  it('is shared by all bodies, and given back', () => {
    const budget = new BodyBudget(1_000_000);

    const taken = [budget.take(600_000, 50_000), budget.take(600_000, 50_000)];
    budget.release(600_000);

    expect(taken).to.deep.equal([true, false]);
    expect(budget.take(600_000, 50_000)).to.equal(true);
    expect(budget.held).to.equal(600_000);
  });

  it('keeps room for short bodies that long ones cannot take', () => {
    const budget = new BodyBudget(1_000_000);
    budget.take(850_000, 850_000);

    const [long, short] = [budget.take(100_000, 950_000), budget.take(100_000, 100_000)];

    expect({ long, short }).to.deep.equal({ long: false, short: true });
  });
});
