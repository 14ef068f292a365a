import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { serviceRegistry } from '../../src/services/registry.ts';
import { plainHttp } from '../support/plainHttp.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

interface Announcement {
  readonly url: string;
  readonly pid: number;
  readonly seed: number;
  readonly services: Readonly<Record<'kit', { readonly url: string; readonly directUrl: string; readonly port: number }>>;
}

const main = fileURLToPath(new URL('../../sandbox/server/main.ts', import.meta.url));

/** Without coverage: what a process loads by another loader spoils the figures of this one. */
const start = (settings: Readonly<Record<string, string>>, args: readonly string[] = []): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** What it said until it said this. */
const untilSaid = async (child: ChildProcess, what: string): Promise<string> => {
  let said = '';
  for await (const chunk of child.stdout!.setEncoding('utf8') as AsyncIterable<string>) {
    said += chunk;
    if (said.includes(what)) break;
  }
  return said;
};

describe('sandbox as a command', () => {
  it('prints addresses, seed and faults to try, serves every service, and ends by SIGTERM', async () => {
    const child = start({ SANDBOX_PORT: '0', SANDBOX_SEED: '7' });
    const ended = once(child, 'exit');

    const said = await untilSaid(child, 'More:');
    const root = /Sandbox on (\S+) \(seed 7\)/u.exec(said)?.[1] ?? 'no address';
    const overview = await plainHttp(root);
    child.kill('SIGTERM');

    expect(said).to.include(`HUBSPOT_BASE_URL=${root}/hubspot`).and.to.include(`curl -X PUT ${root}/_faults/hubspot`);
    expect(JSON.parse(overview.text).services).to.have.all.keys(Object.keys(serviceRegistry));
    expect(await ended).to.deep.equal([0, null]);
  }).timeout(20_000);

  it('prints one line of JSON for programs, with a port of each service, and begins with recorded seeds', async () => {
    const folder = temporaryFolder();
    const seeds = join(folder.path, 'seeds.json');
    const first = start({}, ['--port', '0', '--json', '--seed', '7']);
    const firstSaid = JSON.parse(await untilSaid(first, '\n')) as Announcement;
    await plainHttp(`${firstSaid.services.kit.directUrl}/v4/tags`, {
      method: 'POST',
      headers: { 'x-kit-api-key': 'kit_sandbox' },
      body: { name: 'kept' },
    });
    await writeFile(seeds, (await plainHttp(`${firstSaid.url}/_seeds`)).text);
    first.kill('SIGTERM');
    await once(first, 'exit');

    const second = start({}, ['--port', '0', '--ports', `kit=${String(firstSaid.services.kit.port)}`, '--json', '--seeds', seeds]);
    const said = await untilSaid(second, '\n');
    const { url, pid, services } = JSON.parse(said) as Announcement;
    const tags = await plainHttp(`${services.kit.url}/v4/tags`, { headers: { 'x-kit-api-key': 'kit_sandbox' } });
    process.kill(pid, 'SIGTERM');

    expect(firstSaid).to.include({ seed: 7, pid: first.pid });
    expect(said.trim().split('\n')).to.have.length(1);
    expect(services).to.have.all.keys(Object.keys(serviceRegistry));
    expect(services.kit).to.deep.equal({ ...firstSaid.services.kit, url: `${url}/kit` });
    expect(tags.text).to.include('"kept"');
    expect(await once(second, 'exit')).to.deep.equal([0, null]);
    folder.remove();
  }).timeout(30_000);

  it('says in one line why seeds cannot be loaded, and does not start', async () => {
    const missing = start({ SANDBOX_SEEDS: 'no-such-file.json' }, ['--port', '0']);
    const wrong = start({ SANDBOX_SEEDS: fileURLToPath(import.meta.url) }, ['--port', '0']);

    const said = await Promise.all([text(missing.stderr!), text(wrong.stderr!), once(missing, 'exit'), once(wrong, 'exit')]);

    expect(said).to.deep.equal([
      'sandbox: SANDBOX_SEEDS must be a file that can be read\n',
      'sandbox: The seeds are not JSON; send what GET /_seeds answered\n',
      [1, null],
      [1, null],
    ]);
  }).timeout(20_000);
});
