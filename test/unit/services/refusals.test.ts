import { expect } from 'chai';
import type { GatewayError } from '../../../src/errors/gatewayError.ts';
import { MissingScopesError, UpstreamRejectedError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { classified } from '../../../src/pipeline/generalClassification.ts';
import { receivedAnswer } from '../../../src/pipeline/receivedAnswer.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { toProblem } from '../../../src/web/problem.ts';
import { errorOf } from '../../support/errorOf.ts';
import { getThing, httpHouse } from '../../support/httpHouse.ts';

const path = upstreamPath`/things/7`;
const PAGE = '<html><head><title>Attention Required!</title></head></html>';

/** How each service says that our key may not do this, that it knows no such key, and that the plan does not go that far. */
const words: Readonly<
  Record<
    keyof typeof serviceRegistry,
    {
      readonly forbidden: readonly string[];
      readonly gone: readonly string[];
      readonly unknownKey: readonly [number, string];
      readonly plan?: readonly [number, string];
    }
  >
> = {
  hubspot: {
    gone: ['{"status":"error","category":"OBJECT_NOT_FOUND"}', ''],
    forbidden: [
      '{"status":"error","category":"MISSING_SCOPES","errors":[{"context":{"requiredGranularScopes":["crm.objects.deals.read"]}}]}',
      '{"status":"error","message":"You do not have permissions to view object type 0-3"}',
    ],
    unknownKey: [401, '{"status":"error","category":"INVALID_AUTHENTICATION"}'],
  },
  lemlist: {
    gone: ['Lead not found', 'Contact not found', '{"error":"Variable not found"}'],
    forbidden: ['You are not allowed to do this', '{"error":"FORBIDDEN"}', ''],
    unknownKey: [403, 'User linked to this API key is blocked'],
    plan: [402, 'This route is available starting emailPro plan'],
  },
  explorium: {
    gone: ['{"detail":"Not Found"}', ''],
    forbidden: ['{"details":"You have no access to this endpoint","correlation_id":"c"}', '{"detail":"Forbidden"}', ''],
    unknownKey: [401, '{"details":"Invalid API key"}'],
  },
  kit: {
    gone: ['{"errors":["Not Found"]}', ''],
    forbidden: ['{"errors":["You do not have sufficient permissions to access this resource"]}', '{"errors":"Forbidden"}', ''],
    unknownKey: [401, '{"errors":["The access token is invalid"]}'],
    plan: [403, '{"errors":["This request would exceed your subscriber limit"]}'],
  },
  mailchimp: {
    gone: ['{"title":"Resource Not Found","status":404,"detail":"The requested resource could not be found."}'],
    forbidden: ['{"title":"Forbidden","status":403,"detail":"You are not permitted to access this resource."}'],
    unknownKey: [403, '{"title":"WrongDatacenter","status":403}'],
  },
  sendgrid: {
    gone: ['{"errors":[{"field":null,"message":"not found"}]}', ''],
    forbidden: ['{"errors":[{"field":null,"message":"access forbidden"}]}', '{"errors":["access forbidden"]}', '{"errors":[]}'],
    unknownKey: [401, '{"errors":[{"field":null,"message":"authorization required"}]}'],
  },
};

for (const service of Object.values<Service>(serviceRegistry)) {
  const { forbidden, unknownKey, plan, gone } = words[service.name as keyof typeof words];
  const errorOn = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): GatewayError | undefined => {
    return classified(service.classify, receivedAnswer({ status, headers, body }), {
      site: { service: service.name, operation: 'get_thing' },
      wallTime: 0,
    });
  };

  describe(`refusals of ${service.title}`, () => {
    it('are about the operation where the key may not do it, and told as 422 `missing_scopes`', () => {
      for (const body of forbidden) {
        const error = errorOn(403, body);

        expect(error, body).to.be.instanceOf(MissingScopesError);
        expect(toProblem(error, { requestId: 'r' }), body).to.deep.include({ status: 422 });
        expect(toProblem(error, { requestId: 'r' }).body).to.include({
          code: 'missing_scopes',
          reason: 'missing_scopes',
          retryable: false,
        });
      }
    });

    it('open no circuit, forty in a row, and leave the other operations alone', async () => {
      let isForbidden = true;
      const body = forbidden[0] ?? '';
      const house = httpHouse(
        () => Promise.resolve({ status: isForbidden ? 403 : 200, headers: {}, body: isForbidden ? body : '{"id":"7"}' }),
        { classify: service.classify, policy: { retry: { maxAttempts: 1 } } },
      );

      for (let call = 0; call < 40; call += 1) await errorOf(house.http.send(getThing, { path }), MissingScopesError);
      isForbidden = false;
      const answer = await house.http.send({ ...getThing, name: 'other_thing' }, { path });

      expect(house.breaker.snapshot()).to.include({ state: 'closed', suspicion: 0 });
      expect(house.breaker.snapshot().operations).to.include({ openCount: 0 });
      expect(answer).to.include({ id: '7' });
      house.close();
    });

    it('are about us where the key itself is refused', () => {
      expect(errorOn(...unknownKey)).to.be.instanceOf(UpstreamUnauthorizedError);
      expect(errorOn(401, '')).to.be.instanceOf(UpstreamUnauthorizedError);
    });

    it('by a page are the word of an edge, and no evidence either', () => {
      const error = errorOn(403, PAGE);

      expect(error).to.include({ verdict: 'ignored', execution: 'refused' });
      expect(error?.code).to.be.oneOf(['upstream_unavailable', 'upstream_rate_limited']);
    });

    for (const status of [404, 410]) {
      it(`by a page or a proxy's text with ${String(status)} are no word of a record that is gone`, () => {
        for (const body of [PAGE, 'default backend - 404', '404 page not found']) {
          expect(errorOn(status, body), body).to.include({ code: 'upstream_unavailable' }).and.not.instanceOf(UpstreamRejectedError);
        }
      });
    }

    it('with 404 in its own words are about the record', () => {
      for (const body of gone)
        expect(errorOn(404, body), body).to.be.instanceOf(UpstreamRejectedError).and.include({ status: 404, verdict: 'success' });
    });

    it('with 410 in its own words are told as 404 `gone`, by which removals find their work done', () => {
      for (const body of gone) {
        const error = errorOn(410, body);

        expect(error, body).to.be.instanceOf(UpstreamRejectedError).and.include({ status: 404, verdict: 'success' });
        expect(error, body).to.have.property('reason', body === 'Lead not found' ? 'lead_not_found' : 'gone');
        expect(toProblem(error, { requestId: 'r' }), body).to.include({ status: 404 });
      }
    });

    if (plan !== undefined) {
      it('over a limit of the plan are no matter of waiting', () => {
        expect(errorOn(...plan)).to.include({ code: 'upstream_rejected', reason: 'plan_limit', retryable: false });
      });
    }
  });

  describe(`a 429 of ${service.title}`, () => {
    it('pauses for the longest of what it says, an hour at most', () => {
      const waitFor = (headers: Readonly<Record<string, string>>) => errorOn(429, '', headers)?.retryAfterMs;
      const date = 'Thu, 01 Jan 1970 00:10:00 GMT';
      const most = service.name === 'hubspot' ? 10_000 : 3_600_000;

      expect(waitFor({ 'retry-after': '70, 90' })).to.equal(90_000);
      expect(waitFor({ date, 'retry-after': 'Thu, 01 Jan 1970 00:11:30 GMT' })).to.equal(90_000);
      expect(waitFor({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '90' })).to.equal(90_000);
      expect(waitFor({ 'retry-after': '80000' })).to.equal(most);
    });

    it('is bounded, and so is a 503, where Retry-After has hundreds of digits, or none that can be read', () => {
      for (const digits of [20, 300, 400]) {
        const headers = { 'retry-after': '9'.repeat(digits) };

        expect(errorOn(429, '', headers)?.retryAfterMs, String(digits)).to.equal(service.name === 'hubspot' ? 10_000 : 3_600_000);
        expect(errorOn(503, '', headers)?.retryAfterMs, String(digits)).to.equal(3_600_000);
      }
      for (const unread of ['9e999', '-5', 'Infinity'])
        expect(errorOn(429, '', { 'retry-after': unread })?.retryAfterMs ?? 0, unread).to.be.at.most(60_000);
    });
  });
}
