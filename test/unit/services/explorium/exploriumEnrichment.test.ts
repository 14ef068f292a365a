import { expect } from 'chai';
import { CircuitOpenError, UpstreamQuotaExhaustedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Answer } from '../../../../src/contract/call.ts';
import {
  AnswersOfSteps,
  isTemporary,
  readBusinessMatch,
  readProspectMatch,
} from '../../../../src/services/explorium/exploriumEnrichment.ts';

const ID = 'a'.repeat(32);
const context = { request_status: 'success' as const };

describe('enrichment by Explorium', () => {
  const businessRows = [
    ['a match', { business_id: ID }, { kind: 'found', id: ID }],
    ['no match', { business_id: null }, { kind: 'no_match' }],
    ['a failed row', { error: 'no', error_type: 'x' }, { kind: 'match_failed' }],
    ['an id of another form', { business_id: '../evil' }, { kind: 'match_failed' }],
  ] as const;
  for (const [what, row, match] of businessRows) {
    it(`reads ${what} from the row of a business`, () => {
      const matched_businesses = [{ input: {}, error: undefined, error_type: undefined, ...row }];

      expect(readBusinessMatch({ response_context: context, matched_businesses })).to.deep.equal(match);
    });
  }

  it('takes a miss without rows for no match', () => {
    const miss = { response_context: { request_status: 'miss' as const } };

    expect(readBusinessMatch({ ...miss, matched_businesses: null })).to.deep.equal({ kind: 'no_match' });
    expect(readProspectMatch({ ...miss, matched_prospects: [] })).to.deep.equal({ kind: 'no_match' });
  });

  it('knows a person by an id of forty digits, and by no business id', () => {
    const row = { input: {}, error: undefined, error_type: undefined };
    const matchOf = (prospect_id: string) => readProspectMatch({ response_context: context, matched_prospects: [{ ...row, prospect_id }] });

    expect(matchOf('c'.repeat(40))).to.deep.equal({ kind: 'found', id: 'c'.repeat(40) });
    expect(matchOf(ID)).to.deep.equal({ kind: 'match_failed' });
  });

  const flagsOf = (...given: readonly Answer<unknown>['source'][]) => {
    const answers = new AnswersOfSteps();
    for (const source of given) answers.listen({ value: 0, source, ageMs: 0 }, { service: 'explorium', operation: 'step' });
    return answers.flags;
  };

  it('flags a whole as cached if all its steps were, and as a fallback if any was', () => {
    expect(flagsOf()).to.deep.equal({});
    expect(flagsOf('cache', 'cache')).to.deep.equal({ _cached: true });
    expect(flagsOf('cache', 'upstream')).to.deep.equal({});
    expect(flagsOf('stale', 'upstream')).to.deep.equal({ _fallback: true });
    expect(flagsOf('stale', 'cache')).to.deep.equal({ _cached: true, _fallback: true });
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
