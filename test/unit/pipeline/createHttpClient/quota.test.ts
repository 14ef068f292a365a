import { expect } from 'chai';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { QuotaGovernor } from '../../../../src/quota/quotaGovernor.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

const everySecond = (permits: number, windowMs = 1000) =>
  new QuotaGovernor({ classes: { default: [{ permits, windowMs, reading: 'second' }] } }, systemClock);

describe('the quota of a client', () => {
  const rig = httpRig();
  const noRetry = { retry: { maxAttempts: 1 } };

  it('makes a call wait that would be one too many, outside bulkhead and circuit', async () => {
    rig.open({ quota: everySecond(1, 3000) }, found);
    await rig.get();
    const waiting = rig.get();
    await rig.clock.tickAsync(2990);
    const [sent, inFlight, fired] = [
      rig.wire.sent.length,
      rig.house.http.getLimits().bulkhead.inFlight,
      rig.house.breaker.snapshot().calls.fired,
    ];
    await rig.clock.tickAsync(20);

    expect(await waiting).to.deep.equal({ id: '7' });
    expect({ sent, inFlight, fired }).to.deep.equal({ sent: 1, inFlight: 0, fired: 1 });
    expect(rig.house.attempts.map(({ durationMs }) => durationMs)).to.deep.equal([0, 0]);
  });

  it('ends a call at once whose turn comes too late, with nothing sent and nothing said about the service', async () => {
    rig.open({ quota: everySecond(1, 60_000) }, found);
    await rig.get();

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'quota_wait_too_long', retryAfterMs: 60_000, execution: 'not_sent' });
    expect(rig.wire.sent).to.have.length(1);
    expect(rig.house.breaker.snapshot().calls.fired).to.equal(1);
  });

  it('answers such a call from the cache where it may be stale', async () => {
    rig.open({ quota: everySecond(1, 60_000) }, found);
    await rig.read();
    await rig.clock.tickAsync(2000);

    const answer = await rig.read();

    expect(answer).to.include({ id: '7', _fallback: true });
  });

  it('takes no permit for what the bulkhead keeps out', async () => {
    rig.open({ quota: everySecond(3), policy: { bulkhead: { maxConcurrent: 1, maxQueued: 1 } } }, 'hang');
    const rejections = [1, 2, 3].map(() => rejectionOf(rig.get()));
    await rejections[2];

    const fourth = rejectionOf(rig.get({ deadlineMs: 500 }));
    await rig.clock.tickAsync(200);

    expect(await fourth).to.include({ code: 'bulkhead_full' });
    await rig.clock.tickAsync(20_000);
    await Promise.all(rejections);
  });

  it('pauses after a 429 for as long as the service asks, for all calls', async () => {
    rig.open({ quota: everySecond(100), policy: noRetry }, json(429, {}, { 'retry-after': '2' }), found);
    const refused = await rejectionOf(rig.get());
    const next = rig.get();
    await rig.clock.tickAsync(1990);
    const during = rig.wire.sent.length;
    await rig.clock.tickAsync(20);

    expect(refused).to.include({ code: 'upstream_rate_limited' });
    expect(await next).to.deep.equal({ id: '7' });
    expect(during).to.equal(1);
  });

  it('goes by what headers say is left', async () => {
    rig.open({ quota: everySecond(100), readQuota: () => [{ window: 'second', limit: 100, remaining: 0 }] }, found);
    await rig.get();
    const next = rig.get();
    await rig.clock.tickAsync(990);
    const during = rig.wire.sent.length;
    await rig.clock.tickAsync(20);

    expect(await next).to.deep.equal({ id: '7' });
    expect(during).to.equal(1);
  });

  it('lets calls of the queue go behind callers', async () => {
    rig.open({ quota: everySecond(5) }, found);
    const order: string[] = [];
    for (let used = 0; used < 5; used += 1) await rig.get();

    const both = [rig.get({ lane: 'drain' }).then(() => order.push('drain')), rig.get().then(() => order.push('interactive'))];
    await rig.clock.tickAsync(2100);
    await Promise.all(both);

    expect(order).to.deep.equal(['interactive', 'drain']);
  });

  it('asks an open circuit without a permit', async () => {
    rig.open({ quota: everySecond(5, 1500), policy: noRetry }, json(503, {}));
    for (let failed = 0; failed < 5; failed += 1) await rejectionOf(rig.get());

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'circuit_open' });
  });
});

describe('the connections of a client', () => {
  const rig = httpRig();
  const noRetry = { retry: { maxAttempts: 1 } };
  const connections = (count: number) =>
    new QuotaGovernor({ classes: { default: [{ connections: count, suspectMs: 120_000, patienceMs: 1000 }] } }, systemClock);

  for (const [what, reply, limit] of [
    ['an answer', found, { used: 0, suspect: 0 }],
    ['an error that was answered', json(500, {}), { used: 0, suspect: 0 }],
    ['a connection that was never made', new TransportFailure('connect'), { used: 0, suspect: 0 }],
    ['a connection that broke', new TransportFailure('reset'), { used: 1, suspect: 1 }],
  ] as const) {
    it(`are ${limit.used === 0 ? 'free' : 'suspect'} after ${what}`, async () => {
      const quota = connections(10);
      rig.open({ quota, policy: noRetry }, reply);

      await rig.get().catch(() => undefined);

      expect(quota.limits()[0]).to.include(limit);
    });
  }

  it('are suspect after an attempt that took too long, until the service has let go of them', async () => {
    const quota = connections(10);
    rig.open({ quota, policy: noRetry }, 'hang');
    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(20_000);
    await rejection;
    const after = quota.limits()[0];

    await rig.clock.tickAsync(120_000);

    expect(after).to.include({ used: 1, suspect: 1 });
    expect(quota.limits()[0]).to.include({ used: 0, suspect: 0 });
  });

  it('are waited for a second at most', async () => {
    rig.open({ quota: connections(1), policy: noRetry }, 'hang');
    const first = rejectionOf(rig.get());
    const second = rejectionOf(rig.get());

    await rig.clock.tickAsync(1000);

    expect(await second).to.include({ code: 'quota_wait_too_long' });
    await rig.clock.tickAsync(20_000);
    await first;
  });
});
