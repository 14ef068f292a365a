import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Clock } from '../../src/time/clock.ts';
import { mintKey } from '../../src/web/apiKey.ts';
import { commandsOf, faultsOfCommands } from '../support/documentedCommands.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { readText, root } from '../support/repoFiles.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const withCommands = pages.filter((page) => commandsOf(readText(page)).length > 0);

/** Real time, but for what a reader is told to wait. */
const skippableClock = (): Clock & { skip(ms: number): void } => {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    wallTime: () => systemClock.wallTime() + skipped,
    after: systemClock.after,
    skip: (ms) => {
      skipped += ms;
    },
  };
};

const admin = mintKey('on-call', randomBytes);
const scopes = ['admin', ...['hubspot', 'kit'].flatMap((name) => [`${name}:read`, `${name}:write`])];
const headers = { authorization: `Bearer ${admin.key}`, 'content-type': 'application/json', prefer: 'respond-async' };

/** One job each that failed, is uncertain and waits, as a page about jobs has them. */
const makeJobs = async ({ url, fault }: RunningGateway, management: string): Promise<void> => {
  const post = (address: string, body: object): Promise<Response> =>
    fetch(address, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': randomBytes(8).toString('hex') },
      body: JSON.stringify(body),
    });
  const states = async (): Promise<readonly string[]> => {
    const { jobs } = (await (await fetch(`${management}/admin/jobs`, { headers })).json()) as {
      readonly jobs: readonly { readonly status: string }[];
    };
    return jobs.map(({ status }) => status).sort();
  };
  await post(`${management}/admin/circuits/kit/override`, { mode: 'forced_open', reason: 'a job shall wait', ttlSeconds: 600 });
  await fault('hubspot', { fault: 'reset', operation: 'POST /crm/objects/2026-03/deals' });
  await post(`${url}/api/kit/subscribers`, { email_address: 'waits@example.com' });
  await post(`${url}/api/hubspot/contacts`, { properties: { email: 'ada.marsh@example.com' } });
  await post(`${url}/api/hubspot/deals`, { properties: { dealname: 'uncertain' } });
  while ((await states()).join() !== 'failed,queued,uncertain') await sleep(20);
  await fault('hubspot', { fault: 'ok' });
};

describe('the commands of the documents', function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  const keysFile = path.join(folder.path, 'keys.json');
  let gateway: RunningGateway | undefined;

  before(() => {
    writeFileSync(keysFile, JSON.stringify([{ id: 'on-call', sha256: admin.sha256, scopes }]), { mode: 0o600 });
  });

  afterEach(async () => {
    await gateway?.stop('test');
    gateway = undefined;
  });

  after(() => {
    folder.remove();
  });

  const faultsOf = async (text: string): Promise<readonly string[]> => {
    const clock = skippableClock();
    // A page that speaks of a key is for those who have one, and a port of their own.
    const isGuarded = text.includes('MANAGEMENT=');
    gateway = await startGateway(isGuarded ? { API_KEYS_FILE: keysFile, MANAGEMENT_PORT: '0' } : {}, clock);
    const management = isGuarded ? gateway.managementUrl : gateway.url;
    if (text.includes('/admin/jobs')) await makeJobs(gateway, management);
    return faultsOfCommands(commandsOf(text), {
      instead: [
        ['MANAGEMENT=http://localhost:3000', `MANAGEMENT=${management}`],
        ['<a key with the scope admin>', admin.key],
        ...['http://localhost:3000', 'localhost:3000'].map((address) => [address, gateway?.url ?? ''] as const),
        ...['http://127.0.0.1:4010', 'localhost:4010'].map((address) => [address, gateway?.sandboxUrl ?? ''] as const),
      ],
      before: (command) => {
        if (command.includes('more than 30 s ago')) clock.skip(31_000);
      },
    });
  };

  it('are found in the pages that have any', () => {
    expect(withCommands).to.include.members(['README.md', 'docs/api.md', 'docs/sandbox.md', 'docs/runbooks/circuit-breaker-runbook.md']);
    for (const page of pages) expect(/^ *curl /mu.test(readText(page)) && !withCommands.includes(page), page).to.equal(false);
  });

  for (const page of withCommands) {
    it(`work as written in ${page}`, async () => {
      const faults = await faultsOf(readText(page));

      expect(faults).to.deep.equal([]);
    });
  }

  it('are told apart where they do not what their page says', async () => {
    const right =
      '```sh\ncurl localhost:3000/api/hubspot/contacts/101\n# {"id":"101",…\n\ncurl localhost:3000/nowhere\n# 404 nothing is here\n```\n';
    const wrong = [
      'curl localhost:3000/api/hubspot/contact/101',
      'curl localhost:3000/api/hubspot/contacts/101\n# {"id":"102",…',
      'curl localhost:3000/api/hubspot/contacts/101\n# 404 it is gone',
      'curl localhost:3000/health | grep "no such word"',
    ];

    const faults = await faultsOf(`${right}${wrong.map((command) => `\`\`\`sh\n${command}\n\`\`\`\n`).join('')}`);

    expect(faults.map((fault) => fault.split(' → ')[0])).to.deep.equal(wrong.map((command) => command.split('\n')[0]));
  });
});
