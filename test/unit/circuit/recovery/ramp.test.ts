import { expect } from 'chai';
import { Ramp } from '../../../../src/circuit/recovery/ramp.ts';

/** How many of a flood of calls pass in each half second, until the ramp is over. */
const passedPerStep = (formerPerSecond: number): readonly number[] => {
  const ramp = new Ramp(formerPerSecond, 5000);
  const passed: number[] = [];
  for (let now = 5000; !ramp.isOver(now); now += 1) {
    const step = Math.floor((now - 5000) / 500);
    passed[step] = (passed[step] ?? 0) + Number(ramp.admit(now));
  }
  return passed;
};

describe('Ramp', () => {
  it('begins with half of the former rate, doubles each half second, and ends beyond twice that rate', () => {
    const [first, second, third, ...more] = passedPerStep(80);

    expect(first, 'a second’s worth at once, and 40 a second from then on').to.be.within(58, 61);
    expect(second).to.be.within(39, 41);
    expect(third).to.be.within(79, 81);
    expect(more).to.deep.equal([]);
  });

  it('starves no quiet service: two calls a second pass from the start', () => {
    const [first = 0] = passedPerStep(0.1);

    expect(first).to.be.at.least(2);
  });

  it('holds back a herd at its very beginning', () => {
    const ramp = new Ramp(100, 0);
    const passed = Array.from({ length: 1000 }, () => ramp.admit(0)).filter(Boolean);

    expect(passed).to.have.length(50);
  });

  it('saves up no more than a second’s worth', () => {
    const ramp = new Ramp(8, 0);
    const passed = Array.from({ length: 100 }, () => ramp.admit(490)).filter(Boolean);

    expect(passed).to.have.length(4);
  });

  for (const formerPerSecond of [0, 0.5, 5, 50, 500, 5000]) {
    it(`is over within two seconds after ${String(formerPerSecond)} calls a second`, () => {
      expect(new Ramp(formerPerSecond, 0).isOver(2000)).to.equal(true);
    });
  }
});
