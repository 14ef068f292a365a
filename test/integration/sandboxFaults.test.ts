import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { failureCode, openHttp, plainHttp } from '../support/plainHttp.ts';
import { toySimulator, type ToySimulator } from '../support/toySimulator.ts';

describe('sandbox faults on real sockets', () => {
  let clock: HandDrivenClock;
  let toy: ToySimulator;
  let sandbox: Sandbox;

  const root = (): string => `http://127.0.0.1:${String(sandbox.port)}`;
  const setFault = async (body: Record<string, unknown>): Promise<void> => {
    const answer = await plainHttp(`${root()}/_faults/toy`, { method: 'PUT', body });
    expect(answer.status, answer.text).to.equal(200);
  };
  /** Any path will do: the log is asked until it holds a request, or for ever, which mocha ends. */
  const untilLogged = async (count: number): Promise<void> => {
    for (;;) {
      const { text } = await plainHttp(`${root()}/_requests`);
      if ((JSON.parse(text) as { requests: unknown[] }).requests.length >= count) return;
    }
  };

  beforeEach(async () => {
    clock = new HandDrivenClock();
    toy = toySimulator();
    sandbox = await startSandbox({ simulators: [toy], port: 0, seed: 1, clock, log: () => undefined });
  });
  afterEach(() => sandbox.close());

  it('hangs without a byte until the client gives up, and does no work', async () => {
    await setFault({ fault: 'hang' });
    const caller = new AbortController();

    const code = failureCode(openHttp(`${sandbox.url('toy')}/x`, { signal: caller.signal }));
    await untilLogged(1);
    caller.abort();

    expect(await code).to.equal('ABORT_ERR');
    expect(toy.worked).to.have.length(0);
  });

  it('frees the socket of a hanging request when it closes', async () => {
    await setFault({ fault: 'hang' });
    const code = failureCode(openHttp(`${sandbox.url('toy')}/x`));
    await untilLogged(1);

    await sandbox.close();

    expect(await code).to.equal('ECONNRESET');
  });

  it("fails with the simulator's own body for the status asked for", async () => {
    await setFault({ fault: 'error', status: 502 });

    const { status, text } = await plainHttp(`${sandbox.url('toy')}/x`);

    expect(status).to.equal(502);
    expect(JSON.parse(text)).to.deep.equal({ toyError: 502 });
  });

  it('resets the connection', async () => {
    await setFault({ fault: 'reset' });

    expect(await failureCode(plainHttp(`${sandbox.url('toy')}/x`))).to.equal('ECONNRESET');
  });

  it('refuses connections on the port of the service, and takes the same port back', async () => {
    const url = `${sandbox.directUrl('toy')}/x`;
    expect((await plainHttp(url)).status).to.equal(200);

    await setFault({ fault: 'refuse' });
    const refused = await failureCode(plainHttp(url));
    await setFault({ fault: 'ok' });

    expect(refused).to.equal('ECONNREFUSED');
    expect((await plainHttp(url)).status).to.equal(200);
    expect(sandbox.directUrl('toy')).to.equal(url.slice(0, -2));
  });

  it('cuts the connection on the shared port before a byte of an answer, while other paths work', async () => {
    await setFault({ fault: 'refuse' });

    expect(await failureCode(plainHttp(`${sandbox.url('toy')}/x`))).to.equal('ECONNRESET');
    expect((await plainHttp(root())).status).to.equal(200);
  });

  it('cuts instead of refusing on the port of the service when only some requests are meant', async () => {
    await setFault({ fault: 'refuse', operation: 'GET /cut' });

    expect(await failureCode(plainHttp(`${sandbox.directUrl('toy')}/cut`))).to.equal('ECONNRESET');
    expect((await plainHttp(`${sandbox.directUrl('toy')}/kept`)).status).to.equal(200);
  });

  it('answers late when slow, though the work is done at once', async () => {
    await setFault({ fault: 'slow', ms: 3000 });

    const answer = plainHttp(`${sandbox.url('toy')}/x`);
    await clock.untilPending(1);
    const workedBefore = toy.worked.length;
    clock.advance(2999);
    const pendingBefore = clock.pending;
    clock.advance(1);

    expect((await answer).status).to.equal(200);
    expect(workedBefore).to.equal(1);
    expect(pendingBefore).to.equal(1);
  });

  it('drops the timer of a slow answer whose client went away', async () => {
    await setFault({ fault: 'slow' });
    const caller = new AbortController();
    const code = failureCode(openHttp(`${sandbox.url('toy')}/x`, { signal: caller.signal }));
    await clock.untilPending(1);

    caller.abort();
    await clock.untilPending(0);

    expect(await code).to.equal('ABORT_ERR');
  });

  it('drips: headers at once, then a byte for each interval, and never an end', async () => {
    await setFault({ fault: 'drip', ms: 500 });
    const incoming = await openHttp(`${sandbox.url('toy')}/x`);
    const chunks = (incoming as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const bytes: number[] = [];

    for (let count = 0; count < 3; count += 1) {
      clock.advance(500);
      bytes.push(((await chunks.next()).value as Buffer).length);
    }

    expect(incoming.statusCode).to.equal(200);
    expect(bytes).to.deep.equal([1, 1, 1]);
    expect(incoming.complete).to.equal(false);
    incoming.destroy();
    await clock.untilPending(0);
  });

  it('sends garbage that looks like a success and is no JSON: broken off, or a page', async () => {
    await setFault({ fault: 'garbage' });
    const texts: string[] = [];

    for (let call = 0; call < 20; call += 1) {
      const { status, headers, text } = await plainHttp(`${sandbox.url('toy')}/x`);
      expect({ status, type: headers['content-type'] }).to.deep.equal({ status: 200, type: 'application/json' });
      expect(() => JSON.parse(text) as unknown).to.throw(SyntaxError);
      texts.push(text);
    }

    expect(texts.some((text) => text.startsWith('<!DOCTYPE html>'))).to.equal(true);
    expect(texts.some((text) => text.startsWith('{"seen"'))).to.equal(true);
  });

  it('brings about a named state of the account, and leaves it with the fault', async () => {
    const state = async (): Promise<unknown> => (JSON.parse((await plainHttp(`${sandbox.url('toy')}/x`)).text) as { state: unknown }).state;
    await setFault({ fault: 'scenario', scenario: 'sold_out' });
    const during = await state();

    await plainHttp(`${root()}/_faults/toy`, { method: 'DELETE' });

    expect(during).to.equal('sold out');
    expect(await state()).to.equal('seeded');
  });

  it('leaves no timer and no socket behind when it closes amid faults', async () => {
    await setFault({ fault: 'drip' });
    const dripping = await openHttp(`${sandbox.directUrl('toy')}/x`);
    const ended = failureCode(text(dripping));
    await clock.untilPending(1);

    await sandbox.close();
    await clock.untilPending(0);

    expect(await ended).to.equal('ECONNRESET');
    expect(await failureCode(plainHttp(root()))).to.equal('ECONNREFUSED');
  });
});
