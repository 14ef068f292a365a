import { expect } from 'chai';
import { UpstreamQuotaExhaustedError, UpstreamRateLimitedError, UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifyExploriumAnswer, ExploriumFailedError } from '../../../../src/services/explorium/exploriumErrors.ts';

const classify = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  classifyExploriumAnswer(receivedAnswer({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }), {
    site: { service: 'explorium', operation: 'match_business' },
    wallTime: 0,
  });

const context = (status: string) => ({ response_context: { request_status: status } });

describe('classification of Explorium', () => {
  it('calls a failure inside a 200 unavailable: it counts against the service and is not repeated', () => {
    const error = classify(200, context('failure'));

    expect(error).to.be.instanceOf(ExploriumFailedError);
    expect(error).to.include({ code: 'upstream_unavailable', verdict: 'failure', retryable: false, execution: 'refused' });
  });

  it('takes a success and a miss for answers', () => {
    expect(classify(200, context('success'))).to.equal(undefined);
    expect(classify(200, context('miss'))).to.equal(undefined);
    expect(classify(200, 'no JSON')).to.equal(undefined);
  });

  it('rejects a match whose one row failed, so that it is not cached; of several, each is told by itself', () => {
    const failed = { error: 'no', error_type: 'x' };
    const match = (body: object) => classify(200, { ...context('success'), ...body });

    expect(match({ matched_businesses: [failed] })).to.include({ status: 422, reason: 'match_failed' });
    expect(match({ matched_prospects: [failed] })).to.be.instanceOf(UpstreamRejectedError);
    expect(match({ matched_businesses: [failed, failed] })).to.equal(undefined);
    expect(match({ matched_businesses: [failed, { business_id: null }] })).to.equal(undefined);
    expect(match({ matched_businesses: [{ business_id: 'x', error: null }] })).to.equal(undefined);
  });

  it('calls 403 for want of credits the end of the credits, and leaves other 403s alone', () => {
    const details = 'You have insufficient credits to perform this operation. Please purchase additional credits.';

    const error = classify(403, { details, correlation_id: 'c' });

    expect(error).to.be.instanceOf(UpstreamQuotaExhaustedError);
    expect(error).to.include({ quota: 'credits' });
    expect(classify(403, { detail: details })).to.include({ quota: 'credits' });
    expect(classify(403, { details: 'Forbidden' })).to.equal(undefined);
    expect(classify(403, '<html>')).to.equal(undefined);
  });

  it('names the fields of a FastAPI validation, never their values', () => {
    const error = classify(422, {
      detail: [
        { loc: ['body', 'prospect_ids', 7], msg: 'ada@example.com is not an id', type: 'x' },
        { loc: ['body', 'filters', 'ada@example.com'], msg: 'no', type: 'x' },
        { loc: [] },
        'garbage',
      ],
    });

    expect(error).to.be.instanceOf(UpstreamRejectedError);
    expect(error).to.deep.include({ status: 422, reason: 'validation_failed', details: { fields: ['body.prospect_ids.7'] } });
    expect(JSON.stringify(error)).not.to.contain('ada@');
  });

  it('takes any other 422 for a validation without fields', () => {
    expect(classify(422, 'no')).to.deep.include({ reason: 'validation_failed', details: { fields: [] } });
  });

  it('reads the wait of a 429 from the body where there is no header', () => {
    const error = classify(429, { code: 429, message: 'Rate limit exceeded.', retry_after: 60 });

    expect(error).to.be.instanceOf(UpstreamRateLimitedError);
    expect(error).to.include({ retryAfterMs: 60_000 });
  });

  it('waits for the longest of what a 429 says in its headers and its body', () => {
    const headers = { 'retry-after': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' };

    expect(classify(429, { error: 'rate_limit_exceeded', retry_after: 60 }, headers)).to.include({ retryAfterMs: 60_000 });
    expect(classify(429, { error: 'rate_limit_exceeded', retry_after: 5 }, headers)).to.include({ retryAfterMs: 30_000 });
  });

  for (const [wait, expected] of [
    [-1, 1_000],
    [1e9, 3_600_000],
    ['60', 60_000],
    ['soon', undefined],
    [null, undefined],
  ] as const) {
    it(`reads a wait of ${JSON.stringify(wait)} in the body of a 429 as ${String(expected)} ms`, () => {
      expect(classify(429, { retry_after: wait })).to.have.property('retryAfterMs', expected);
    });
  }
});
