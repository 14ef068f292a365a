import { expect } from 'chai';
import { SharedStateUnavailableError } from '../../../src/errors/sharedStateErrors.ts';
import type { CircuitSnapshot } from '../../../src/contract/circuitState.ts';
import type { CircuitControl, FleetControls } from '../../../src/routes/circuitDesk.ts';
import { fleetViewOf } from '../../support/fleetView.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { closedCircuit, startWebGateway, type WebGateway } from '../web/webGateway.ts';

/** The circuit of this replica, which changes are of the fleet must not touch. */
const untouchable: CircuitControl = {
  snapshot: (): CircuitSnapshot => closedCircuit,
  impose: () => expect.fail('only this replica was changed'),
  release: () => expect.fail('only this replica was changed'),
  reset: () => expect.fail('only this replica was changed'),
  changeDetection: () => expect.fail('only this replica was changed'),
  restoreDetection: () => expect.fail('only this replica was changed'),
};

describe('administration of a fleet', () => {
  let gateway: WebGateway;
  let asked: unknown[] = [];
  let isDown = false;
  let tries = 0;

  const told =
    (what: string) =>
    (...rest: readonly unknown[]): Promise<unknown> => {
      tries += 1;
      if (isDown) return Promise.reject(new SharedStateUnavailableError('Redis cannot be reached'));
      asked.push([what, ...rest]);
      return Promise.resolve();
    };
  const controls: FleetControls = { impose: told('impose'), release: told('release'), reset: told('reset') };

  before(async () => {
    const snapshot = {
      replica: 'b',
      version: '1.2.3',
      phase: 'ready',
      uptimeMs: 2000,
      circuits: { toy: 'open' },
      outages: { toy: '2026-01-01T00:00:00.000Z' },
      suspectsItselfOver: [],
    } as const;
    gateway = await startWebGateway({
      circuits: { list: () => [closedCircuit], find: (name) => (name === 'toy' ? untouchable : undefined) },
      fleet: {
        controls,
        cluster: {
          replica: 'a',
          sharedState: 'up',
          suspected: ['toy'],
          isUnfit: false,
          sample: () => ({ replicas: [{ snapshot, ageMs: 1000 }], ageMs: 250 }),
        },
        views: () => [
          { circuit: 'toy', view: fleetViewOf({ state: 'open', reason: 'failure_evidence', openings: 2 }), seenAgoMs: 1500 },
          { circuit: 'other', view: undefined, seenAgoMs: undefined },
        ],
      },
    });
  });

  beforeEach(() => {
    asked = [];
    isDown = false;
    tries = 0;
    gateway.lines.length = 0;
  });

  after(() => gateway.stop());

  const ask = (method: string, path: string, body?: unknown): Promise<PlainResponse> => {
    const text = JSON.stringify(body) as string | undefined;
    const headers = { 'content-type': 'application/json', 'content-length': String(text?.length ?? 0) };
    return plainHttp(`${gateway.url}/admin${path}`, { method, headers, body: text });
  };

  it('shows the replicas, and what the fleet says of each circuit', async () => {
    const answer = await ask('GET', '/fleet');

    expect(JSON.parse(answer.text)).to.deep.equal({
      replica: 'a',
      sharedState: 'up',
      ready: true,
      suspectsItselfOver: ['toy'],
      replicas: [
        {
          replica: 'b',
          version: '1.2.3',
          phase: 'ready',
          uptimeSeconds: 2,
          seenSecondsAgo: 1.3,
          circuits: { toy: 'open' },
          outages: { toy: '2026-01-01T00:00:00.000Z' },
          suspectsItselfOver: [],
        },
      ],
      circuits: [
        {
          name: 'toy',
          state: 'open',
          reason: 'failure_evidence',
          openings: 2,
          outageSince: '2026-01-01T00:00:00.000Z',
          replicas: 3,
          seenSecondsAgo: 1.5,
        },
        { name: 'other', state: 'unknown', reason: '', openings: 0, replicas: 0 },
      ],
    });
  });

  it('imposes, releases and resets on all replicas where that is asked for, and writes it down', async () => {
    const reason = 'the service is being moved';
    const statuses = [
      await ask('POST', '/circuits/toy/override', { mode: 'forced_open', reason, ttlSeconds: 60, scope: 'fleet' }),
      await ask('DELETE', '/circuits/toy/override', { reason, scope: 'fleet' }),
      await ask('POST', '/circuits/toy/reset', { reason, scope: 'fleet' }),
    ].map(({ status }) => status);

    expect(statuses).to.deep.equal([200, 200, 200]);
    expect(asked).to.deep.equal([
      ['impose', 'toy', { mode: 'forced_open', reason, by: 'local', leftMs: 60_000 }],
      ['release', 'toy'],
      ['reset', 'toy'],
    ]);
    const audited = gateway.lines.filter(({ audit }) => audit === true).map(({ action, scope, circuit }) => ({ action, scope, circuit }));
    expect(audited).to.deep.equal(['impose', 'release', 'reset'].map((action) => ({ action, scope: 'fleet', circuit: 'toy' })));
  });

  it('tries thrice, says that the fleet cannot be reached, and what to do instead', async () => {
    isDown = true;

    const answer = await ask('POST', '/circuits/toy/reset', { reason: 'it is well again', scope: 'fleet' });

    expect(tries).to.equal(3);
    expect(answer.status).to.equal(503);
    expect(answer.headers['retry-after']).to.equal('5');
    expect(JSON.parse(answer.text)).to.include({ code: 'fleet_unavailable' });
    expect(gateway.lines.filter(({ audit }) => audit === true)).to.deep.equal([]);
  });

  it('knows no other scope', async () => {
    const answer = await ask('POST', '/circuits/toy/reset', { reason: 'it is well again', scope: 'world' });

    expect(answer.status).to.equal(400);
    expect(answer.text).to.include('body.scope');
  });
});

describe('administration of one process alone', () => {
  it('refuses to change a fleet, and says what to leave out', async () => {
    const gateway = await startWebGateway({ circuits: { list: () => [closedCircuit], find: () => untouchable } });
    const body = JSON.stringify({ reason: 'it is well again', scope: 'fleet' });

    const answer = await plainHttp(`${gateway.url}/admin/circuits/toy/reset`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });

    expect(answer.status).to.equal(400);
    expect(answer.text).to.include('there is no fleet without Redis');
    await gateway.stop();
  });
});
