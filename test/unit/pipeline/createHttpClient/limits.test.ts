import { expect } from 'chai';
import { json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

describe('the bulkhead of a client', () => {
  const rig = httpRig();
  const narrow = { policy: { bulkhead: { maxConcurrent: 1, maxQueued: 1, maxWaitMs: 100 } } };

  it('refuses what exceeds it, and leaves the circuit alone', async () => {
    rig.open(narrow, 'hang');

    const first = rejectionOf(rig.get());
    const waiting = rejectionOf(rig.get({ deadlineMs: 500 }));
    const third = await rejectionOf(rig.get());
    await rig.clock.tickAsync(450);
    const second = await waiting;

    expect(second).to.include({ code: 'bulkhead_full', retryAfterMs: 1_000 });
    expect(third).to.include({ code: 'bulkhead_full', retryAfterMs: 1_000 });
    expect(rig.house.breaker.snapshot().calls.fired).to.equal(0);
    expect(rig.house.http.getLimits().bulkhead).to.deep.equal({ limit: 1, inFlight: 1 });
    await rig.clock.tickAsync(10_000);
    await first;
    expect(rig.house.http.getLimits().bulkhead.inFlight).to.equal(0);
  });

  it('holds a permit for each attempt, and none while a call waits for its next one', async () => {
    rig.open(narrow, json(429, {}, { 'retry-after': '2' }), found);

    const throttled = rig.get();
    await rig.clock.tickAsync(1_000);
    const during = rig.house.http.getLimits().bulkhead.inFlight;
    const others = [await rig.get(), await rig.get()];
    await rig.clock.tickAsync(1_100);

    expect(during).to.equal(0);
    expect([await throttled, ...others]).to.deep.equal([{ id: '7' }, { id: '7' }, { id: '7' }]);
    expect(rig.wire.sent).to.have.length(4);
  });

  it('ends a call whose repeat finds no permit with the error it had', async () => {
    rig.open(narrow, json(503, {}), 'hang');

    const failing = rejectionOf(rig.get({ deadlineMs: 500 }));
    await rig.clock.tickAsync(10);
    const hanging = rejectionOf(rig.get());
    await rig.clock.tickAsync(450);

    expect(await failing).to.include({ code: 'upstream_unavailable' });
    expect(rig.wire.sent).to.have.length(2);
    await rig.clock.tickAsync(10_000);
    await hanging;
  });

  it('lets a repeat wait for a permit as a first attempt may', async () => {
    rig.open(narrow, json(503, {}), 'hang', found);

    const repeated = rig.get();
    await rig.clock.tickAsync(10);
    const hanging = rejectionOf(rig.get({ deadlineMs: 160 }));
    await rig.clock.tickAsync(150);

    expect(await repeated).to.deep.equal({ id: '7' });
    expect(await hanging).to.include({ code: 'deadline_exceeded' });
  });

  it('is told to listeners when it becomes crowded, and when no longer', async () => {
    rig.open(narrow, 'hang');

    const hanging = rejectionOf(rig.get({ deadlineMs: 300 }));
    const before = [...rig.house.crowded];
    await rig.clock.tickAsync(300);
    await hanging;

    expect(before).to.deep.equal([true]);
    expect(rig.house.crowded).to.deep.equal([true, false]);
  });

  it('is not entered by an answer from the cache', async () => {
    rig.open(narrow, found, 'hang');
    await rig.read();
    const blocking = [rejectionOf(rig.get()), rejectionOf(rig.get())];

    const cached = await rig.read();

    expect(cached).to.deep.equal({ id: '7', _cached: true });
    await rig.clock.tickAsync(20_000);
    await Promise.all(blocking);
  });
});

describe('the patience of a client', () => {
  const rig = httpRig();

  it('ends a hanging attempt after its own timeout, and repeats it within the deadline', async () => {
    rig.open({}, 'hang', found);

    const answer = rig.get();
    await rig.clock.tickAsync(4_050);

    expect(await answer).to.deep.equal({ id: '7' });
    expect(rig.wire.signals.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
    expect(rig.house.attempts[0]).to.include({ outcome: 'upstream_timeout', durationMs: 4_000 });
    expect(rig.house.breaker.snapshot().calls).to.include({ timeout: 1, success: 1 });
  });

  it('answers at the deadline though the transport neither answers nor listens', async () => {
    rig.open({ policy: { retry: { maxAttempts: 1 }, attemptTimeoutMs: 10_000 } }, 'deaf');

    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(10_000);

    expect(await rejection).to.include({ code: 'deadline_exceeded', deadlineMs: 10_000 });
    expect(rig.house.http.getLimits().bulkhead.inFlight).to.equal(0);
    expect(rig.house.attempts).to.deep.include({
      service: 'acme',
      operation: 'get_thing',
      attempt: 'first',
      outcome: 'deadline_exceeded',
      durationMs: 9_950,
    });
    expect(rig.house.breaker.snapshot().calls, 'held against the service').to.include({ timeout: 1 });
  });

  it('tells the transport 50 ms before the deadline, by the signal: the caller shall have its answer in time', async () => {
    rig.open({}, 'hang');

    const rejection = rejectionOf(rig.get({ deadlineMs: 500 }));
    await rig.clock.tickAsync(450);
    const error = await rejection;

    expect(error).to.include({ code: 'deadline_exceeded' });
    expect(rig.wire.signals[0]).to.include({ aborted: true, reason: error });
  });

  it('holds an impatient caller’s deadline against nobody', async () => {
    rig.open({}, 'hang');

    const rejection = rejectionOf(rig.get({ deadlineMs: 500 }));
    await rig.clock.tickAsync(500);
    await rejection;

    expect(rig.house.attempts[0]).to.include({ outcome: 'deadline_exceeded' });
    expect(rig.house.breaker.snapshot().calls).to.include({ ignored: 1, failure: 0 });
  });

  it('takes a shorter timeout for one attempt from a caller', async () => {
    rig.open({ policy: { retry: { maxAttempts: 1 } } }, 'hang');

    const rejection = rejectionOf(rig.get({ timeoutMs: 250 }));
    await rig.clock.tickAsync(250);

    expect(await rejection).to.include({ code: 'upstream_timeout', timeoutMs: 250 });
  });

  it('lets no caller be more patient than the policy', async () => {
    rig.open({ policy: { retry: { maxAttempts: 1 } } }, 'hang');

    const rejection = rejectionOf(rig.get({ timeoutMs: 60_000, deadlineMs: 60_000 }));
    await rig.clock.tickAsync(4_000);

    expect(await rejection).to.include({ code: 'upstream_timeout', timeoutMs: 4_000 });
  });

  it('lets calls share one deadline', async () => {
    const options = rig.house.http.startDeadline({ deadlineMs: 1_000, strict: true });
    await rig.get(options);
    await rig.clock.tickAsync(700);
    rig.wire.replyWith('hang');

    const rejection = rejectionOf(rig.get(options));
    await rig.clock.tickAsync(300);

    expect(await rejection).to.include({ code: 'deadline_exceeded', deadlineMs: 300 });
    expect(options).to.include({ strict: true, deadlineAt: 1_000 });
  });

  it('keeps the earlier of two deadlines when one is started within another', () => {
    const outer = rig.house.http.startDeadline({ deadlineMs: 1_000 });
    const inner = rig.house.http.startDeadline({ ...outer, deadlineMs: 5_000 });

    expect(inner.deadlineAt).to.equal(1_000);
  });

  it('sends nothing for a call whose shared deadline is over', async () => {
    const options = rig.house.http.startDeadline({ deadlineMs: 100 });
    await rig.clock.tickAsync(100);

    expect(await rejectionOf(rig.get(options))).to.include({ code: 'deadline_exceeded' });
    expect(rig.wire.sent).to.have.length(0);
  });
});
