import { expect } from 'chai';
import { SlowStart } from '../../../../src/circuit/recovery/slowStart.ts';

const slowStart = () => {
  const told: boolean[] = [];
  return { told, start: new SlowStart(0, (isOn) => told.push(isOn)) };
};

/** A hundred calls a second for three seconds. */
const busy = (start: SlowStart): void => {
  for (let now = 0; now < 3000; now += 10) start.arrived(now);
};

const passedAtOnce = (start: SlowStart, now: number): number => Array.from({ length: 1000 }, () => start.admit(now)).filter(Boolean).length;

describe('SlowStart', () => {
  it('lets everything pass while there was no recovery', () => {
    const { start, told } = slowStart();

    expect(passedAtOnce(start, 0)).to.equal(1000);
    expect([start.isOn(0), told]).to.deep.equal([false, []]);
  });

  it('begins with half of what came before the circuit opened, not of what came since', () => {
    const { start } = slowStart();
    busy(start);
    start.opened(3000);

    start.begin(60_000);

    expect(passedAtOnce(start, 60_000)).to.be.within(48, 52);
  });

  it('tells of its beginning, and of its end with the first call after it', () => {
    const { start, told } = slowStart();
    start.begin(1000);
    const during = [...told];
    const isOver = !start.isOn(10_000);
    start.admit(10_000);

    expect(during).to.deep.equal([true]);
    expect(isOver).to.equal(true);
    expect(told).to.deep.equal([true, false]);
  });

  it('remembers the traffic of before the first opening when the circuit opens again during the ramp', () => {
    const { start, told } = slowStart();
    busy(start);
    start.opened(3000);
    start.begin(10_000);
    start.opened(10_500);

    start.begin(20_000);

    expect(passedAtOnce(start, 20_000)).to.be.within(48, 52);
    expect(told).to.deep.equal([true, false, true]);
  });

  it('ends at once by a person’s word, and tells that once', () => {
    const { start, told } = slowStart();
    start.begin(0);

    start.end();
    start.end();

    expect(passedAtOnce(start, 0)).to.equal(1000);
    expect(told).to.deep.equal([true, false]);
  });
});
