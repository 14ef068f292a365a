import { expect } from 'chai';
import { measuredParts, readFleetArguments, UsageError } from './fleetArguments.ts';

describe('arguments of npm run fleet', () => {
  it('ask for nothing but the names while there are none', () => {
    expect(readFleetArguments([]).parts).to.deep.equal([]);
  });

  it('name one part, or all that are measured', () => {
    expect(readFleetArguments(['simulate']).parts).to.deep.equal(['simulate']);
    expect(readFleetArguments(['all']).parts).to.deep.equal(measuredParts);
  });

  it('have defaults with which the page is renewed', () => {
    expect(readFleetArguments(['outage'])).to.deep.equal({
      parts: ['outage'],
      seed: 1,
      seeds: 3,
      seconds: undefined,
      service: undefined,
      isWhole: true,
    });
  });

  it('shorten a run, which renews no page', () => {
    const asked = readFleetArguments(['quota', '--seconds', '20', '--service', 'lemlist', '--seed', '7']);

    expect(asked).to.include({ seconds: 20, service: 'lemlist', seed: 7, isWhole: false });
  });

  for (const wrong of [
    ['outages'],
    ['outage', 'quota'],
    ['outage', '--seconds', '1.5'],
    ['outage', '--seconds', '0'],
    ['quota', '--service', 'sendgrid'],
    ['all', '--fast'],
  ]) {
    it(`refuse ${wrong.join(' ')}`, () => {
      expect(() => readFleetArguments(wrong)).to.throw(UsageError);
    });
  }
});
