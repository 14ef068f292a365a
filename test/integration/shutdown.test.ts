import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { temporaryFolder } from '../support/temporaryFolder.ts';

interface Service {
  readonly process: ChildProcess;
  readonly port: number;
  /** Where its sandbox's faults are switched. */
  readonly sandboxUrl: string;
}

/** The service as a process of its own, from source; it tells its port in its log. */
const startService = async (settings: Readonly<Record<string, string>>): Promise<Service> => {
  const data = temporaryFolder();
  const env = {
    ...process.env,
    NODE_V8_COVERAGE: undefined,
    NODE_ENV: 'test',
    PORT: '0',
    SANDBOX_PORT: '0',
    LOG_LEVEL: 'info',
    DATA_DIR: data.path,
    ...settings,
  };
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.once('exit', data.remove);
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = line.startsWith('{') ? (JSON.parse(line) as Partial<Service> & { readonly msg?: string }) : {};
    const { msg, port, sandboxUrl } = entry;
    if (msg === 'listening' && port !== undefined && sandboxUrl !== undefined) return { process: child, port, sandboxUrl };
  }
  throw new Error('the service ended before it listened');
};

/** Resolves when so many calls to HubSpot wait for their answers. */
const underWay = async (port: number, count: number): Promise<void> => {
  for (let metrics = ''; !metrics.includes(`bulkhead_in_flight{service="hubspot"} ${String(count)}\n`);) {
    metrics = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
  }
};

/** Not the reads of one contact: those of one moment become one request to HubSpot. */
const PATH = '/api/hubspot/contacts/101/associations/companies';

/** One request: its status, or the error's code. */
const ask = (port: number, agent: Agent): Promise<number | string> =>
  new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: PATH, headers: { 'cache-control': 'no-cache' }, agent }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve(response.statusCode ?? 0);
      });
      response.once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? 'error');
      });
    }).once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? 'error');
    });
  });

/** Four callers on kept connections, asking as fast as answers come, so many times each. */
const askMany = async (port: number, times: number): Promise<readonly (number | string)[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const outcomes: (number | string)[] = [];
  const caller = async (): Promise<void> => {
    for (let asked = 0; asked < times; asked += 1) outcomes.push(await ask(port, agent));
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  agent.destroy();
  return outcomes;
};

/** Of Kit, 7.8 MB: two of them are more than the buffers of two sockets take. */
const LONG_PAGE = JSON.stringify({
  subscribers: Array.from({ length: 1_000 }, (_, id) => ({ id, email_address: 'a@example.com', first_name: 'x'.repeat(7_700) })),
  pagination: { has_previous_page: false, has_next_page: false },
});

describe('the shutdown of the service', function () {
  this.timeout(60_000);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`on ${signal} still answers whoever comes before the balancer looks away, and ends with code 0`, async () => {
      const service = await startService({ DRAIN_DELAY_MS: '2000' });
      const ended = once(service.process, 'exit') as Promise<[number | null]>;

      service.process.kill(signal);
      // Below half of HubSpot's quota: nobody waits for a permit.
      const outcomes = await askMany(service.port, 12);
      const [code] = await ended;

      expect(outcomes).to.deep.equal(Array.from({ length: 48 }, () => 200));
      expect(code).to.equal(0);
    });
  }

  it('lets the answers out that are under way when it stops listening', async () => {
    const service = await startService({ DRAIN_DELAY_MS: '0' });
    const ended = once(service.process, 'exit') as Promise<[number | null]>;
    await fetch(`${service.sandboxUrl}/_faults/hubspot`, { method: 'PUT', body: '{"fault": "slow", "ms": 1000}' });
    const agent = new Agent({ keepAlive: true });

    const asked = Promise.all(Array.from({ length: 10 }, () => ask(service.port, agent)));
    await underWay(service.port, 10);
    service.process.kill('SIGTERM');
    const outcomes = await asked;
    const [code] = await ended;

    expect(outcomes).to.deep.equal(Array.from({ length: 10 }, () => 200));
    expect(code).to.equal(0);
    agent.destroy();
  });

  it('ends within the limit of one part, 20 s, though a caller reads nothing of its long answers', async () => {
    const kit = createServer((_req, res) => res.setHeader('Content-Type', 'application/json').end(LONG_PAGE)).listen(0, '127.0.0.1');
    await once(kit, 'listening');
    const { port: kitPort } = kit.address() as AddressInfo;
    const service = await startService({
      DRAIN_DELAY_MS: '0',
      KIT_API_KEY: 'kit_0123456789abcdef',
      KIT_BASE_URL: `http://127.0.0.1:${String(kitPort)}`,
    });
    const ended = once(service.process, 'exit') as Promise<[number | null]>;
    const caller = connect(service.port, '127.0.0.1').on('error', () => undefined);

    caller.write('GET /api/kit/subscribers?per_page=1000 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    // The answer has begun; what does not fit the buffers of both sockets is never asked for.
    await once(caller, 'readable');
    const toldAt = performance.now();
    service.process.kill('SIGTERM');
    const [code] = await ended;
    const tookMs = performance.now() - toldAt;
    const head = (caller.read(12) as Buffer | null)?.toString();
    caller.destroy();
    kit.closeAllConnections();
    kit.close();

    expect(head).to.equal('HTTP/1.1 200');
    expect(tookMs).to.be.within(5_000, 25_000);
    // Not by a signal: whether the caller was cut off in time to call it a clean end is a matter of milliseconds.
    expect(code).to.be.oneOf([0, 1]);
  });

  it('at a second signal does not wait', async () => {
    const service = await startService({ DRAIN_DELAY_MS: '20000' });
    const ended = once(service.process, 'exit') as Promise<[number | null]>;

    service.process.kill('SIGTERM');
    await new Promise((resolve) => service.process.stdout?.once('data', resolve));
    service.process.kill('SIGTERM');
    const [code] = await ended;

    expect(code).to.equal(1);
  });

  it('says what to change when its port is taken, and ends with code 1', async () => {
    const service = await startService({});
    const data = temporaryFolder();
    const rival = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], {
      env: {
        ...process.env,
        NODE_V8_COVERAGE: undefined,
        NODE_ENV: 'test',
        PORT: String(service.port),
        SANDBOX_PORT: '0',
        DATA_DIR: data.path,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });

    const [said] = (await once(rival.stderr, 'data')) as [Buffer];
    const [code] = (await once(rival, 'exit')) as [number | null];

    expect(said.toString()).to.include(`127.0.0.1:${String(service.port)} is in use`);
    expect(code).to.equal(1);
    data.remove();
    service.process.kill('SIGTERM');
    await once(service.process, 'exit');
  });
});
