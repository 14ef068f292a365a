import { expect } from 'chai';
import { httpHouse, createThing, getThing, rejectionOf, type HttpHouse } from '../support/httpHouse.ts';
import { targetFrom } from '../../src/pipeline/requestBuilder.ts';
import { upstreamPath } from '../../src/pipeline/upstreamPath.ts';
import type { CallOptions } from '../../src/contract/call.ts';
import type { PolicyOverrides } from '../../src/contract/policy.ts';
import { closedPort, httpAnswer } from '../support/rawServer.ts';
import { saying, wireRig } from '../support/wireRig.ts';

const path = upstreamPath`/things/${'7'}`;
const found = httpAnswer(200, '{"id":"7"}');
const quick: PolicyOverrides = { attemptTimeoutMs: 150, retry: { maxAttempts: 1, baseDelayMs: 5 } };
const patient: PolicyOverrides = { retry: { baseDelayMs: 5 } };

describe('a client over the real wire', () => {
  const rig = wireRig();
  let house: HttpHouse | undefined;

  const ask = (policy: PolicyOverrides, kind = getThing, options: CallOptions = {}, origin = rig.server.origin) => {
    house = httpHouse(rig.wire.transport, { policy, target: targetFrom(`${origin}/v1`, { authorization: 'Bearer ours' }) });
    return house.http.send(kind, { path, ...(kind.method === 'POST' ? { body: { name: 'seven' } } : {}) }, options);
  };
  const requests = (): number => rig.server.received.split(' HTTP/1.1\r\n').length - 1;

  afterEach(() => {
    house?.close();
  });

  it('sends a request and gives its answer', async () => {
    await rig.serve(saying(found));

    expect(await ask(patient)).to.deep.equal({ id: '7' });
    expect(rig.server.received)
      .to.match(/^GET \/v1\/things\/7 HTTP\/1\.1\r\n/u)
      .and.include('authorization: Bearer ours\r\n');
  });

  it('repeats a read whose connection was reset', async () => {
    let connections = 0;
    await rig.serve((socket) => {
      connections += 1;
      if (connections === 1) socket.resetAndDestroy();
      else socket.write(found);
    });

    expect(await ask(patient)).to.deep.equal({ id: '7' });
    expect(requests()).to.equal(2);
  });

  it('never sends a create twice after a reset, and says that its outcome is unknown', async () => {
    await rig.serve((socket) => socket.resetAndDestroy());

    const error = await rejectionOf(ask(patient, createThing));

    expect(error).to.include({ code: 'outcome_unknown', kind: 'reset' });
    expect(requests()).to.equal(1);
  });

  it('tries a create again that was refused, and keeps the plain error', async () => {
    await rig.serve();
    const origin = `http://127.0.0.1:${String(await closedPort())}`;

    const error = await rejectionOf(ask(patient, createThing, {}, origin));

    expect(error).to.include({ code: 'upstream_unavailable', kind: 'connect', execution: 'not_sent' });
    expect(house?.attempts).to.have.length(3);
  });

  it('bounds the whole body by the attempt’s timeout, however steadily it drips', async () => {
    let drip: NodeJS.Timeout | undefined;
    await rig.serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
      drip = setInterval(() => socket.write('x'), 10);
    });

    const error = await rejectionOf(ask(quick));
    await rig.server.closed();
    clearInterval(drip);

    expect(error).to.include({ code: 'upstream_timeout', timeoutMs: 150 });
    expect(house?.attempts[0]?.durationMs).to.be.within(140, 1_500);
  });

  it('frees the socket of a service that never answers', async () => {
    await rig.serve();

    expect(await rejectionOf(ask(quick))).to.include({ code: 'upstream_timeout' });
    await rig.server.closed();
  });

  it('frees the socket when the caller hangs up', async () => {
    await rig.serve();
    const caller = new AbortController();

    const rejection = rejectionOf(ask(patient, getThing, { signal: caller.signal }));
    await rig.server.receives('/v1/things/7');
    caller.abort();

    expect(await rejection).to.include({ code: 'call_cancelled' });
    await rig.server.closed();
  });

  for (const [what, bytes, code] of [
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n', 'upstream_contract_broken'],
    ['a body beyond the limit', httpAnswer(200, 'x'.repeat(2_000)), 'upstream_contract_broken'],
    ['HTML with a 200', httpAnswer(200, '<html>'), 'upstream_contract_broken'],
    ['a redirect', httpAnswer(301, '', ['Location: http://127.0.0.1:1/']), 'upstream_contract_broken'],
    ['HTML with a 502', httpAnswer(502, '<html>'), 'upstream_unavailable'],
  ] as const) {
    it(`makes ${code} of ${what}`, async () => {
      await rig.serve(saying(bytes));

      expect(await rejectionOf(ask(quick))).to.include({ code });
    });
  }
});
