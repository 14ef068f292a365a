/**
 * Adding a service touches its folder and one line of the registry, and its simulator one line of the sandbox: done here in a copy of
 * the source, which is then started as a process of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { temporaryFolder, type TemporaryFolder } from '../support/temporaryFolder.ts';
import { projectRoot } from './project.ts';

const REGISTRY = 'src/services/registry.ts';
const SIMULATORS = 'sandbox/simulators.ts';

const ACME = path.join(import.meta.dirname, 'acme');

/** The registry with the one line more, and the import that it needs. */
const withAcme = (registry: string): string =>
  registry.replace('import ', "import { acme } from './acme/acme.ts';\nimport ").replace(' } as const;', ', acme } as const;');

/** The list of simulators with the one line more, and the import that it needs. */
const withAcmeSimulator = (list: string): string =>
  list.replace('import ', "import { acmeSimulator } from './acme/acmeSandbox.ts';\nimport ").replace('\n];', '\n  acmeSimulator,\n];');

/** The source with Acme in it: its files, where their imports are shorter, and one line for each. */
const copyWithAcme = (to: string): void => {
  for (const part of ['src', 'sandbox', 'package.json', 'tsconfig.json'])
    cpSync(path.join(projectRoot, part), path.join(to, part), { recursive: true });
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(to, 'node_modules'), 'dir');
  const [service, simulator] = [path.join(to, 'src/services/acme'), path.join(to, 'sandbox/acme')];
  mkdirSync(service);
  mkdirSync(simulator);
  const textOf = (name: string): string => readFileSync(path.join(ACME, name), 'utf8');
  writeFileSync(path.join(service, 'acme.ts'), textOf('acme.ts').replaceAll("'../../../src/", "'../../"));
  writeFileSync(path.join(simulator, 'acmeSandbox.ts'), textOf('acmeSandbox.ts').replaceAll("'../../../sandbox/", "'../"));
  writeFileSync(path.join(to, REGISTRY), withAcme(readFileSync(path.join(to, REGISTRY), 'utf8')));
  writeFileSync(path.join(to, SIMULATORS), withAcmeSimulator(readFileSync(path.join(to, SIMULATORS), 'utf8')));
};

interface Announced {
  readonly msg?: string;
  readonly port: number;
  readonly sandboxUrl: string;
}

/** What the process logs once it listens; its pipe stays open. @throws {Error} with all that it said, if it ends before. */
const untilListening = (child: ChildProcess): Promise<Announced> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const line = said.split('\n').find((each) => each.includes('"listening"') && each.endsWith('}'));
      if (line !== undefined) resolve(JSON.parse(line) as Announced);
    });
    child.once('exit', () => {
      reject(new Error(`it did not listen: ${said}`));
    });
  });

describe('A toy service, added by its folder and one line', function () {
  this.timeout(60_000);
  let copy: TemporaryFolder;
  let child: ChildProcess;
  let gateway: string;
  let sandbox: string;

  const start = (settings: Readonly<Record<string, string>>): ChildProcess => {
    const own = { NODE_ENV: 'test', PORT: '0', SANDBOX_PORT: '0', DATA_DIR: path.join(copy.path, 'data') };
    const env = { PATH: process.env['PATH'], NODE_V8_COVERAGE: undefined, ...own, ...settings };
    return spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], { cwd: copy.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
  };

  const ask = async (url: string) => {
    const response = await fetch(url);
    const body = await response.text();
    return { status: response.status, text: body, json: () => JSON.parse(body) as unknown };
  };

  before(async () => {
    copy = temporaryFolder();
    copyWithAcme(copy.path);
    child = start({});
    const { port, sandboxUrl } = await untilListening(child);
    child.stderr!.resume();
    gateway = `http://127.0.0.1:${String(port)}`;
    sandbox = sandboxUrl;
  });

  after(async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await ended;
    copy.remove();
  });

  it('changes one line and one import of what was there, and of the sandbox', () => {
    const linesOf = (folder: string, name: string): readonly string[] => readFileSync(path.join(folder, name), 'utf8').split('\n');

    for (const list of [REGISTRY, SIMULATORS]) {
      const [before, after] = [linesOf(projectRoot, list), linesOf(copy.path, list)];
      expect(
        after.filter((line) => !before.includes(line)),
        list,
      ).to.have.length(2);
    }
  });

  it('has its routes, its credential and its place in the sandbox', async () => {
    const { status, json } = await ask(`${gateway}/api/acme/invoices/7`);
    const { services } = (await ask(sandbox)).json() as { services: object };

    expect(status).to.equal(200);
    expect(json()).to.deep.include({ id: '7', total: 12.5 });
    expect(services).to.have.nested.property('acme.url', `${sandbox}/acme`);
  });

  it('has its input validated, and its refusals passed on', async () => {
    expect((await ask(`${gateway}/api/acme/invoices/seven`)).status).to.equal(400);
    expect((await ask(`${gateway}/api/acme/invoices/404`)).status).to.equal(404);
  });

  it('has its body validated and sent on', async () => {
    const pay = (amount: unknown) =>
      fetch(`${gateway}/api/acme/invoices/7/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ amount }),
      });

    const [paid, refused] = [await pay(12.5), await pay('much')];

    expect([paid.status, refused.status]).to.deep.equal([201, 400]);
  });

  it('is in the OpenAPI document', async () => {
    const { paths } = (await ask(`${gateway}/openapi.json`)).json() as { paths: Record<string, object> };

    expect(paths['/api/acme/invoices/{id}']).to.have.nested.property('get.summary', 'Get an invoice');
  });

  it('is in the health report with its quota', async () => {
    await ask(`${gateway}/api/acme/invoices/7`);

    const { checks } = (await ask(`${gateway}/health/detailed`)).json() as { checks: object };

    expect(checks).to.include.keys('acme:circuit', 'acme:quota');
    expect((await ask(`${gateway}/metrics`)).text).to.include('upstream_quota_limit{service="acme",window="minute"} 60');
  });

  it('has the series that alerts rest on from the start', async () => {
    const { text: metrics } = await ask(`${gateway}/metrics`);

    expect(metrics).to.include('circuit_breaker_state{circuit_name="acme"} 0');
    expect(metrics).to.include(
      'upstream_attempts_total{service="acme",operation="get_invoice",attempt="first",outcome="upstream_unauthorized"} 0',
    );
  });

  it('has settings of its own, which are checked at the start', async () => {
    const other = start({ ACME_CIRCUIT_TIMEOUT: 'soon', ACME_DEADLINE_MS: '-1' });
    const [said, [code]] = await Promise.all([text(other.stderr!), once(other, 'exit')]);

    expect(code).to.equal(1);
    expect(said).to.include('ACME_CIRCUIT_TIMEOUT').and.to.include('ACME_DEADLINE_MS');
  });

  it('has a circuit breaker that opens for it alone', async () => {
    const fault = { method: 'PUT', body: JSON.stringify({ fault: 'error', status: 503 }) };
    expect((await fetch(`${sandbox}/_faults/acme`, fault)).status).to.equal(200);

    const answers: unknown[] = [];
    for (let call = 0; call < 8; call += 1) answers.push((await ask(`${gateway}/api/acme/invoices/7`)).json());

    const { text: metrics } = await ask(`${gateway}/metrics`);
    expect(answers.at(-1)).to.include({ code: 'circuit_open' });
    expect(metrics).to.include('circuit_breaker_state{circuit_name="acme"} 2');
    expect(metrics).to.include('circuit_breaker_state{circuit_name="hubspot"} 0');
  });
});
