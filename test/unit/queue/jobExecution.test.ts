import { expect } from 'chai';
import { InvalidRequestError } from '../../../src/errors/requestErrors.ts';
import {
  MissingScopesError,
  BulkheadFullError,
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
import type { Operation } from '../../../src/contract/operation.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { type FailedExecution, MAX_ATTEMPTS, outcomeOfError, restAfter } from '../../../src/queue/jobExecution.ts';
import { createThing, type Thing } from '../../support/httpHouse.ts';

const site = { service: 'acme', operation: 'create_thing' };

const never: Operation<Thing> = { ...createThing, queue: {} };
const natural: Operation<Thing> = { ...never, idempotency: 'natural' };
const unique: Operation<Thing> = { ...never, queue: { alreadyDone: ({ reason }) => reason === 'thing_exists' } };

const judge = (error: unknown, fields: Partial<FailedExecution> = {}) =>
  outcomeOfError({
    error,
    operation: never,
    request: { path: upstreamPath`/things` },
    attempts: 0,
    mayHaveHappened: false,
    random: () => 0.5,
    ...fields,
  });

describe('the outcome of a failed execution', () => {
  for (const [error, afterMs] of [
    [new CircuitOpenError(site, 'acme', 'failure_evidence', 30_000), 500],
    [new BulkheadFullError(site, 1_000), 500],
    [new UpstreamRateLimitedError(site, 4_000), 4_500],
    [new UpstreamRateLimitedError(site), 16_875],
    [new UpstreamQuotaExhaustedError(site, 'daily', 60_000), 67_500],
    [new UpstreamQuotaExhaustedError(site, 'credits'), 337_500],
    [new UpstreamUnavailableError(site, 'connect', 'not_sent'), 2_250],
    [new UpstreamUnavailableError(site, 'http_5xx', 'refused', 86_400_000), 1_012_500],
    [new UpstreamUnavailableError(site, 'http_5xx', 'refused', 0), 281.25],
    [new DeadlineExceededError(site, 1_000, 'not_sent'), 16_875],
    [new UpstreamUnauthorizedError(site, 401), 67_500],
  ] as const) {
    it(`is a postponement by ${String(afterMs)} ms after "${error.message}", whatever the operation and however often`, () => {
      for (const operation of [never, natural, unique]) {
        expect(judge(error, { operation, attempts: 100 })).to.deep.equal({ kind: 'postponed', reason: error.code, afterMs });
      }
    });
  }

  it('waits for the circuit of its operation where that alone is open', () => {
    const stopped = new CircuitOpenError(site, 'acme:create_thing', 'failure_evidence', 8_000);

    expect(judge(stopped)).to.deep.equal({ kind: 'postponed', reason: 'operation_circuit_open', afterMs: 9_000 });
    expect(judge(new CircuitOpenError(site, 'acme:create_thing', 'probing'))).to.include({ afterMs: 16_875 });
  });

  for (const error of [
    new UpstreamUnavailableError(site, 'reset', 'unknown'),
    new UpstreamTimeoutError(site, 4_000),
    new DeadlineExceededError(site, 4_000),
    new CircuitOpenError(site, 'acme', 'slow_evidence', 1_000, 'unknown'),
    new UpstreamContractBrokenError(site, 'the answer is not HTTP'),
  ]) {
    it(`is a repeat after "${error.message}" where that does no harm`, () => {
      expect(judge(error, { operation: natural })).to.deep.equal({ kind: 'retry', reason: error.code, afterMs: 500 });
      expect(judge(error, { operation: unique })).to.include({ kind: 'retry' });
    });
  }

  for (const error of [
    new OutcomeUnknownError(site, new UpstreamTimeoutError(site, 4_000)),
    new UpstreamContractBrokenError(site, 'the answer is not HTTP'),
  ]) {
    it(`is uncertain after "${error.message}" where a repeat could do it twice`, () => {
      expect(judge(error)).to.deep.equal({ kind: 'uncertain', reason: error.code });
    });
  }

  it('is uncertain, or a repeat, after an error of ours that nobody foresaw', () => {
    expect(judge(new TypeError('x'))).to.deep.equal({ kind: 'uncertain', reason: 'internal_error' });
    expect(judge(new TypeError('x'), { operation: natural })).to.include({ kind: 'retry', reason: 'internal_error' });
  });

  it('is uncertain where the service could not tell the double of this request', () => {
    const nameless: Operation<Thing> = { ...unique, queue: { ...unique.queue, tellsDoubles: () => false } };

    expect(judge(new UpstreamTimeoutError(site, 1), { operation: nameless })).to.include({ kind: 'uncertain' });
  });

  it('waits longer from repeat to repeat, a minute at most, with jitter', () => {
    const pauses = [0, 1, 2, 5, 6].map((attempts) => judge(new UpstreamTimeoutError(site, 1), { operation: natural, attempts }));
    const unlucky = judge(new UpstreamTimeoutError(site, 1), { operation: natural, random: () => 0 });

    expect(pauses.map((outcome) => ('afterMs' in outcome ? outcome.afterMs : 0))).to.deep.equal([500, 1_000, 2_000, 16_000, 30_000]);
    expect(unlucky).to.include({ afterMs: 250 });
  });

  it('is a dead letter after the last attempt', () => {
    const last = judge(new UpstreamTimeoutError(site, 1), { operation: natural, attempts: MAX_ATTEMPTS - 1 });

    expect(last).to.deep.equal({ kind: 'failed', reason: 'upstream_timeout' });
  });

  it('is a dead letter, with its reason, after a refusal of what it says', () => {
    expect(judge(new UpstreamRejectedError(site, 422, 'validation_failed'))).to.deep.equal({ kind: 'failed', reason: 'validation_failed' });
    expect(judge(new InvalidRequestError('a header cannot be sent'))).to.deep.equal({ kind: 'failed', reason: 'invalid_request' });
    expect(judge(new MissingScopesError(site, 403, ['crm.read']))).to.deep.equal({ kind: 'failed', reason: 'missing_scopes' });
  });

  it('is a success after the refusal of a double only if an earlier execution may have done it', () => {
    const exists = new UpstreamRejectedError(site, 409, 'thing_exists');

    expect(judge(exists, { operation: unique, mayHaveHappened: true })).to.deep.equal({ kind: 'succeeded' });
    expect(judge(exists, { operation: unique })).to.deep.equal({ kind: 'failed', reason: 'thing_exists' });
    expect(judge(new UpstreamRejectedError(site, 409, 'other'), { operation: unique, mayHaveHappened: true })).to.include({
      kind: 'failed',
    });
    expect(judge(exists, { mayHaveHappened: true })).to.include({ kind: 'failed' });
  });
});

describe('the rest after an outcome', () => {
  it('spares a service that refuses all alike for as long as it asks, ten seconds at most', () => {
    const postponed = (reason: string, afterMs: number) => restAfter({ kind: 'postponed', reason, afterMs });

    expect(postponed('upstream_rate_limited', 4_500)).to.equal(4_500);
    expect(postponed('upstream_quota_exhausted', 300_000)).to.equal(10_000);
    expect(postponed('upstream_unauthorized', 60_000)).to.equal(10_000);
  });

  it('is short after a refusal of our own, and none after what concerns one job alone', () => {
    expect(restAfter({ kind: 'postponed', reason: 'circuit_open', afterMs: 30_000 })).to.equal(500);
    expect(restAfter({ kind: 'postponed', reason: 'newer_version', afterMs: 60_000 })).to.equal(0);
    expect(restAfter({ kind: 'postponed', reason: 'operation_circuit_open', afterMs: 8_000 })).to.equal(0);
    expect(restAfter({ kind: 'retry', reason: 'upstream_timeout', afterMs: 30_000 })).to.equal(0);
    expect(restAfter({ kind: 'succeeded' })).to.equal(0);
  });
});
