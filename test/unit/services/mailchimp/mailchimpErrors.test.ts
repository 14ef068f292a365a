import { expect } from 'chai';
import {
  MissingScopesError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
} from '../../../../src/errors/upstreamErrors.ts';
import { classifyStatus } from '../../../../src/pipeline/generalClassification.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifyMailchimpAnswer, rowFailure } from '../../../../src/services/mailchimp/mailchimpErrors.ts';

const EMAIL = 'ada@example.com';
const PAGE = '<HTML><BODY><H1>Access Denied</H1></BODY></HTML>';

const problem = (title: string, detail = '', errors?: unknown): string =>
  JSON.stringify({ type: 'about', title, status: 0, detail, errors });

const context = (operation = 'upsert_member') => ({ site: { service: 'mailchimp', operation }, wallTime: 0 });

const classify = (status: number, body: string, operation?: string, headers: Readonly<Record<string, string>> = {}) =>
  classifyMailchimpAnswer(receivedAnswer({ status, headers, body }), context(operation));

/** What a call ends with: our rules first, then the general ones. */
const verdictOn = (status: number, body: string) =>
  classify(status, body) ?? classifyStatus(receivedAnswer({ status, headers: {}, body }), context());

const rejections = [
  [400, 'Member Exists', `${EMAIL} is already a list member. Use PUT to insert or update list members.`, 409, 'member_exists'],
  [400, 'Member In Compliance State', `${EMAIL} is in a compliance state due to unsubscribe`, 400, 'member_in_compliance_state'],
  [400, 'Forgotten Email Not Subscribed', `${EMAIL} was permanently deleted`, 400, 'email_permanently_deleted'],
  [400, 'Invalid Resource', `${EMAIL} looks fake or invalid, please enter a real email address.`, 400, 'email_looks_fake'],
  [400, 'Invalid Resource', `${EMAIL} has signed up to a lot of lists very recently`, 400, 'email_signed_up_too_often'],
  [400, 'Invalid Resource', 'The resource submitted could not be validated.', 400, 'invalid_resource'],
  [400, 'JSONParseError', 'We encountered an unspecified JSON parsing error.', 400, 'malformed_json'],
  [404, 'Resource Not Found', 'The requested resource could not be found.', 404, 'not_found'],
  [405, 'Method Not Allowed', 'The requested method and resource are not compatible.', 405, 'method_not_allowed'],
  [503, 'ComplianceRelated', 'This method has been disabled.', 503, 'disabled_for_compliance'],
] as const;

