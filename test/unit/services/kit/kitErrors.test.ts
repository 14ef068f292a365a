import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { UpstreamRateLimitedError, UpstreamRejectedError, UpstreamUnauthorizedError } from '../../../../src/errors/upstreamErrors.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifyKitAnswer, rowReason } from '../../../../src/services/kit/kitErrors.ts';

const classifyBody = (status: number, body: string, operation = 'upsert_subscriber', headers: Readonly<Record<string, string>> = {}) =>
  classifyKitAnswer(receivedAnswer({ status, headers, body }), { site: { service: 'kit', operation }, wallTime: 0 });

const classify = (status: number, errors: unknown, operation?: string) => classifyBody(status, JSON.stringify({ errors }), operation);

describe('classification of Kit', () => {
  for (const [status, errors, reason] of [
    [422, ['Email address is invalid'], 'invalid_email'],
    [422, ['Sequence is inactive'], 'sequence_inactive'],
    [422, [['Sequence is inactive']], 'sequence_inactive'],
    [422, ['Name is too long'], 'validation_failed'],
    [422, 'not a list', 'validation_failed'],
    [404, ['Not Found'], 'not_found'],
  ] as const) {
    it(`calls ${String(status)} ${JSON.stringify(errors)} a rejection ${reason}, and the service well`, () => {
      const error = classify(status, errors);

      expect(error).to.be.instanceOf(UpstreamRejectedError);
      expect(error).to.include({ status, reason, retryable: false, verdict: 'success' });
    });
  }

  for (const text of ['The access token is invalid', 'The access token expired']) {
    it(`calls 401 "${text}" a refusal of our credential`, () => {
      expect(classify(401, [text])).to.be.instanceOf(UpstreamUnauthorizedError);
    });
  }

  it('calls an expired token expired at bulk endpoints too', () => {
    expect(classify(401, ['The access token expired'], 'bulk_add_to_tag')).to.be.instanceOf(UpstreamUnauthorizedError);
  });

  for (const [status, body] of [
    [401, '{"errors":["The access token is invalid"]}'],
    [401, ''],
    [403, 'Forbidden'],
  ] as const) {
    it(`takes ${String(status)} "${body}" at a bulk endpoint for a credential of the wrong kind, which trips no circuit`, () => {
      const error = classifyBody(status, body, 'bulk_upsert_subscribers');

      expect(error).to.include({ code: 'missing_scopes', status: 403, reason: 'bulk_not_permitted', verdict: 'success' });
    });
  }

  it('calls the subscriber limit a limit of the plan, which no waiting changes, and no bad credential', () => {
    const error = classify(403, ['This request would exceed your subscriber limit']);

    expect(error).to.be.instanceOf(UpstreamRejectedError);
    expect(error).to.include({ reason: 'plan_limit', verdict: 'success', retryable: false });
  });

  it('waits out the whole minute after a 429, which says nothing about it', () => {
    const error = classifyBody(429, 'Retry later');

    expect(error).to.be.instanceOf(UpstreamRateLimitedError);
    expect(error).to.include({ retryAfterMs: 60_000, verdict: 'ignored' });
  });

  it('waits for as long as a 429 says that does say when', () => {
    expect(classifyBody(429, 'Retry later', 'get_account', { 'retry-after': '5' })).to.include({ retryAfterMs: 5_000 });
  });

  it('calls 413 a full queue of bulk rows, but at other endpoints a request that is too large', () => {
    const full = classify(413, ['Too large'], 'bulk_upsert_subscribers');

    expect(full).to.be.instanceOf(UpstreamRateLimitedError);
    expect(full).to.include({ retryAfterMs: 60_000, execution: 'refused', retryable: true });
    expect(classify(413, ['Too large'])).to.equal(undefined);
  });

  it('takes no sentence inside a success or a failure of Kit for a refusal', () => {
    expect(classify(200, ['Email address is invalid'])).to.equal(undefined);
    expect(classify(503, ['Email address is invalid'])).to.equal(undefined);
  });

  it('leaves 401 and 403 without a known sentence to the general rules', () => {
    expect(classifyBody(401, '<html>')).to.equal(undefined);
    expect(classify(403, ['Permission missing'])).to.equal(undefined);
  });

  it('reads sentences out of nested lists, and nothing else', () => {
    expect(rowReason(['One', 4, null, { five: 'Email address is invalid' }, ['Two', ['Tag does not exist']]])).to.equal('tag_not_found');
    expect(classify(422, { message: 'Tag does not exist' })).to.include({ reason: 'validation_failed' });
  });

  for (const [errors, reason] of [
    [['Email address is invalid'], 'invalid_email'],
    [['Subscriber does not exist'], 'subscriber_not_found'],
    [['Tag does not exist'], 'tag_not_found'],
    [['This request would exceed your subscriber limit'], 'plan_limit'],
    [['Something about ada@example.com'], 'rejected'],
    [[], 'rejected'],
  ] as const) {
    it(`gives a bulk row with ${JSON.stringify(errors)} the reason ${reason}`, () => {
      expect(rowReason(errors)).to.equal(reason);
    });
  }

  it('never repeats what Kit said, whatever it says', () => {
    const secret = 'ada.lovelace@example.com';
    const known = fc.constantFrom(secret, `Sequence is inactive ${secret}`, `Email address is invalid: ${secret}`);
    const sentences = fc.array(fc.oneof(known, fc.string()));
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 499 }), fc.oneof(sentences, fc.json()), fc.boolean(), (status, errors, isBulk) => {
        const error = classify(status, errors, isBulk ? 'bulk_add_to_tag' : 'add_to_tag');

        if (error === undefined) return;
        expect(error).to.be.instanceOf(GatewayError);
        expect(JSON.stringify([(error as GatewayError).message, error])).to.not.include(secret);
      }),
    );
  });
});
