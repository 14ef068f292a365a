import { expect } from 'chai';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

describe('the retries of a client', () => {
  const rig = httpRig();

  it('repeats a read after a full-jitter pause, and shows the circuit every attempt', async () => {
    rig.open({}, json(502, {}), new TransportFailure('reset'), found);

    const answer = rig.get();
    await rig.clock.tickAsync(49);
    const early = rig.wire.sent.length;
    await rig.clock.tickAsync(1_000);

    expect(await answer).to.deep.equal({ id: '7' });
    expect([early, rig.wire.sent.length]).to.deep.equal([1, 3]);
    expect(rig.house.breaker.snapshot().calls).to.include({ fired: 3, failure: 2, success: 1 });
    expect(rig.house.attempts.map(({ attempt, outcome }) => [attempt, outcome])).to.deep.equal([
      ['first', 'upstream_unavailable'],
      ['retry', 'upstream_unavailable'],
      ['retry', 'success'],
    ]);
  });

  it('gives up after the attempts of its policy with the last error', async () => {
    rig.open({}, json(500, {}), json(502, {}), json(503, {}), found);

    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(1_000);

    expect(await rejection).to.include({ code: 'upstream_unavailable', execution: 'refused' });
    expect(rig.wire.sent).to.have.length(3);
  });

  it('waits as long as Retry-After asks, and a little more', async () => {
    rig.open({}, json(429, {}, { 'retry-after': '2' }), found);

    const answer = rig.get();
    await rig.clock.tickAsync(2_049);
    const early = rig.wire.sent.length;
    await rig.clock.tickAsync(1);

    expect(await answer).to.deep.equal({ id: '7' });
    expect([early, rig.wire.sent.length]).to.deep.equal([1, 2]);
  });

  it('gives up at once where Retry-After goes beyond the deadline', async () => {
    rig.open({}, json(429, {}, { 'retry-after': '11' }), found);

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'upstream_rate_limited', retryAfterMs: 11_000 });
    expect([rig.clock.now, rig.wire.sent.length]).to.deep.equal([0, 1]);
  });

  it('gives up early rather than pause beyond the deadline', async () => {
    rig.open({ random: () => 0.99, policy: { retry: { baseDelayMs: 5_000 } } }, json(500, {}));

    const rejection = rejectionOf(rig.get({ deadlineMs: 7_000 }));
    await rig.clock.tickAsync(4_950);

    expect(await rejection).to.include({ code: 'upstream_unavailable' });
    expect(rig.wire.sent).to.have.length(2);
  });

  for (const status of [400, 401, 404, 409, 302]) {
    it(`does not repeat a ${String(status)}`, async () => {
      rig.open({}, json(status, {}), found);

      await rejectionOf(rig.get());

      expect(rig.wire.sent).to.have.length(1);
    });
  }

  it('stops when the circuit opens in between, and never asks an open circuit again', async () => {
    rig.open({}, json(500, {}));

    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(1);
    await Promise.all([1, 2, 3, 4].map(() => rejectionOf(rig.create())));
    await rig.clock.tickAsync(1_000);
    const first = await rejection;
    const second = await rejectionOf(rig.get());

    expect(first).to.include({ code: 'circuit_open' });
    expect(second).to.include({ code: 'circuit_open', execution: 'not_sent' });
    expect(rig.wire.sent).to.have.length(5);
    expect(rig.house.http.getCircuitState()).to.include({ state: 'open', effectiveState: 'open' });
  });

  it('spares a service that is half-way to an open circuit, and says so at once', async () => {
    rig.open({ policy: { circuit: { detection: { strategy: 'consecutive', failures: 4 } } } }, json(500, {}));
    await rejectionOf(rig.create());

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'upstream_unavailable', retryable: true });
    expect(rig.house.breaker.snapshot()).to.include({ state: 'closed', suspicion: 0.5 });
    expect([rig.clock.now, rig.wire.sent.length]).to.deep.equal([0, 2]);
  });

  it('repeats nothing once the failure itself has opened the circuit', async () => {
    rig.open({ policy: { circuit: { detection: { strategy: 'consecutive', failures: 1 } } } }, json(500, {}));

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'upstream_unavailable' });
    expect([rig.clock.now, rig.wire.sent.length]).to.deep.equal([0, 1]);
  });

  it('keeps retries of an outage within its budget', async () => {
    rig.open({ policy: { circuit: { detection: { strategy: 'consecutive', failures: 1_000 } } } }, json(500, {}));

    const calls = Array.from({ length: 10 }, () => rejectionOf(rig.get()));
    await rig.clock.tickAsync(300);
    await Promise.all(calls);

    expect(rig.wire.sent.length, 'ten first attempts, and two repeats of three calls: no more may repeat at once').to.equal(16);
    expect(rig.house.http.getLimits().retryBudgetRatio).to.be.closeTo(0.4, 0.05);
  });
});
