import { expect } from 'chai';
import { resolvePolicy } from '../../../src/contract/policy.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';

const template = policyOf(serviceRegistry.hubspot);

describe('A bulkhead’s policy', () => {
  for (const [what, bulkhead] of [
    ['starts below its minimum', { startConcurrent: 4, minConcurrent: 5 }],
    ['starts above its maximum', { startConcurrent: 101 }],
    ['has its minimum above its maximum', { minConcurrent: 101 }],
  ] as const) {
    it(`is impossible if it ${what}`, () => {
      expect(() => resolvePolicy('hubspot', template, { bulkhead })).to.throw(
        'The policy of "hubspot" is impossible: bulkhead.startConcurrent must lie between minConcurrent and maxConcurrent',
      );
    });
  }

  for (const startConcurrent of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`cannot start with ${String(startConcurrent)}`, () => {
      expect(() => resolvePolicy('hubspot', template, { bulkhead: { startConcurrent } })).to.throw('bulkhead.startConcurrent must be');
    });
  }

  it('starts lower by itself where an override lowers only its maximum', () => {
    const { bulkhead } = resolvePolicy('hubspot', template, { bulkhead: { maxConcurrent: 1 } });

    expect(bulkhead).to.include({ startConcurrent: 1, minConcurrent: 1, maxConcurrent: 1 });
  });

  it('keeps to what the services allow at the most', () => {
    const limits = Object.values(serviceRegistry)
      .map(policyOf)
      .map(({ bulkhead }) => [bulkhead.startConcurrent, bulkhead.maxConcurrent]);

    expect(limits).to.deep.equal([
      [10, 100],
      [10, 20],
      [10, 50],
      [10, 50],
      [6, 8],
      [10, 100],
    ]);
  });
});
