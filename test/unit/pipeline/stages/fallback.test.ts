import { expect } from 'chai';
import { MemoryCache } from '../../../../src/cache/memoryCache.ts';
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
} from '../../../../src/errors/upstreamErrors.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import type { CallContext } from '../../../../src/contract/call.ts';
import { guarded } from '../../../../src/contract/events.ts';
import { fallback, isAnswerable } from '../../../../src/pipeline/stages/fallback.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { down, site } from '../../../support/breakerHouse.ts';
import { answerOf, contextOf } from '../../../support/callContexts.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const answerable = [
  down(),
  new UpstreamTimeoutError(site, 1),
  new UpstreamContractBrokenError(site, 'no id'),
  new UpstreamRateLimitedError(site),
  new UpstreamQuotaExhaustedError(site, 'daily'),
  new UpstreamUnauthorizedError(site, 401),
  new CircuitOpenError(site, 'hubspot', 'failure_rate'),
  new BulkheadFullError(site, 1000),
  new DeadlineExceededError(site, 1),
  new OutcomeUnknownError(site, down()),
];
const unanswerable = [
  new UpstreamRejectedError(site, 404),
  new CallCancelledError(site),
  new InvalidRequestError('no'),
  new Error('a bug'),
];

describe('Fallback stage', () => {
  const time = useVirtualTime();
  let cache: MemoryCache;
  let told: string[];

  beforeEach(() => {
    cache = new MemoryCache(systemClock);
    told = [];
  });

  afterEach(() => {
    cache.close();
  });

  const events = guarded(
    [{ fallbackUsed: (circuit) => told.push(`fallback ${circuit}`), cacheAsked: (_service, result) => told.push(result) }],
    () => undefined,
  );

  const failing = (error: Error, wishes: Partial<CallContext> = {}, lastResort?: string) =>
    fallback({ cache, clock: systemClock, events }, lastResort)<string>(async () => Promise.reject(error))(
      contextOf({ cacheKey: 'key', ...wishes }),
    );

  /** An answer put in now, fresh for a second and good as stale for a minute. */
  const keep = (value: string): void => {
    const now = systemClock.now();
    cache.set('key', { value, storedAt: now, freshUntil: now + 1000, staleUntil: now + 60_000 });
  };

  it('lets an answer of the service pass', async () => {
    keep('kept');
    const call = fallback({ cache, clock: systemClock, events }, 'nothing known')(async () => Promise.resolve(answerOf('contact')));

    expect(await call(contextOf({ cacheKey: 'key' }))).to.deep.equal(answerOf('contact'));
    expect(told).to.deep.equal([]);
  });

  for (const error of answerable) {
    it(`answers ${error.code} with a stale answer, marked as such and with its age`, async () => {
      keep('kept');
      await time.advance(5000);

      expect(await failing(error)).to.deep.equal({ value: 'kept', source: 'stale', ageMs: 5000, freshForMs: -4000 });
      expect(told).to.deep.equal(['stale', 'fallback hubspot']);
    });
  }

  for (const error of unanswerable) {
    it(`leaves ${error.name} alone: it is an answer, or nobody waits for one`, async () => {
      keep('kept');

      expect(await errorOf(failing(error, {}, 'nothing known'), Error)).to.equal(error);
      expect(told).to.deep.equal([]);
    });
  }

  it('has the operation’s answer of last resort where nothing is kept', async () => {
    expect(await failing(down(), {}, 'nothing known')).to.deep.equal({ value: 'nothing known', source: 'static', ageMs: 0 });
    expect(told).to.deep.equal(['fallback hubspot']);
  });

  it('prefers what the service once said to the last resort', async () => {
    keep('kept');

    expect((await failing(down(), {}, 'nothing known')).source).to.equal('stale');
  });

  it('has only the last resort for an operation that is not cached', async () => {
    keep('kept');

    expect((await failing(down(), { cacheKey: undefined }, 'nothing known')).source).to.equal('static');
  });

  it('gives a strict caller the error', async () => {
    const error = down();
    keep('kept');

    expect(await errorOf(failing(error, { strict: true }, 'nothing known'), Error)).to.equal(error);
    expect(told).to.deep.equal([]);
  });

  it('gives the error where there is neither, and tells of no fallback', async () => {
    const error = down();

    expect(await errorOf(failing(error), Error)).to.equal(error);
    expect(told).to.deep.equal([]);
  });

  it('serves nothing that is older than it may be', async () => {
    const error = down();
    keep('kept');
    await time.advance(60_000);

    expect(await errorOf(failing(error), Error)).to.equal(error);
  });

  it('knows which errors may be answered', () => {
    expect(answerable.map(isAnswerable)).to.deep.equal(answerable.map(() => true));
    expect([...unanswerable, undefined, 'down'].map(isAnswerable)).to.deep.equal(Array.from({ length: 6 }, () => false));
  });
});
