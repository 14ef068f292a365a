import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../src/errors/upstreamErrors.ts';
import { receivedAnswer } from '../../../src/pipeline/receivedAnswer.ts';
import {
  accepted,
  classifierOf,
  faultyFields,
  leftToGeneralRules,
  namesIn,
  rateLimited,
  reasonOfRow,
  rejected,
  type ErrorRule,
} from '../../../src/services/textRules.ts';

const rules: readonly ErrorRule[] = [
  { status: [404, 410], operation: 'remove_thing', means: accepted },
  { status: 429, means: rateLimited(1_000) },
  { when: ({ said }) => said === undefined, means: leftToGeneralRules },
  { status: 400, text: ['exists', 'is there'], means: rejected('thing_exists', { as: 409 }) },
  { text: 'not valid', operation: /^bulk_/u, means: rejected('row_invalid') },
  { text: 'not valid', means: rejected('invalid', { details: faultyFields }) },
  { status: 200, text: 'failed', means: rejected('failed') },
];

describe('table of error rules', () => {
  let reads: number;

  const classify = (status: number, body: string, operation = 'get_thing', headers = {}) =>
    classifierOf(rules, (answer) => {
      reads += 1;
      return answer.body === '' ? undefined : { text: answer.body, fields: ['name'] };
    })(receivedAnswer({ status, headers, body }), { site: { service: 'acme', operation }, wallTime: 0 });

  beforeEach(() => {
    reads = 0;
  });

  it('lets the first rule decide whose conditions all hold, whatever the case of the words', () => {
    expect(classify(400, 'It IS THERE, and not valid')).to.include({ reason: 'thing_exists', status: 409 });
    expect(classify(409, 'It exists')).to.equal(undefined);
    expect(classify(422, 'Not valid', 'bulk_things')).to.include({ reason: 'row_invalid', status: 422 });
    expect(classify(404, '', 'remove_thing')).to.equal('accepted');
    expect(classify(404, '')).to.equal(undefined);
  });

  it('names the fields at fault where a rule asks for them', () => {
    expect(classify(422, 'not valid')).to.have.deep.property('details', { fields: ['name'] });
    expect(classify(422, 'not valid', 'bulk_things')).to.have.deep.property('details', {});
  });

  it('waits for as long as the answer says, or else as the rule says', () => {
    expect(classify(429, '')).to.include({ retryAfterMs: 1_000 });
    expect(classify(429, '', 'get_thing', { 'retry-after': '7' })).to.include({ retryAfterMs: 7_000 });
  });

  it('judges a success only by a rule that names its status', () => {
    expect(classify(200, 'failed')).to.be.instanceOf(UpstreamRejectedError);
    expect(classify(201, 'failed')).to.equal(undefined);
    expect(classify(200, 'not valid')).to.equal(undefined);
  });

  it('reads what the provider says once, and not at all where no rule asks', () => {
    classify(422, 'not valid');
    const readsOfRefusal = reads;
    classify(429, '');

    expect([readsOfRefusal, reads]).to.deep.equal([1, 1]);
  });

  it('gives a bulk row the reason of its words, and never the words', () => {
    expect(reasonOfRow(rules, 400, 'The thing exists')).to.equal('thing_exists');
    expect(reasonOfRow(rules, 400, 'ada@example.com is odd')).to.equal('rejected');
  });

  it('takes for names only what has their form, each once', () => {
    expect(namesIn(['a', 'ada@example.com', 'b', 'a'], /^\w+$/u)).to.deep.equal(['a', 'b']);
  });
});
