import { expect } from 'chai';
import { ArrivalMeter } from '../../../../src/circuit/detection/arrivalMeter.ts';

/** So many calls a second, evenly, from one moment to another. */
const arrive = (meter: ArrivalMeter, perSecond: number, from: number, to: number): void => {
  for (let call = 0; from + (call * 1000) / perSecond < to; call += 1) meter.arrived(from + (call * 1000) / perSecond);
};

describe('ArrivalMeter', () => {
  it('counts what came in the first second, before that is over', () => {
    const meter = new ArrivalMeter(0);
    const before = meter.perSecond(0);
    arrive(meter, 20, 0, 500);

    expect(before).to.equal(0);
    expect(meter.perSecond(500)).to.equal(10);
  });

  for (const perSecond of [0.5, 5, 50, 500]) {
    it(`finds a steady rate of ${String(perSecond)} calls a second`, () => {
      const meter = new ArrivalMeter(1_000_000);

      arrive(meter, perSecond, 1_000_000, 1_060_000);

      expect(meter.perSecond(1_060_000)).to.be.within(0.6 * perSecond, 1.4 * perSecond);
    });
  }

  it('follows a change within ten seconds', () => {
    const meter = new ArrivalMeter(0);
    arrive(meter, 10, 0, 30_000);
    arrive(meter, 100, 30_000, 40_000);

    expect(meter.perSecond(40_000)).to.be.within(90, 100);
  });

  it('lets each silent second count as a zero, asked or not', () => {
    const [asked, notAsked] = [new ArrivalMeter(0), new ArrivalMeter(0)];
    for (const meter of [asked, notAsked]) arrive(meter, 10, 0, 10_000);
    for (let now = 11_000; now < 20_000; now += 1000) asked.perSecond(now);

    expect(asked.perSecond(20_000)).to.be.closeTo(10 * 0.7 ** 10, 1e-9);
    expect(notAsked.perSecond(20_000)).to.be.closeTo(asked.perSecond(20_000), 1e-9);
  });

  it('has forgotten everything after a day of silence', () => {
    const meter = new ArrivalMeter(0);
    arrive(meter, 500, 0, 5000);

    expect(meter.perSecond(86_400_000)).to.be.closeTo(0, 1e-9);
  });
});
