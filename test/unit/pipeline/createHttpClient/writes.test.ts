import { expect } from 'chai';
import { OutcomeUnknownError } from '../../../../src/errors/upstreamErrors.ts';
import type { Operation } from '../../../../src/contract/operation.ts';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { createThing, json, rejectionOf, type Thing } from '../../../support/httpHouse.ts';
import { found, httpRig, thingRequest } from '../../../support/httpRig.ts';

describe('a write that must not be repeated', () => {
  const rig = httpRig();

  for (const [what, reply, code, kind] of [
    ['a reset', new TransportFailure('reset'), 'upstream_unavailable', 'reset'],
    ['a 500', json(500, {}), 'upstream_unavailable', 'http_5xx'],
    ['a 502', json(502, {}), 'upstream_unavailable', 'http_5xx'],
    ['a 504', json(504, {}), 'upstream_unavailable', 'http_5xx'],
    ['a 408', json(408, {}), 'upstream_unavailable', 'http_5xx'],
    ['no answer in time', 'hang', 'upstream_timeout', 'timeout'],
  ] as const) {
    it(`is sent once, and its outcome unknown, after ${what}`, async () => {
      rig.open({}, reply, found);

      const rejection = rejectionOf(rig.create());
      await rig.clock.tickAsync(20_000);
      const error = await rejection;

      expect(error).to.be.instanceOf(OutcomeUnknownError);
      expect(error).to.include({ code: 'outcome_unknown', kind, retryable: false, verdict: 'failure' });
      expect(error).to.have.nested.property('cause.code', code);
      expect(rig.wire.sent).to.have.length(1);
      expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['outcome_unknown']);
    });
  }

  it('has an unknown outcome when the deadline comes while it is under way', async () => {
    rig.open({}, 'hang');

    const rejection = rejectionOf(rig.create({ deadlineMs: 1_000 }));
    await rig.clock.tickAsync(1_000);

    expect(await rejection).to.include({ code: 'outcome_unknown', kind: 'timeout' });
    expect(await rejection).to.have.nested.property('cause.code', 'deadline_exceeded');
  });

  for (const [what, reply] of [
    ['the connection was refused', new TransportFailure('connect')],
    ['the name was not found', new TransportFailure('dns')],
    ['the handshake failed', new TransportFailure('tls')],
    ['the service was over its rate', json(429, {})],
    ['the service was not ready', json(503, {})],
  ] as const) {
    it(`is sent again after ${what}: nothing can have happened`, async () => {
      rig.open({}, reply, found);

      const answer = rig.create();
      await rig.clock.tickAsync(1_000);

      expect(await answer).to.deep.equal({ id: '7' });
      expect(rig.wire.sent).to.have.length(2);
    });

    it(`keeps its plain error when it is given up after ${what}`, async () => {
      rig.open({ policy: { retry: { maxAttempts: 1 } } }, reply);

      expect(await rejectionOf(rig.create())).to.not.include({ code: 'outcome_unknown' });
    });
  }

  for (const [what, reply, code] of [
    ['a refusal', json(409, {}), 'upstream_rejected'],
    ['a refused credential', json(401, {}), 'upstream_unauthorized'],
    ['an answer that breaks the contract', json(200, {}), 'upstream_contract_broken'],
  ] as const) {
    it(`keeps the error that ${what} is`, async () => {
      rig.open({}, reply);

      expect(await rejectionOf(rig.create())).to.include({ code });
      expect(rig.wire.sent).to.have.length(1);
    });
  }

  it('keeps the plain error of a pause that the deadline forbids: the first attempt did nothing', async () => {
    rig.open({}, json(429, {}, { 'retry-after': '30' }));

    expect(await rejectionOf(rig.create())).to.include({ code: 'upstream_rate_limited' });
  });

  it('has an unknown outcome only if its last attempt has', async () => {
    rig.open({}, json(503, {}), new TransportFailure('reset'), found);

    const rejection = rejectionOf(rig.create());
    await rig.clock.tickAsync(1_000);

    expect(await rejection).to.include({ code: 'outcome_unknown' });
    expect(rig.wire.sent).to.have.length(2);
  });

  it('keeps the plain error where the circuit never let it out', async () => {
    rig.house.breaker.impose({
      mode: 'forced_open',
      reason: 'test',
      by: 'local',
      until: rig.house.breaker.snapshot().since + 60_000,
      scope: 'replica',
    });

    expect(await rejectionOf(rig.create())).to.include({ code: 'circuit_open', execution: 'not_sent' });
  });

  it('keeps the plain word for a caller who hung up: nobody reads it', async () => {
    rig.open({}, 'hang');
    const caller = new AbortController();

    const rejection = rejectionOf(rig.create({ signal: caller.signal }));
    await rig.clock.tickAsync(100);
    caller.abort();

    expect(await rejection).to.include({ code: 'call_cancelled' });
  });

  it('sends its body as JSON, the same in each attempt', async () => {
    rig.open({}, json(503, {}), found);

    const answer = rig.create();
    await rig.clock.tickAsync(1_000);
    await answer;

    const sent = ['POST', '{"name":"seven"}'];
    expect(rig.wire.sent.map(({ method, body }) => [method, body])).to.deep.equal([sent, sent]);
  });

  it('is repeated after a reset where its kind is declared to end in the same state', async () => {
    const upsert: Operation<Thing> = { ...createThing, name: 'upsert_thing', idempotency: 'natural' };
    rig.open({}, new TransportFailure('reset'), found);

    const answer = rig.house.http.send(upsert, thingRequest);
    await rig.clock.tickAsync(1_000);

    expect(await answer).to.deep.equal({ id: '7' });
  });
});
