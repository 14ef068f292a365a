import { expect } from 'chai';
import { getThing, json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig, thingRequest } from '../../../support/httpRig.ts';

const noRetry = { policy: { retry: { maxAttempts: 1 } } };

describe('what a client tells of its answers', () => {
  const rig = httpRig();

  it('tells where an answer came from and how long it stays fresh, before the call settles', async () => {
    const told: unknown[] = [];
    const options = { onAnswer: (...news: readonly unknown[]) => void told.push(...news) };

    const first = rig.read(options).then(() => told.push('settled'));
    await first;
    await rig.clock.tickAsync(400);
    await rig.read(options);

    const site = { service: 'acme', operation: 'cached_thing' };
    expect(told).to.deep.equal([
      { value: { id: '7' }, source: 'upstream', ageMs: 0, freshForMs: 1_000 },
      site,
      'settled',
      { value: { id: '7' }, source: 'cache', ageMs: 400, freshForMs: 600 },
      site,
    ]);
  });

  it('gives its answer even if the listener throws, and reports that', async () => {
    const bug = new Error('a bug of the listener');
    const onAnswer = (): never => {
      throw bug;
    };

    expect(await rig.get({ onAnswer })).to.deep.equal({ id: '7' });
    expect(rig.house.listenerErrors).to.deep.equal([bug]);
    expect(rig.house.http.getMetrics()).to.include({ requests: 1, successes: 1, failures: 0, inFlight: 0 });
  });

  it('tells its listeners of each call once, with its duration', async () => {
    rig.open(noRetry, 'hang');

    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(4_000);
    await rejection;

    expect(rig.house.calls).to.deep.equal([{ service: 'acme', operation: 'get_thing', outcome: 'upstream_timeout', durationMs: 4_000 }]);
  });

  it('passes on what the service says of its quota, whatever the answer', async () => {
    rig.open(
      { ...noRetry, readQuota: (headers) => [{ window: 'minute', limit: 10, remaining: Number(headers['x-left']) }] },
      json(200, { id: '7' }, { 'x-left': '1' }),
      json(429, {}, { 'x-left': '0' }),
    );

    await rig.get();
    await rejectionOf(rig.get());

    expect(rig.house.quotas).to.deep.equal([
      ['minute', { limit: 10, remaining: 1 }],
      ['minute', { limit: 10, remaining: 0 }],
    ]);
  });
});

describe('the figures of a client', () => {
  const rig = httpRig();

  it('are those of a client without calls at first', () => {
    expect(rig.house.http.getMetrics()).to.deep.equal({
      requests: 0,
      successes: 0,
      failures: 0,
      fallbacks: 0,
      cacheHits: 0,
      successRate: 1,
      latencyMs: { mean: 0, p50: 0, p95: 0, p99: 0 },
      inFlight: 0,
    });
  });

  it('count answers, cache hits, fallbacks and failures', async () => {
    rig.open(noRetry, found, json(500, {}));
    await rig.read();
    await rig.read();
    await rig.clock.tickAsync(1_000);
    await rig.read();
    await rejectionOf(rig.get());

    const counts = { requests: 4, successes: 2, cacheHits: 1, fallbacks: 1, failures: 1, successRate: 0.5 };
    expect(rig.house.http.getMetrics()).to.include(counts);
  });

  it('know the calls under way, and their durations once they end', async () => {
    rig.open(noRetry, 'hang');
    const calls = [100, 200, 300].map((timeoutMs) => rejectionOf(rig.get({ timeoutMs })));
    await rig.clock.tickAsync(200);
    const during = rig.house.http.getMetrics();
    await rig.clock.tickAsync(200);
    await Promise.all(calls);

    expect(during).to.deep.include({ requests: 3, failures: 2, inFlight: 1 });
    expect(rig.house.http.getMetrics().latencyMs).to.deep.equal({ mean: 200, p50: 200, p95: 300, p99: 300 });
  });
});

describe('the health check of a client', () => {
  const rig = httpRig();
  const check = () => rig.house.http.healthCheck(getThing, thingRequest);

  it('reports a service that answers', async () => {
    expect(await check()).to.deep.equal({ healthy: true, state: 'closed', latencyMs: 0 });
  });

  it('asks the service itself, whatever is cached', async () => {
    rig.open({}, found, json(401, {}));
    await rig.read();

    const report = await rig.house.http.healthCheck({ ...getThing, name: 'cached_thing', cacheForMs: 1_000 }, thingRequest);

    expect(report).to.deep.include({ healthy: false, error: 'upstream_unauthorized' });
  });

  it('reports a service that hangs instead of hanging or throwing', async () => {
    rig.open({}, 'hang');

    const report = check();
    await rig.clock.tickAsync(10_000);

    expect(await report).to.deep.include({ healthy: false, state: 'closed', latencyMs: 9_950, error: 'deadline_exceeded' });
  });

  it('reports an open circuit without asking the service', async () => {
    rig.house.breaker.impose({ mode: 'forced_open', reason: 'test', by: 'local', until: 60_000, scope: 'replica' });

    expect(await check()).to.deep.equal({ healthy: false, state: 'forced_open', latencyMs: 0, error: 'circuit_open' });
    expect(rig.wire.sent).to.have.length(0);
  });

  it('reports even a bug of ours', async () => {
    rig.open(
      {
        classify: () => {
          throw new TypeError('a bug of ours');
        },
      },
      found,
    );

    expect(await check()).to.deep.include({ healthy: false, error: 'internal_error' });
  });
});

describe('a bug in the rules for a service', () => {
  const rig = httpRig();
  const bug = new TypeError('a bug of ours');
  const broken = (): never => {
    throw bug;
  };

  it('in classify ends the call at once with that error, unrepeated, its permit given back', async () => {
    rig.open({ classify: broken }, found);

    expect(await rejectionOf(rig.get())).to.equal(bug);
    expect(rig.wire.sent).to.have.length(1);
    expect(rig.house.http.getLimits().bulkhead.inFlight).to.equal(0);
    expect(rig.house.calls[0]).to.include({ outcome: 'internal_error' });
  });

  it('in readQuota changes no answer, and is reported', async () => {
    rig.open({ readQuota: broken }, found);

    expect(await rig.get()).to.deep.equal({ id: '7' });
    expect(rig.house.listenerErrors).to.deep.equal([bug]);
    expect(rig.house.breaker.snapshot().calls).to.include({ success: 1, failure: 0 });
  });
});
