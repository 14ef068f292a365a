import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readDrillArguments } from '../../lab/drill/drillArguments.ts';
import { drillJson, drillReport } from '../../lab/drill/drillReport.ts';
import { runDrill, type DrillParts } from '../../lab/drill/drillRun.ts';
import { DrillSandbox } from '../../lab/drill/drillSandbox.ts';
import { drillServices, healthOperationOf } from '../../lab/drill/drillSubjects.ts';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { systemClock } from '../../src/time/clock.ts';
import { plainHttp } from '../support/plainHttp.ts';
import { toySimulator } from '../support/toySimulator.ts';

/** Asks its service until that has failed three times, then refuses for 300 ms: a breaker in its smallest form. */
const toyGateway = (serviceUrl: () => string): Server => {
  let failures = 0;
  let openUntil = 0;
  return createServer((req, res) => {
    const answer = async (): Promise<void> => {
      if (req.url === '/metrics') {
        res.end('upstream_attempts_total{service="hubspot",attempt="first"} 4\n');
        return;
      }
      if (performance.now() < openUntil) {
        res.writeHead(503).end('{"code": "circuit_open"}');
        return;
      }
      const { status } = await plainHttp(`${serviceUrl()}/x`);
      failures = status === 200 ? 0 : failures + 1;
      if (failures >= 3) openUntil = performance.now() + 300;
      res.writeHead(status === 200 ? 200 : 502).end('{"code": "upstream_unavailable"}');
    };
    void answer();
  });
};

describe('drill over a gateway and a sandbox that run already', () => {
  let sandbox: Sandbox;
  let gateway: Server;
  let parts: DrillParts;
  let interruption: AbortController;
  const settings = { ...readDrillArguments(['hubspot', 'error', '--rate', '50'], ['hubspot']), seconds: 0.8 };

  beforeEach(async () => {
    sandbox = await startSandbox({ simulators: [toySimulator('hubspot')], port: 0, seed: 1, clock: systemClock, log: () => undefined });
    gateway = toyGateway(() => sandbox.url('hubspot')).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    interruption = new AbortController();
    parts = {
      target: `http://127.0.0.1:${String((gateway.address() as AddressInfo).port)}`,
      sandbox: new DrillSandbox(`http://127.0.0.1:${String(sandbox.port)}`, 'hubspot'),
      times: { warmUpMs: 200, servedForMs: 1500, patienceMs: 2000 },
      say: () => undefined,
      signal: interruption.signal,
    };
  });
  afterEach(async () => {
    gateway.close();
    gateway.closeAllConnections();
    await sandbox.close();
  });

  it('measures the outage from both ends, and prints it', async () => {
    const result = await runDrill(settings, parts);

    expect(result.unservedInWarmUp).to.equal(0);
    expect(result.firstFastFailureMs).to.be.within(20, 700);
    expect(result.sentIntoOutage).to.be.within(3, 30);
    expect(result.callers).to.be.within(30, 80);
    expect(Object.keys(result.answers)).to.include.members(['503 circuit_open', '502 upstream_unavailable']);
    expect(result.recoveryMs).to.be.within(0, 1000);
    expect(drillReport(settings, result)).to.match(
      /first fast failure +\d+ ms, call \d+\n.*calls sent into the outage +\d+, and 0 health checks\n/u,
    );
    expect(JSON.parse(drillJson(settings, result))).to.deep.include({ service: 'hubspot', fault: 'error', callers: result.callers });
  });

  it('leaves only the health operation broken after the outage, and prints the recovery', async () => {
    const onHealth = { ...readDrillArguments(['hubspot', 'health-403', '--rate', '50'], ['hubspot']), seconds: 0.5 };
    const said: number[] = [];
    const say = (line: string): void => {
      if (line !== 'recovery') return;
      void plainHttp(`${sandbox.url('hubspot')}/account-info/2026-03/details`).then(({ status }) => said.push(status));
    };

    const result = await runDrill(onHealth, { ...parts, say });

    expect(said).to.deep.equal([403]);
    expect(result.recoveryMs).to.be.within(0, 1000);
    expect(drillReport(onHealth, result)).to.match(/all served again after +\d+ ms/u);
    expect((await plainHttp(`${sandbox.url('hubspot')}/account-info/2026-03/details`)).status).to.equal(200);
  });

  it('names the health operation of every service as the sandbox takes it', () => {
    expect(drillServices.map(healthOperationOf)).to.deep.equal([
      'GET /account-info/2026-03/details',
      'GET /team',
      'GET /v1/credits',
      'GET /v4/account',
      'GET /ping',
      'GET /v3/scopes',
    ]);
  });

  it('mends the service when it is interrupted', async () => {
    setTimeout(() => {
      interruption.abort(new Error('stopped'));
    }, 400);

    const outcome = await runDrill(settings, parts).catch(String);

    expect(outcome).to.equal('Error: stopped');
    expect((await plainHttp(`${sandbox.url('hubspot')}/x`)).status).to.equal(200);
  });

  it('does not start over a sandbox that lacks the service', async () => {
    const other = new DrillSandbox(`http://127.0.0.1:${String(sandbox.port)}`, 'lemlist');

    expect(await other.directUrls().catch(String)).to.match(/has no lemlist/u);
  });
});

describe('drill as a command', () => {
  it('answers a wrong command line with its usage and status 2', async () => {
    const script = fileURLToPath(new URL('../../lab/drill/drill.ts', import.meta.url));
    // Without coverage: what a process loads by another loader spoils the figures of this one.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    const child = spawn(process.execPath, ['--import', 'tsx', script, 'hubspot', 'explode'], { env, stdio: ['ignore', 'ignore', 'pipe'] });

    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);

    expect(status).to.equal(2);
    expect(said).to.match(/There is no fault "explode"\nUsage: npm run drill -- <service> <fault>/u);
  });
});
