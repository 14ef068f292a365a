import { expect } from 'chai';
import { CircuitOpenError, UpstreamQuotaExhaustedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Answer } from '../../../../src/resilience/call.ts';
import { AnswersOfSteps, flagsOf, isTemporary, readMatches, rowsByDomain } from '../../../../src/services/explorium/exploriumEnrichment.ts';

const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);
const context = { request_status: 'success' as const };

describe('enrichment by Explorium', () => {
  it('tells a match, no match, a failed row and an unusable id apart', () => {
    const matched_businesses = [
      { input: {}, error: undefined, error_type: undefined, business_id: ID },
      { input: {}, error: undefined, error_type: undefined, business_id: null },
      { input: {}, error: 'no', error_type: 'x' },
      { input: {}, error: undefined, error_type: undefined, business_id: '../evil' },
    ];

    const matches = readMatches({ response_context: context, matched_businesses }, 4);

    expect(matches).to.deep.equal([
      { kind: 'found', businessId: ID },
      { kind: 'no_match' },
      { kind: 'match_failed' },
      { kind: 'match_failed' },
    ]);
  });

  it('takes a miss without rows for no match of any', () => {
    const matches = readMatches({ response_context: { request_status: 'miss' }, matched_businesses: null }, 2);

    expect(matches).to.deep.equal([{ kind: 'no_match' }, { kind: 'no_match' }]);
  });

  it('joins bulk rows by id, not by order, one row per domain asked', () => {
    const matches = [{ kind: 'found', businessId: ID }, { kind: 'found', businessId: OTHER_ID }] as const;
    const enriched = {
      response_context: context,
      data: [
        { business_id: OTHER_ID, data: { name: 'Other' } },
        { business_id: ID, data: { name: 'One' } },
      ],
    };

    const rows = rowsByDomain(['one.com', 'other.com', 'one.com'], ['one.com', 'other.com'], matches, enriched);

    expect(rows.map((row) => row.enriched && row.company.name)).to.deep.equal(['One', 'Other', 'One']);
  });

  it('calls an id without data no match', () => {
    const rows = rowsByDomain(['one.com'], ['one.com'], [{ kind: 'found', businessId: ID }], { response_context: context, data: null });

    expect(rows).to.deep.equal([{ enriched: false, domain: 'one.com', reason: 'no_match' }]);
  });

  it('flags a whole as cached if all its parts were, and as a fallback if any was', () => {
    expect(flagsOf([{ _cached: true }, { _cached: true }])).to.deep.equal({ _cached: true });
    expect(flagsOf([{ _cached: true }, {}])).to.deep.equal({});
    expect(flagsOf([{ _cached: true, _fallback: true }, {}])).to.deep.equal({ _fallback: true });
  });

  const sources: readonly (readonly [readonly Answer<unknown>['source'][], Answer<unknown>['source']])[] = [
    [['cache', 'cache'], 'cache'],
    [['cache', 'upstream'], 'upstream'],
    [['cache', 'coalesced'], 'coalesced'],
    [['stale', 'upstream'], 'stale'],
  ];
  for (const [steps, whole] of sources) {
    it(`tells callers that an answer of ${steps.join(' and ')} is ${whole}`, () => {
      const told: Answer<unknown>[] = [];
      const answers = new AnswersOfSteps();
      steps.forEach((source, index) => {
        const site = { service: 'explorium', operation: `step_${String(index)}` };
        answers.listen({ value: 0, source, ageMs: index * 10, freshForMs: 50 - index }, site);
      });

      answers.tell('whole', (answer) => void told.push(answer));

      expect(told).to.deep.equal([{ value: 'whole', source: whole, ageMs: 10, freshForMs: 49 }]);
    });
  }

  it('has nothing to tell before the first answer', () => {
    const told: unknown[] = [];

    new AnswersOfSteps().tell('whole', (answer) => void told.push(answer));

    expect(told).to.deep.equal([]);
  });

  it('takes an open circuit for temporary, and spent credits not', () => {
    const site = { service: 'explorium', operation: 'match_business' };

    expect(isTemporary(new CircuitOpenError(site, 'explorium', 'failure_rate'))).to.equal(true);
    expect(isTemporary(new UpstreamQuotaExhaustedError(site, 'credits'))).to.equal(false);
    expect(isTemporary(new Error('a bug'))).to.equal(false);
  });
});
