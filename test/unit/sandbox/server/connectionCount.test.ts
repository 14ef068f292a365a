import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ConnectionCount } from '../../../../sandbox/server/exchange.ts';
import type { OpenConnections } from '../../../../sandbox/simulation/simulator.ts';
import { failureCode, plainHttp } from '../../../support/plainHttp.ts';

interface Arrival {
  readonly response: ServerResponse;
  readonly seen: OpenConnections;
}

describe('sandbox connection count', () => {
  let now: number;
  let count: ConnectionCount;
  let server: Server;
  let arrivals: Arrival[];

  const url = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  /** A request that is under way; `answer` and `leave` end it one way or the other. */
  const arrive = async (): Promise<Arrival & { readonly answer: () => Promise<void>; readonly leave: () => Promise<void> }> => {
    const caller = new AbortController();
    const arrived = once(server, 'request');
    const ended = failureCode(plainHttp(url(), { signal: caller.signal }));
    await arrived;
    const arrival = arrivals.at(-1) as Arrival;
    const closed = once(arrival.response, 'close');
    return {
      ...arrival,
      answer: async () => {
        arrival.response.end();
        await Promise.all([closed, ended]);
      },
      leave: async () => {
        caller.abort();
        await Promise.all([closed, ended]);
      },
    };
  };

  beforeEach(async () => {
    now = 1000;
    arrivals = [];
    count = new ConnectionCount(() => now);
    server = createServer((_req, response) => arrivals.push({ response, seen: count.enter(response) }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });

  it('counts no longer what was answered, and holds nothing against its client', async () => {
    await (await arrive()).answer();

    const { seen } = await arrive();

    expect(seen).to.deep.equal({ open: 1, abandonedAt: [] });
  });

  it("remembers by the simulator's time when a client left without an answer", async () => {
    const impatient = await arrive();
    now = 2500;
    await impatient.leave();

    const { seen } = await arrive();

    expect(seen).to.deep.equal({ open: 1, abandonedAt: [2500] });
  });

  it('remembers the latest hundred who left, and no more', async () => {
    for (let visit = 0; visit < 102; visit += 1) {
      now = visit;
      await (await arrive()).leave();
    }

    const { abandonedAt } = (await arrive()).seen;

    expect([abandonedAt.length, abandonedAt[0], abandonedAt.at(-1)]).to.deep.equal([100, 2, 101]);
  });

  it('forgets who left when told to, and goes on counting what is under way', async () => {
    await arrive();
    await (await arrive()).leave();

    count.forget();

    expect((await arrive()).seen).to.deep.equal({ open: 2, abandonedAt: [] });
  });
});
