import { expect } from 'chai';
import {
  MissingScopesError,
  UpstreamBlockedError,
  UpstreamContractBrokenError,
  UpstreamUnavailableError,
} from '../../../src/errors/upstreamErrors.ts';
import { classifyStatus } from '../../../src/pipeline/generalClassification.ts';
import { receivedAnswer } from '../../../src/pipeline/receivedAnswer.ts';

const site = { service: 'acme', operation: 'get_thing' };
const classify = (status: number, headers: Readonly<Record<string, string>> = {}, body = '') =>
  classifyStatus(receivedAnswer({ status, headers, body }), { site, wallTime: 0 });

interface Expected {
  readonly code: string;
  readonly verdict: string;
  readonly retryable: boolean;
  readonly execution: string;
}

const rejected: Expected = { code: 'upstream_rejected', verdict: 'success', retryable: false, execution: 'refused' };
const notAllowed: Expected = { ...rejected, code: 'missing_scopes' };
const unauthorized: Expected = { code: 'upstream_unauthorized', verdict: 'ignored', retryable: false, execution: 'refused' };
const limited: Expected = { code: 'upstream_rate_limited', verdict: 'ignored', retryable: true, execution: 'refused' };
const failing: Expected = { code: 'upstream_unavailable', verdict: 'failure', retryable: true, execution: 'unknown' };
const notReady: Expected = { ...failing, execution: 'refused' };
const broken: Expected = { code: 'upstream_contract_broken', verdict: 'failure', retryable: false, execution: 'unknown' };

const table: readonly (readonly [Expected, readonly number[]])[] = [
  [rejected, [400, 402, 404, 405, 409, 410, 412, 413, 415, 418, 422, 423, 451, 499]],
  [unauthorized, [401]],
  [notAllowed, [403]],
  [failing, [408, 425, 500, 501, 502, 504, 507, 520, 524, 599]],
  [limited, [429]],
  [notReady, [503]],
  [broken, [100, 300, 301, 302, 303, 304, 307, 308]],
];

describe('general classification', () => {
  for (const [expected, statuses] of table) {
    for (const status of statuses) {
      it(`makes ${expected.code} (${expected.verdict}, ${expected.execution}) of a ${String(status)}`, () => {
        const error = classify(status);

        expect(error).to.include(expected).and.to.include(site);
      });
    }
  }

  for (const status of [200, 201, 202, 204, 206, 299]) {
    it(`finds nothing wrong with a ${String(status)}`, () => {
      expect(classify(status)).to.equal(undefined);
    });
  }

  it('has a word for every status there is', () => {
    for (let status = 100; status < 600; status += 1) {
      expect(classify(status) === undefined, String(status)).to.equal(status >= 200 && status < 300);
    }
  });

  it('passes the status of a refusal on', () => {
    expect(classify(409)).to.include({ status: 409 });
  });

  it('heeds Retry-After on 429 and 503, and nowhere else', () => {
    const statuses = [200, 400, 401, 404, 408, 429, 500, 502, 503];

    const heeding = statuses.filter((status) => classify(status, { 'retry-after': '7' })?.retryAfterMs === 7_000);

    expect(heeding).to.deep.equal([429, 503]);
  });

  it('measures the date of a Retry-After against the wall clock', () => {
    const error = classifyStatus(receivedAnswer({ status: 429, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:01:00 GMT' }, body: '' }), {
      site,
      wallTime: 20_000,
    });

    expect(error).to.include({ retryAfterMs: 40_000 });
  });

  it('takes a page with a 403 for an edge that blocks a request, which says nothing about the service', () => {
    const blocked = { code: 'upstream_unavailable', verdict: 'ignored', execution: 'refused', retryAfterMs: 60_000 };
    for (const [headers, body] of [
      [{ 'content-type': 'Text/HTML; charset=UTF-8' }, 'Attention Required!'],
      [{}, '\n<!DOCTYPE html><title>Access denied</title>'],
      [{ 'content-type': 'text/html' }, ''],
    ] as const) {
      expect(classify(403, headers, body), body)
        .to.be.instanceOf(UpstreamBlockedError)
        .and.include(blocked);
    }
    expect(classify(403, { 'content-type': 'text/html' }, '{"message":"no"}')).to.be.instanceOf(MissingScopesError);
  });

  it('calls a 402 a limit of the plan', () => {
    expect(classify(402)).to.include({ reason: 'plan_limit' });
  });

  it('calls a failing status unavailability, and a redirect a broken contract', () => {
    expect(classify(500)).to.be.instanceOf(UpstreamUnavailableError).and.include({ kind: 'http_5xx' });
    expect(classify(302)).to.be.instanceOf(UpstreamContractBrokenError).and.include({ kind: 'contract' });
  });
});
