import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { GatewayError } from '../../../src/errors/gatewayError.ts';
import { ForbiddenError, InvalidRequestError, MethodNotAllowedError, UnauthenticatedError } from '../../../src/errors/requestErrors.ts';
import {
  BulkheadFullError,
  CallCancelledError,
  CircuitOpenError,
  DeadlineExceededError,
  OutcomeUnknownError,
  UpstreamContractBrokenError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
} from '../../../src/errors/upstreamErrors.ts';
import { toProblem } from '../../../src/web/problem.ts';
import { problemKinds } from '../../../src/web/problemKinds.ts';

const site = { service: 'hubspot', operation: 'get_contact' };
const context = { requestId: 'request-1' };

const headersOf = (error: unknown): Readonly<Record<string, string>> => {
  const { headers } = toProblem(error, context);
  return Object.fromEntries(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]!]] : [])));
};

const statuses: readonly (readonly [GatewayError, number])[] = [
  [new InvalidRequestError('no'), 400],
  [new UnauthenticatedError('no'), 401],
  [new ForbiddenError('no'), 403],
  [new UpstreamRejectedError(site, 400), 422],
  [new UpstreamRejectedError(site, 404), 404],
  [new UpstreamRejectedError(site, 409), 409],
  [new UpstreamUnauthorizedError(site, 401), 502],
  [new UpstreamQuotaExhaustedError(site, 'daily'), 503],
  [new UpstreamRateLimitedError(site), 503],
  [new UpstreamUnavailableError(site, 'http_5xx', 'unknown'), 502],
  [new UpstreamTimeoutError(site, 4000), 504],
  [new UpstreamContractBrokenError(site, 'not JSON'), 502],
  [new DeadlineExceededError(site, 1000), 504],
  [new CircuitOpenError(site, 'hubspot', 'failure_rate'), 503],
  [new BulkheadFullError(site, 10), 503],
  [new CallCancelledError(site), 499],
  [new OutcomeUnknownError(site, new UpstreamTimeoutError(site, 4000)), 504],
];

describe('problem', () => {
  for (const [error, status] of statuses) {
    it(`answers ${String(status)} to ${error.code} (${error.message})`, () => {
      const problem = toProblem(error, context);

      expect(problem.status).to.equal(status);
      expect(problem.body).to.include({
        status,
        code: error.code,
        type: `/docs/problems#${error.code}`,
        instance: 'urn:request:request-1',
      });
    });
  }

  it('is documented, each code with its status', () => {
    const page = readFileSync('docs/api.md', 'utf8');

    const documented = [...page.matchAll(/^\| `(\w+)` \| (\d{3})/gmu)].map(([, code, status]) => [code, Number(status)]);

    const seen = Object.entries(problemKinds).filter(([code]) => code !== 'call_cancelled');
    expect(documented).to.have.deep.members(seen.map(([code, { status }]) => [code, status]));
  });

  it('sends Retry-After with every 503, in whole seconds, rounded up and at least 1', () => {
    const [soon, later, unknown] = [10, 5001, undefined].map((ms) => headersOf(new CircuitOpenError(site, 'hubspot', 'failure_rate', ms)));

    expect(soon).to.include({ 'Retry-After': '1' });
    expect(later).to.include({ 'Retry-After': '6' });
    expect(unknown).to.include({ 'Retry-After': '5' });
    expect(headersOf(new UpstreamQuotaExhaustedError(site, 'daily', Number.POSITIVE_INFINITY))).to.include({ 'Retry-After': '300' });
  });

  it('tells callers that a 503 may be repeated, and an unknown outcome may not', () => {
    const open = toProblem(new CircuitOpenError(site, 'hubspot', 'failure_rate', 3000), context);
    const unknown = toProblem(new OutcomeUnknownError(site, new UpstreamTimeoutError(site, 10)), context);

    expect(open.body).to.include({ retryable: true, retryAfterSeconds: 3, circuit: 'hubspot', reason: 'failure_rate' });
    expect(unknown.body.retryable).to.equal(false);
  });

  it('says what the service refused, with the facts that help', () => {
    const error = new UpstreamRejectedError(site, 409, 'contact_exists', { existingId: '42' });

    const { body } = toProblem(error, context);

    expect(body).to.deep.include({
      upstream: 'hubspot',
      operation: 'get_contact',
      reason: 'contact_exists',
      details: { existingId: '42' },
    });
  });

  it('lists the faults of an invalid request', () => {
    const faults = [{ at: 'body.email', message: 'Invalid email address' }];

    const { body } = toProblem(new InvalidRequestError('not valid', faults), context);

    expect(body.faults).to.deep.equal(faults);
  });

  it('tells nothing of an error that is not ours', () => {
    const problem = toProblem(new Error('password=hunter2'), context);

    expect(problem.status).to.equal(500);
    expect(problem.body).to.include({ code: 'internal_error', retryable: false });
    expect(JSON.stringify(problem)).not.to.contain('hunter2');
  });

  it('names the allowed methods and the way to authenticate in headers', () => {
    expect(headersOf(new MethodNotAllowedError('PUT', ['GET', 'HEAD']))).to.include({ Allow: 'GET, HEAD' });
    expect(headersOf(new UnauthenticatedError('no'))).to.include({ 'WWW-Authenticate': 'Bearer realm="sales-auto-api"' });
    expect(headersOf(new ForbiddenError('no'))['WWW-Authenticate']).to.contain('insufficient_scope');
  });
});

describe('proxy status', () => {
  const unavailable = (kind: UpstreamUnavailableError['kind']): string | undefined =>
    headersOf(new UpstreamUnavailableError(site, kind, 'unknown'))['Proxy-Status'];

  it('names each kind of failure by its registered type, and the service as the next hop', () => {
    expect(unavailable('http_5xx')).to.equal(
      'sales-auto-api; error=destination_unavailable; details="upstream_unavailable"; next-hop=hubspot',
    );
    expect(unavailable('connect')).to.contain('error=connection_refused;');
    expect(unavailable('reset')).to.contain('error=connection_terminated;');
    expect(unavailable('dns')).to.contain('error=dns_error;');
    expect(unavailable('tls')).to.contain('error=tls_protocol_error;');
    expect(unavailable('too_large')).to.contain('error=http_response_body_size;');
  });

  it('names refusals of our own as what they are', () => {
    expect(headersOf(new CircuitOpenError(site, 'hubspot', 'failure_rate'))['Proxy-Status']).to.contain('error=destination_unavailable;');
    expect(headersOf(new BulkheadFullError(site, 1))['Proxy-Status']).to.contain('error=connection_limit_reached;');
    expect(headersOf(new DeadlineExceededError(site, 1))['Proxy-Status']).to.contain('error=http_response_timeout;');
    expect(headersOf(new UpstreamUnauthorizedError(site, 401))['Proxy-Status']).to.contain('error=proxy_configuration_error;');
  });

  it('tells an unknown outcome by the kind of failure that left it so', () => {
    const reset = new UpstreamUnavailableError(site, 'reset', 'unknown');

    expect(headersOf(new OutcomeUnknownError(site, reset))['Proxy-Status']).to.contain('error=connection_terminated;');
  });

  it('reports the status of a service that is well and refuses', () => {
    expect(headersOf(new UpstreamRejectedError(site, 404))['Proxy-Status']).to.equal(
      'sales-auto-api; received-status=404; next-hop=hubspot',
    );
  });

  it("is absent from the caller's own mistakes", () => {
    expect(headersOf(new InvalidRequestError('no'))).not.to.have.property('Proxy-Status');
  });
});
