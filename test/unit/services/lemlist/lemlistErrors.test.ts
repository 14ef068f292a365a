import { expect } from 'chai';
import { UpstreamQuotaExhaustedError, UpstreamRejectedError, UpstreamUnauthorizedError } from '../../../../src/errors/upstreamErrors.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifyLemlistAnswer } from '../../../../src/services/lemlist/lemlistErrors.ts';

const classify = (status: number, body: string, operation = 'add_lead') =>
  classifyLemlistAnswer(receivedAnswer({ status, headers: {}, body }), { site: { service: 'lemlist', operation }, wallTime: 0 });

/** The sentence, its status, and what it becomes. */
const rejections = [
  [400, 'Lead already in the campaign', 409, 'lead_exists'],
  [409, 'Lead already in other campaign', 409, 'lead_exists'],
  [500, 'Lead already in other campaign', 409, 'lead_exists'],
  [500, 'Lead in graveyard', 409, 'lead_in_graveyard'],
  [404, 'Campaign not found', 404, 'campaign_not_found'],
  [404, 'Lead not found', 404, 'lead_not_found'],
  [402, 'This route is available starting emailPro plan', 402, 'plan_limit'],
  [429, 'Monitoring limit exceeded', 429, 'plan_limit'],
  [500, 'Invalid email address or domain', 400, 'invalid_value'],
  [400, '{"success":false,"error":{"code":"MISSING_IDENTIFIER","message":"…"}}', 400, 'missing_identifier'],
  [400, '{"error":"WRONG_INPUT_FORMAT"}', 400, 'wrong_input_format'],
] as const;

describe('classification of Lemlist', () => {
  for (const [status, body, ours, reason] of rejections) {
    it(`calls ${String(status)} "${body}" a rejection ${String(ours)} ${reason}, and the service well`, () => {
      const error = classify(status, body);

      expect(error).to.be.instanceOf(UpstreamRejectedError);
      expect(error).to.include({ status: ours, reason, retryable: false, verdict: 'success' });
    });
  }

  it('tells in which campaign a duplicate was found', () => {
    expect(classify(400, 'Lead already in the campaign')).to.have.deep.property('details', { where: 'same_campaign' });
    expect(classify(500, 'Lead already in other campaign')).to.have.deep.property('details', { where: 'other_campaign' });
  });

  for (const [status, body] of [
    [400, 'No API key provided'],
    [400, 'Bad team'],
    [401, 'The authentication you supplied is incorrect'],
    [403, 'User linked to this API key is blocked'],
    [404, 'No user found for this API key'],
  ] as const) {
    it(`calls ${String(status)} "${body}" a refusal of our credential`, () => {
      expect(classify(status, body)).to.be.instanceOf(UpstreamUnauthorizedError);
    });
  }

  it('calls 402 for want of credits the end of the credits', () => {
    expect(classify(402, 'Insufficient credits'))
      .to.be.instanceOf(UpstreamQuotaExhaustedError)
      .and.include({ quota: 'credits', verdict: 'ignored' });
  });

  it('calls 409 on a resubscription final, whatever the sentence', () => {
    expect(classify(409, 'no', 'remove_unsubscribe')).to.include({ status: 409, reason: 'unsubscribe_is_final' });
    expect(classify(409, 'no', 'update_lead')).to.equal(undefined);
  });

  it('leaves what it does not know to the general rules', () => {
    expect(classify(429, 'Too Many Requests')).to.equal(undefined);
    expect(classify(402, 'anything else')).to.equal(undefined);
    expect(classify(500, 'Failed to unsubscribe variable')).to.equal(undefined);
    expect(classify(502, '<html>Bad Gateway</html>')).to.equal(undefined);
  });

  it('takes no sentence inside a success for an error', () => {
    expect(classify(200, '{"icebreaker":"Lead not found"}')).to.equal(undefined);
  });

  it('looks for sentences at the beginning of a body only', () => {
    expect(classify(500, `${'x'.repeat(2_000)} Lead in graveyard`)).to.equal(undefined);
  });
});
