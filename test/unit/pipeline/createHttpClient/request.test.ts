import { expect } from 'chai';
import { json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

describe('the request of a client', () => {
  const rig = httpRig();

  it('sends one request with our credential and gives the validated answer', async () => {
    const thing = await rig.get();

    expect(thing).to.deep.equal({ id: '7' });
    expect(rig.wire.sent).to.deep.equal([
      {
        method: 'GET',
        origin: 'https://api.acme.test',
        path: '/v1/things/7',
        headers: { accept: 'application/json', authorization: 'Bearer s3cret-of-ours' },
        body: undefined,
        maxBodyBytes: undefined,
        repeatable: true,
      },
    ]);
  });

  it('adds the headers of one call to that call only', async () => {
    await rig.get({ headers: { 'X-Trace': 'abc' } });
    await rig.get();

    expect(rig.wire.sent.map(({ headers }) => headers['x-trace'])).to.deep.equal(['abc', undefined]);
  });

  it('refuses what cannot be sent without sending it, and without a word to the circuit', async () => {
    const error = await rejectionOf(rig.get({ headers: { 'x-trace': 'a\nb' } }));

    expect(error).to.include({ code: 'invalid_request' });
    expect(rig.wire.sent).to.have.length(0);
    expect(rig.house.breaker.snapshot().calls.fired).to.equal(0);
  });
});

describe('a caller who hangs up on a client', () => {
  const rig = httpRig();

  it('ends the call at once, reaches the transport, and judges nobody', async () => {
    rig.open({}, 'hang');
    const caller = new AbortController();

    const rejection = rejectionOf(rig.get({ signal: caller.signal }));
    await rig.clock.tickAsync(3_000);
    caller.abort();

    expect(await rejection).to.include({ code: 'call_cancelled' });
    expect(rig.wire.signals[0]?.aborted).to.equal(true);
    expect(rig.house.breaker.snapshot().calls).to.include({ ignored: 1, failure: 0 });
  });

  it('ends a pause between attempts', async () => {
    rig.open({}, json(429, {}, { 'retry-after': '5' }), found);
    const caller = new AbortController();

    const rejection = rejectionOf(rig.get({ signal: caller.signal }));
    await rig.clock.tickAsync(1_000);
    caller.abort();

    expect(await rejection).to.include({ code: 'call_cancelled' });
    await rig.clock.tickAsync(20_000);
    expect(rig.wire.sent).to.have.length(1);
  });

  it('sends nothing for one who has gone before', async () => {
    expect(await rejectionOf(rig.get({ signal: AbortSignal.abort() }))).to.include({ code: 'call_cancelled' });
    expect(rig.wire.sent).to.have.length(0);
  });
});
