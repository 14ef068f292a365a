import { expect } from 'chai';
import {
  UpstreamBlockedError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
} from '../../../../src/errors/upstreamErrors.ts';
import { classifyStatus } from '../../../../src/pipeline/generalClassification.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifySendgridAnswer } from '../../../../src/services/sendgrid/sendgridErrors.ts';

const EMAIL = 'ada@example.com';
const PAGE = '<html><center><h1>502 Bad Gateway</h1></center></html>';
const WALL_TIME = 1_392_815_000_000;

const refusal = (message: string, field: string | null = null): string => JSON.stringify({ errors: [{ message, field }] });

const context = (operation: string) => ({ site: { service: 'sendgrid', operation }, wallTime: WALL_TIME });

const classify = (status: number, body: string, operation = 'get_contact', headers: Readonly<Record<string, string>> = {}) =>
  classifySendgridAnswer(receivedAnswer({ status, headers, body }), context(operation));

/** What a call ends with: our rules first, then the general ones. */
const verdictOn = (status: number, body: string, operation = 'get_contact') =>
  classify(status, body, operation) ?? classifyStatus(receivedAnswer({ status, headers: {}, body }), context(operation));

describe('classification of SendGrid', () => {
  it('calls a 401 a used up quota where it says so, and a refused credential elsewhere', () => {
    expect(verdictOn(401, refusal('Maximum credits exceeded'), 'send_mail'))
      .to.be.instanceOf(UpstreamQuotaExhaustedError)
      .and.include({ quota: 'credits' });
    for (const message of ['authorization required', 'The provided authorization grant is invalid, expired, or revoked']) {
      expect(verdictOn(401, refusal(message))).to.be.instanceOf(UpstreamUnauthorizedError);
    }
  });

  it('calls a 403 the sender’s fault, a right that the key lacks, or the word of an edge, never a refused credential', () => {
    const unverified = 'The from address does not match a verified Sender Identity. Mail cannot be sent.';

    expect(verdictOn(403, refusal(unverified, 'from'), 'send_mail')).to.include({ status: 403, reason: 'sender_not_verified' });
    for (const [message, operation] of [
      ['access forbidden', 'send_mail'],
      ['access forbidden', 'get_scopes'],
      ['something else', 'get_contact'],
    ] as const) {
      expect(verdictOn(403, refusal(message, 'null'), operation)).to.include({
        code: 'missing_scopes',
        reason: 'missing_scopes',
        verdict: 'success',
      });
    }
    expect(verdictOn(403, PAGE)).to.be.instanceOf(UpstreamBlockedError);
  });

  it('names the fields at fault, and neither values nor either form of none', () => {
    const named = { message: `${EMAIL} is bad`, field: 'personalizations.0.to' };
    const errors = [named, { field: 'null' }, { field: null }, { field: EMAIL }, 7];

    const error = classify(400, JSON.stringify({ errors }), 'send_mail');

    expect(error).to.be.instanceOf(UpstreamRejectedError).and.include({ status: 400, reason: 'validation_failed' });
    expect(error).to.have.deep.property('details', { fields: ['personalizations.0.to'] });
    expect(JSON.stringify([(error as Error).message, error])).to.not.include(EMAIL);
  });

  it('has a reason for what is missing, too large or elsewhere', () => {
    expect(verdictOn(404, refusal('not found'))).to.include({ status: 404, reason: 'not_found' });
    expect(verdictOn(413, refusal('content too large'))).to.include({ status: 413, reason: 'content_too_large' });
    expect(verdictOn(451, '')).to.include({ status: 451, reason: 'data_residency' });
    expect(verdictOn(406, refusal('x'))).to.include({ status: 406, reason: 'rejected' });
  });

  it('takes a 404 for an answer where nobody was found or nothing was to be removed, but not a page’s', () => {
    for (const operation of ['find_contacts', 'remove_global_suppression']) {
      expect(classify(404, refusal('not found'), operation)).to.equal('accepted');
      expect(verdictOn(404, PAGE, operation)).to.be.instanceOf(UpstreamRejectedError);
    }
    expect(classify(404, '{"result":{}}', 'find_contacts')).to.equal('accepted');
  });

  it('waits after a 429 until the endpoint’s reset', () => {
    const until = (reset: string) => classify(429, refusal('too many requests'), 'list_bounces', { 'x-ratelimit-reset': reset });

    expect(until('1392815263')).to.be.instanceOf(UpstreamRateLimitedError).and.include({ retryAfterMs: 263_000 });
    expect(until('1392814000')).to.include({ retryAfterMs: 1_000 });
    expect(until('10')).to.include({ retryAfterMs: 10_000 });
    expect(until('99999999999')).to.include({ retryAfterMs: 3_600_000 });
  });

  it('waits a minute after a 429 that does not say until when, or says nonsense', () => {
    for (const headers of [{}, { 'x-ratelimit-reset': 'soon' }]) {
      expect(classify(429, '', 'send_mail', headers)).to.include({ retryAfterMs: 60_000 });
    }
    expect(classify(429, PAGE, 'send_mail', { 'retry-after': '7' })).to.include({ retryAfterMs: 7_000 });
  });

  it('does not believe a 503 that a mail was not sent', () => {
    for (const body of ['', PAGE, refusal('service unavailable')]) {
      expect(classify(503, body, 'send_mail'))
        .to.be.instanceOf(UpstreamUnavailableError)
        .and.include({ execution: 'unknown' });
    }
    expect(verdictOn(503, PAGE, 'upsert_contact')).to.include({ execution: 'refused' });
  });

  it('leaves other failures and pages to the general rules', () => {
    for (const status of [500, 502, 504]) expect(classify(status, PAGE, 'send_mail'), String(status)).to.equal(undefined);
    for (const status of [400, 401, 404, 408]) expect(classify(status, PAGE), String(status)).to.equal(undefined);
  });

  it('takes no errors inside a success for a refusal', () => {
    expect(classify(200, refusal('access forbidden'))).to.equal(undefined);
  });
});