describe('classification of Mailchimp', () => {
  for (const [status, title, detail, ours, reason] of rejections) {
    it(`calls ${String(status)} "${title}" (${detail.replace(EMAIL, '…').slice(0, 30)}) a rejection ${String(ours)} ${reason}`, () => {
      const error = classify(status, problem(title, detail));

      expect(error).to.be.instanceOf(UpstreamRejectedError);
      expect(error).to.include({ status: ours, reason, retryable: false, verdict: 'success' });
      expect(JSON.stringify([(error as Error).message, error])).to.not.include(EMAIL);
    });
  }

  it('names the fields at fault, and nothing that could be somebody’s data', () => {
    const faults = [{ field: 'merge_fields.FNAME', message: `${EMAIL} is bad` }, { field: '' }, { field: EMAIL }, { field: 7 }, 'x'];

    const error = classify(400, problem('Invalid Resource', 'See errors.', faults));

    expect(error).to.have.deep.property('details', { fields: ['merge_fields.FNAME'] });
  });

  it('calls a 403 without JSON throttling, and one with a problem a missing right, or a key that is good for nothing', () => {
    for (const body of ['', PAGE, 'Access Denied']) expect(verdictOn(403, body)).to.be.instanceOf(UpstreamRateLimitedError);
    for (const body of [problem('Forbidden'), problem('', 'You are not permitted to access this resource.'), '{}']) {
      expect(verdictOn(403, body)).to.be.instanceOf(MissingScopesError);
    }
    for (const title of ['WrongDatacenter', 'UserDisabled'])
      expect(verdictOn(403, problem(title))).to.be.instanceOf(UpstreamUnauthorizedError);
  });

  it('knows a 429 by its status, whatever its body, and waits a second where nobody says how long', () => {
    for (const body of [problem('Too Many Requests'), PAGE, '']) {
      expect(classify(429, body)).to.be.instanceOf(UpstreamRateLimitedError).and.include({ retryAfterMs: 1_000 });
    }
    expect(classify(429, '', 'ping', { 'retry-after': '7' })).to.include({ retryAfterMs: 7_000 });
  });

  for (const status of [400, 404, 405, 406, 409, 422]) {
    it(`takes a page with ${String(status)} for a failure of the edge, not for Mailchimp’s word`, () => {
      const error = classify(status, PAGE);

      expect(error).to.be.instanceOf(UpstreamUnavailableError);
      expect(error).to.include({ retryable: true, verdict: 'failure', execution: 'unknown' });
    });
  }

  it('leaves our credential, requests that are too long, and all 5xx to the general rules', () => {
    for (const status of [401, 413, 414, 426, 431, 500, 502, 503]) expect(classify(status, PAGE), String(status)).to.equal(undefined);
    expect(classify(401, problem('API Key Invalid'))).to.equal(undefined);
    expect(classify(500, problem('Internal Server Error'))).to.equal(undefined);
    expect(classify(503, problem('Service Unavailable'))).to.equal(undefined);
  });

  it('reads a title only with the status that goes with it', () => {
    expect(classify(500, problem('Member Exists'))).to.equal(undefined);
    expect(verdictOn(409, problem('Member Exists'))).to.include({ status: 409, reason: 'rejected' });
  });

  it('takes the refusal of a repeated archiving for its success, by 404 or by 405', () => {
    expect(classify(404, problem('Resource Not Found'), 'archive_member')).to.equal('accepted');
    expect(classify(405, problem('Method Not Allowed'), 'archive_member')).to.equal('accepted');
    expect(classify(404, PAGE, 'archive_member')).to.be.instanceOf(UpstreamUnavailableError);
    expect(classify(404, problem('Resource Not Found'), 'get_member')).to.include({ status: 404 });
  });

  it('takes no title inside a success for an error', () => {
    expect(classify(200, problem('Member Exists'))).to.equal(undefined);
  });
});

describe('row failures of Mailchimp', () => {
  const failureOf = (error: string, code = 'ERROR_GENERIC', field = '') =>
    rowFailure({ email_address: EMAIL, error, error_code: code, field, field_message: '' });

  it('are told by their code, or by what their sentence means', () => {
    expect(failureOf('whatever', 'ERROR_CONTACT_EXISTS')).to.deep.equal({ reason: 'member_exists' });
    expect(failureOf(`${EMAIL} is in a compliance state due to unsubscribe`)).to.deep.equal({ reason: 'member_in_compliance_state' });
    expect(failureOf(`${EMAIL} was permanently deleted and cannot be re-imported.`)).to.deep.equal({ reason: 'email_permanently_deleted' });
    expect(failureOf(`${EMAIL} looks fake or invalid`)).to.deep.equal({ reason: 'email_looks_fake' });
    expect(failureOf('Something new')).to.deep.equal({ reason: 'rejected' });
    expect(rowFailure({ email_address: EMAIL })).to.deep.equal({ reason: 'rejected' });
  });

  it('name the field at fault, but no value', () => {
    expect(failureOf('Your merge fields were invalid.', 'ERROR_GENERIC', 'COMPANY')).to.deep.equal({
      reason: 'rejected',
      field: 'COMPANY',
    });
    expect(failureOf('Bad.', 'ERROR_GENERIC', EMAIL)).to.deep.equal({ reason: 'rejected' });
  });
});
