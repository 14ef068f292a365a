import { expect } from 'chai';
import type { Answer, CallOptions } from '../../../../src/contract/call.ts';
import { matchIn } from '../../../../src/services/explorium/exploriumOperations.ts';
import { asOneAnswer } from '../../../../src/services/explorium/exploriumSteps.ts';

const ID = 'a'.repeat(32);
const response_context = { request_status: 'success' as const };
const http = { startDeadline: (options: CallOptions = {}): CallOptions => options };

/** Steps of which each was answered by one of these. */
const stepsOf =
  (sources: readonly Answer<unknown>['source'][]) =>
  ({ onAnswer }: CallOptions): Promise<object> => {
    for (const [index, source] of sources.entries()) {
      onAnswer?.(
        { value: 0, source, ageMs: index * 10, freshForMs: 50 - index },
        { service: 'explorium', operation: `step_${String(index)}` },
      );
    }
    return Promise.resolve({ whole: true });
  };

describe('steps of Explorium', () => {
  const flagsOf = (...sources: readonly Answer<unknown>['source'][]) => asOneAnswer(http, {}, stepsOf(sources));

  it('flag a whole as cached if all of them were, and as a fallback if any was', async () => {
    expect(await flagsOf()).to.deep.equal({ whole: true });
    expect(await flagsOf('cache', 'cache')).to.deep.equal({ whole: true, _cached: true });
    expect(await flagsOf('cache', 'upstream')).to.deep.equal({ whole: true });
    expect(await flagsOf('stale', 'upstream')).to.deep.equal({ whole: true, _fallback: true });
    expect(await flagsOf('stale', 'cache')).to.deep.equal({ whole: true, _cached: true, _fallback: true });
  });

  const wholes: readonly (readonly [readonly Answer<unknown>['source'][], Answer<unknown>['source']])[] = [
    [['cache', 'cache'], 'cache'],
    [['cache', 'upstream'], 'upstream'],
    [['cache', 'coalesced'], 'coalesced'],
    [['stale', 'upstream'], 'stale'],
  ];
  for (const [sources, source] of wholes) {
    it(`tell callers that an answer of ${sources.join(' and ')} is ${source}`, async () => {
      const told: unknown[] = [];

      const value = await asOneAnswer(http, { onAnswer: (...answer) => void told.push(answer) }, stepsOf(sources));

      expect(told).to.deep.equal([
        [
          { value, source, ageMs: 10, freshForMs: 49 },
          { service: 'explorium', operation: 'step_1' },
        ],
      ]);
    });
  }

  it('tell callers nothing where none was answered', async () => {
    const told: unknown[] = [];

    await asOneAnswer(http, { onAnswer: (answer) => void told.push(answer) }, stepsOf([]));

    expect(told).to.deep.equal([]);
  });
});

describe('a match of Explorium', () => {
  it('is none where a miss comes without rows', () => {
    const miss = { response_context: { request_status: 'miss' as const } };

    expect(matchIn('businesses', { ...miss, matched_businesses: null })).to.deep.equal({ kind: 'no_match' });
    expect(matchIn('prospects', { ...miss, matched_prospects: [] })).to.deep.equal({ kind: 'no_match' });
  });

  it('has an id of the form of its kind, and no other', () => {
    const matchOf = (prospect_id: string) => matchIn('prospects', { response_context, matched_prospects: [{ input: {}, prospect_id }] });

    expect(matchOf('c'.repeat(40))).to.deep.equal({ kind: 'found', id: 'c'.repeat(40) });
    expect(matchOf(ID)).to.deep.equal({ kind: 'match_failed' });
    expect(matchIn('businesses', { response_context, matched_businesses: [{ input: {}, business_id: '../evil' }] })).to.deep.equal({
      kind: 'match_failed',
    });
  });
});
