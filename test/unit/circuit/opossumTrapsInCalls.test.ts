/** What a call is told, and what it counts as. Which trap is proven where: `opossumTraps.test.ts`. */
import { expect } from 'chai';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import { BulkheadFullError, UpstreamRateLimitedError, UpstreamTimeoutError } from '../../../src/errors/upstreamErrors.ts';
import type { Call, CallContext } from '../../../src/contract/call.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { guarded } from '../../../src/contract/events.ts';
import { Bulkhead } from '../../../src/pipeline/stages/bulkhead.ts';
import { CacheStage } from '../../../src/pipeline/stages/cache.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, policy, PROBES, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { answerOf, contextOf } from '../../support/callContexts.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

const throughBreaker =
  (breaker: CircuitBreaker, attempt: (context: CallContext) => Promise<string>): Call<string> =>
  async (context) =>
    answerOf(await breaker.call(() => attempt(context), context.site));

describe('Opossum’s traps in what a call is told', () => {
  const house = useBreakerHouse();

  it('05: a rate limit is no success: it closes nothing, and the caller gets it as the error it is', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);

    await errorOf(breaker.call(failWith(new UpstreamRateLimitedError(site)), site), UpstreamRateLimitedError);

    expect(breaker.snapshot().state).to.equal('half_open');
    expect(breaker.snapshot().calls.success).to.equal(0);
  });

  it('06: a timeout ends its own attempt only, and the next ones begin unharmed', async () => {
    const hung = new HeldAttempt();
    const innocent = new HeldAttempt();
    let attempt = hung;
    const action = house.factory.create('reports', async (signal: AbortSignal) => attempt.begin(signal), { attemptTimeoutMs: 100 });
    const timedOut = errorOf(action.fire(), UpstreamTimeoutError);
    await house.time.advance(50);
    attempt = innocent;
    const others = Array.from({ length: 3 }, () => action.fire());

    await house.time.advance(50);
    await timedOut;
    innocent.succeed('unharmed');

    expect(hung.signal?.aborted).to.equal(true);
    expect(innocent.signal?.aborted).to.equal(false);
    expect(await Promise.all(others)).to.deep.equal(Array.from({ length: 3 }, () => 'unharmed'));
    expect(await action.fire()).to.equal('unharmed');
  });

  it('07: what the bulkhead refuses never reaches the circuit, and a permit is free only when the work has ended', async () => {
    const breaker = house.breaker();
    const policy = { startConcurrent: 2, minConcurrent: 1, maxConcurrent: 2, maxQueued: 0, maxWaitMs: 100 };
    const bulkhead = new Bulkhead({ policy, clock: systemClock });
    const held = new HeldAttempt();
    const call = bulkhead.stage(throughBreaker(breaker, () => held.begin()));
    const admitted = [call(contextOf()), call(contextOf())];

    for (let refused = 0; refused < 20; refused += 1) await errorOf(call(contextOf()), BulkheadFullError);
    const inFlight = bulkhead.inFlight;
    held.succeed('contact');
    await Promise.all(admitted);

    expect(inFlight).to.equal(2);
    expect(bulkhead.inFlight).to.equal(0);
    expect(breaker.snapshot().calls).to.deep.equal({ fired: 2, success: 2, failure: 0, timeout: 0, ignored: 0, rejected: 0 });
  });

  it('08: cache hits do not thin out the failures', async () => {
    const cache = new MemoryCache(systemClock);
    const stage = new CacheStage({ cache, clock: systemClock, events: guarded([], () => undefined) });
    const breaker = house.breaker({
      detection: { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 100 },
    });
    const call = stage.stage(throughBreaker(breaker, ({ cacheKey }) => (cacheKey === 'hot' ? succeed() : Promise.reject(down()))));
    const ask = (cacheKey: string) => call(contextOf({ cacheKey, cacheForMs: 60_000 }));

    await ask('hot');
    for (let made = 0; made < 10; made += 1) {
      for (let hit = 0; hit < 20; hit += 1) await ask('hot');
      await errorOf(ask(`cold ${String(made)}`), Error);
    }
    cache.close();

    expect(breaker.snapshot().state).to.equal('open');
  });

  it('14: an action without a result is a success', async () => {
    const action = house.factory.create('reports', async () => Promise.resolve());

    await action.fire();

    expect(action.snapshot().calls).to.include({ success: 1, failure: 0 });
  });

  describe('15: an exporter’s listener that throws', () => {
    for (const event of ['fire', 'success', 'failure', 'open', 'halfOpen', 'close', 'shutdown']) {
      it(`on "${event}" changes nothing for callers and circuit`, async () => {
        const breaker = house.breaker();
        const error = down();
        breaker.observed.on(event, () => {
          throw new Error('a bug in the exporter');
        });

        const value = await breaker.call(succeed, site);
        const thrown = await errorOf(breaker.call(failWith(error), site), Error);
        await house.calls(breaker, 2, failWith(error));
        await house.time.advance(2000);
        await house.probeWell(breaker);
        await house.time.settle();
        house.factory.shutdown();

        expect(value).to.equal('contact');
        expect(thrown).to.equal(error);
        expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
        expect(breaker.snapshot().calls).to.include({ success: 1 + PROBES, failure: 3 });
        expect(house.listenerErrors, 'the bug is reported').to.not.be.empty;
      });
    }
  });

  it('18: circuits made from one options object share nothing, and leave it as it was', async () => {
    const shared = Object.freeze({ attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: Object.freeze({ ...policy }) });
    const hubspot = house.factory.create(
      'hubspot',
      async (_signal: AbortSignal, id: number) => Promise.resolve(`hubspot ${String(id)}`),
      shared,
    );
    const lemlist = house.factory.create(
      'lemlist',
      async (_signal: AbortSignal, id: number) => Promise.resolve(`lemlist ${String(id)}`),
      shared,
    );

    expect(await hubspot.fire(7)).to.equal('hubspot 7');
    expect(await lemlist.fire(7)).to.equal('lemlist 7');
    expect(lemlist.snapshot().calls.fired).to.equal(1);
  });

  it('19: arguments are never taken for a key: everybody gets the answer to his own question', async () => {
    const run = house.factory.create('tenants', async (_signal: AbortSignal, question: () => Promise<string>) => question());
    const big = house.factory.create('numbers', async (_signal: AbortSignal, value: bigint) => Promise.resolve(value));

    const answers = await Promise.all([1, 2].map((tenant) => run.fire(async () => Promise.resolve(`contact of tenant ${String(tenant)}`))));

    expect(answers).to.deep.equal(['contact of tenant 1', 'contact of tenant 2']);
    expect(await big.fire(10n)).to.equal(10n);
  });

  it('20: no answer and no error is played back to a later call', async () => {
    let made = 0;
    const action = house.factory.create('reports', async () => {
      made += 1;
      return made === 1 ? Promise.reject(down()) : Promise.resolve(made);
    });

    await errorOf(action.fire(), Error);

    expect(await Promise.all([action.fire(), action.fire(), action.fire()])).to.deep.equal([2, 3, 4]);
  });

  it('21: a timeout is one call, and one event of the engine', async () => {
    const action = house.factory.create('reports', new HeldAttempt().begin, { attemptTimeoutMs: 20 });
    const heard: string[] = [];
    for (const event of ['success', 'failure', 'timeout']) {
      house.factory.get('reports')?.observed.on(event, () => heard.push(event));
    }
    const error = errorOf(action.fire(), UpstreamTimeoutError);

    await house.time.advance(20);
    await error;

    expect(heard).to.deep.equal(['failure']);
    expect(house.results).to.deep.equal(['timeout']);
  });

  for (const timeoutMs of [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, Number.NaN, 0, -1]) {
    it(`22: an attempt timeout of ${String(timeoutMs)} ms is refused, where a timer would fire at once`, () => {
      expect(() => house.factory.create('reports', succeed, { attemptTimeoutMs: timeoutMs, deadlineMs: timeoutMs })).to.throw(
        'attemptTimeoutMs',
      );
    });
  }

  it('22: an open time beyond what a timer can hold is refused', () => {
    const circuit = { openForMs: Number.MAX_SAFE_INTEGER, openForCapMs: Number.MAX_SAFE_INTEGER };

    expect(() => house.factory.create('reports', succeed, { circuit })).to.throw('circuit.openForMs');
  });
});
