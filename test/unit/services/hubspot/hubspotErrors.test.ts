import { expect } from 'chai';
import {
  MissingScopesError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../../../src/errors/upstreamErrors.ts';
import { receivedAnswer } from '../../../../src/pipeline/receivedAnswer.ts';
import { classifyHubspot } from '../../../../src/services/hubspot/hubspotErrors.ts';
import { readHubspotQuota } from '../../../../src/services/hubspot/hubspot.ts';
import { minutes, seconds } from '../../../../src/time/clock.ts';

const classify = (status: number, body: unknown, { headers = {}, operation = 'get_contact' } = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const site = { service: 'hubspot', operation };
  return classifyHubspot(receivedAnswer({ status, headers, body: text }), { site, wallTime: Date.UTC(2026, 0, 1) });
};

describe('classifyHubspot', () => {
  describe('429', () => {
    const rateLimits = [
      { what: 'TEN_SECONDLY_ROLLING', body: { policyName: 'TEN_SECONDLY_ROLLING' }, waitMs: seconds(10) },
      { what: 'SECONDLY', body: { policyName: 'SECONDLY' }, waitMs: seconds(1) },
      { what: "search's sentence", body: { message: 'You have reached your secondly limit.' }, waitMs: seconds(1) },
      { what: 'a sentence of ten seconds', body: { message: 'You have reached your ten_secondly_rolling limit.' }, waitMs: seconds(10) },
      { what: 'plain text of the edge', body: 'error code: 1015', waitMs: seconds(10) },
      { what: 'no body', body: '', waitMs: seconds(10) },
      { what: 'a body of another shape', body: { policyName: 7, message: ['x'] }, waitMs: seconds(10) },
    ];

    for (const { what, body, waitMs } of rateLimits) {
      it(`waits ${String(waitMs)} ms after a 429 with ${what}`, () => {
        const error = classify(429, body);

        expect(error).to.be.instanceOf(UpstreamRateLimitedError);
        expect(error).to.include({ retryAfterMs: waitMs, verdict: 'ignored', execution: 'refused' });
      });
    }

    it('waits a second for a search whose 429 says nothing', () => {
      const error = classify(429, '', { operation: 'search_deals' });

      expect(error).to.include({ code: 'upstream_rate_limited', retryAfterMs: seconds(1) });
    });

    it('takes a Retry-After that would be long for milliseconds, its unit is not documented', () => {
      const error = classify(429, { policyName: 'SECONDLY' }, { headers: { 'retry-after': '60000' } });

      expect(error).to.include({ retryAfterMs: seconds(1) });
    });

    it('waits for the later of the window and a Retry-After of seconds', () => {
      const waits = ['2', '30', '30, 40'].map((asked) => {
        const error = classify(429, { policyName: 'TEN_SECONDLY_ROLLING' }, { headers: { 'retry-after': asked } });
        return (error as UpstreamRateLimitedError).retryAfterMs;
      });

      expect(waits).to.deep.equal([10, 30, 40].map(seconds));
    });

    for (const body of [{ policyName: 'DAILY' }, { message: 'You have reached your daily limit.' }]) {
      it(`sees the end of the day's quota in ${JSON.stringify(body)}`, () => {
        const error = classify(429, body);

        expect(error).to.be.instanceOf(UpstreamQuotaExhaustedError);
        expect(error).to.include({ quota: 'daily', retryAfterMs: minutes(5), retryable: false });
      });
    }
  });

  it('names the contact in the way of a 409', () => {
    const error = classify(409, { message: 'Contact already exists. Existing ID: 3401', category: 'CONFLICT' });

    expect(error).to.be.instanceOf(UpstreamRejectedError);
    expect(error).to.deep.include({ status: 409, reason: 'contact_exists', details: { existingId: '3401' } });
  });

  it('calls a 409 about anything else a conflict', () => {
    const error = classify(409, { message: 'something else', category: 'CONFLICT' });

    expect(error).to.deep.include({ status: 409, reason: 'conflict', details: {} });
  });

  it('tells names and codes of a validation error, and nothing of the values', () => {
    const list = JSON.stringify([{ isValid: false, message: 'secret@example.com is invalid', error: 'INVALID_EMAIL', name: 'email' }]);
    const error = classify(400, {
      category: 'VALIDATION_ERROR',
      message: `Property values were not valid: ${list}`,
      errors: [
        { message: 'Property "nope" does not exist', code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['nope'] } },
        { code: 'not a code', context: { propertyName: ['secret@example.com'] } },
      ],
    });

    expect(error).to.deep.include({
      status: 400,
      reason: 'validation_failed',
      details: { properties: ['nope', 'email'], codes: ['PROPERTY_DOESNT_EXIST', 'INVALID_EMAIL'] },
    });
    expect(JSON.stringify(error) + String(error)).not.to.include('secret');
  });

  it('takes names that stand inside a quoted value for what they are', () => {
    const list = JSON.stringify([{ message: 'the value {"name":"planted"} is invalid', error: 'INVALID_DATE', name: 'closedate' }]);

    const error = classify(400, { category: 'VALIDATION_ERROR', message: `Property values were not valid: ${list}` });

    expect(error).to.deep.include({ details: { properties: ['closedate'], codes: ['INVALID_DATE'] } });
  });

  it('repeats nothing before a lock of two seconds is over, and holds it against nobody', () => {
    const error = classify(423, { status: 'error' });

    expect(error).to.include({ retryable: true, retryAfterMs: seconds(2), verdict: 'ignored', execution: 'refused' });
  });

  it('takes a 477 for an outage of as many seconds as it says', () => {
    const error = classify(477, { status: 'error' }, { headers: { 'retry-after': '3600' } });

    expect(error).to.be.instanceOf(UpstreamUnavailableError);
    expect(error).to.include({ retryAfterMs: seconds(3_600), verdict: 'failure', execution: 'refused' });
  });

  it('does not come back within any deadline after a 477 that says nothing', () => {
    const error = classify(477, '');

    expect(error).to.include({ retryAfterMs: seconds(60) });
  });

  it('leaves a 401, and a page with a 403, to the general rules', () => {
    expect(classify(401, { category: 'INVALID_AUTHENTICATION' })).to.equal(undefined);
    expect(classify(403, '<html>Attention Required!</html>')).to.equal(undefined);
  });

  for (const [where, body] of [
    [
      'the context of its errors',
      { errors: [{ context: { requiredGranularScopes: ['crm.objects.deals.read', 'crm.schemas.deals.read'] } }] },
    ],
    ['a context of its own', { context: { requiredScopes: ['crm.objects.deals.read', 'crm.schemas.deals.read'] } }],
    [
      'a text for each',
      { errors: [{ context: { missingScopes: 'crm.objects.deals.read' } }, { context: { requiredScopes: 'crm.schemas.deals.read' } }] },
    ],
    [
      'lists that repeat themselves',
      {
        errors: [{ context: { requiredScopes: ['crm.objects.deals.read', 'ada@example.com'] } }, 'x'],
        context: { requiredScopes: ['crm.objects.deals.read', 'crm.schemas.deals.read', 7] },
      },
    ],
  ] as const) {
    it(`names the missing scopes of a 403 from ${where}`, () => {
      const error = classify(403, { category: 'MISSING_SCOPES', ...body });

      expect(error).to.be.instanceOf(MissingScopesError).and.include({ verdict: 'success', retryable: false });
      expect((error as MissingScopesError).details['scopes'])
        .to.include('crm.objects.deals.read')
        .and.not.include('ada@example.com');
    });
  }

  it('passes a 404 on', () => {
    const error = classify(404, { category: 'OBJECT_NOT_FOUND' });

    expect(error).to.include({ code: 'upstream_rejected', status: 404, reason: 'not_found', verdict: 'success' });
  });

  const others: readonly (readonly [status: number, body: unknown])[] = [
    [200, {}],
    [207, {}],
    [400, {}],
    [400, 'not JSON'],
    [414, {}],
    [502, '<html>'],
    [503, {}],
    [524, ''],
  ];
  it('leaves whatever else HubSpot answers to the general rules', () => {
    for (const [status, body] of others) expect(classify(status, body)).to.equal(undefined);
  });
});

describe('readHubspotQuota', () => {
  const readQuota = (headers: Readonly<Record<string, string>>) => readHubspotQuota(headers, { operation: 'get_contact', wallTime: 0 });

  it('reads the ten-second and the daily quota', () => {
    const readings = readQuota({
      'x-hubspot-ratelimit-max': '190',
      'x-hubspot-ratelimit-remaining': '188',
      'x-hubspot-ratelimit-daily': '1000000',
      'x-hubspot-ratelimit-daily-remaining': '999000',
    });

    expect(readings).to.deep.equal([
      { window: 'ten_seconds', limit: 190, remaining: 188 },
      { window: 'day', limit: 1_000_000, remaining: 999_000 },
    ]);
  });

  it('reads nothing from the answer to a search', () => {
    expect(readQuota({ 'x-hubspot-rate-limit-exemptions': '["ten-secondly"]' })).to.deep.equal([]);
  });
});
