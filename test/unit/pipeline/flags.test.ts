import { expect } from 'chai';
import { flagged } from '../../../src/pipeline/httpClient.ts';
import type { AnswerSource } from '../../../src/contract/call.ts';

const from = <T>(source: AnswerSource, value: T) => flagged({ value, source, ageMs: 0 });

describe('flagged', () => {
  for (const [source, flags] of [
    ['upstream', {}],
    ['coalesced', {}],
    ['cache', { _cached: true }],
    ['stale', { _cached: true, _fallback: true }],
    ['static', { _fallback: true }],
  ] as const) {
    it(`marks an answer from ${source} with ${JSON.stringify(flags)}`, () => {
      expect(from(source, { id: '7' })).to.deep.equal({ id: '7', ...flags });
    });
  }

  it('leaves the answer that others share as it is', () => {
    const shared = Object.freeze({ id: '7' });

    from('cache', shared);

    expect(shared).to.deep.equal({ id: '7' });
  });

  for (const value of [['a'], 'text', 7, null, undefined]) {
    it(`hands out ${String(value)} unmarked: only an object can carry flags`, () => {
      expect(from('stale', value)).to.equal(value);
    });
  }
});
