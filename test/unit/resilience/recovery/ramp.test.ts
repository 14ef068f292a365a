import { expect } from 'chai';
import { Ramp } from '../../../../src/resilience/recovery/ramp.ts';

/** How many of a flood of calls pass in each second, until the ramp is over. */
const passedPerSecond = (formerPerSecond: number): readonly number[] => {
  const ramp = new Ramp(formerPerSecond, 5000);
  const passed: number[] = [];
  for (let now = 5000; !ramp.isOver(now); now += 1) {
    const second = Math.floor((now - 5000) / 1000);
    passed[second] = (passed[second] ?? 0) + Number(ramp.admit(now));
  }
  return passed;
};

describe('Ramp', () => {
  it('begins with a quarter of the former rate, doubles each second, and ends beyond twice that rate', () => {
    const [first, second, third, fourth, ...more] = passedPerSecond(80);

    expect(first).to.be.within(20, 40);
    expect(second).to.be.within(40, 61);
    expect(third).to.be.within(80, 121);
    expect(fourth).to.be.within(160, 241);
    expect(more).to.deep.equal([]);
  });

  it('starves no quiet service: two calls a second pass from the start', () => {
    const [first = 0] = passedPerSecond(0.1);

    expect(first).to.be.at.least(2);
  });

  it('holds back a herd at its very beginning', () => {
    const ramp = new Ramp(100, 0);
    const passed = Array.from({ length: 1000 }, () => ramp.admit(0)).filter(Boolean);

    expect(passed).to.have.length(25);
  });

  it('saves up no more than a second’s worth', () => {
    const ramp = new Ramp(8, 0);
    const passed = Array.from({ length: 100 }, () => ramp.admit(900)).filter(Boolean);

    expect(passed).to.have.length(2);
  });

  for (const formerPerSecond of [0, 0.5, 5, 50, 500, 5000]) {
    it(`is over within four seconds after ${String(formerPerSecond)} calls a second`, () => {
      expect(new Ramp(formerPerSecond, 0).isOver(4000)).to.equal(true);
    });
  }
});
