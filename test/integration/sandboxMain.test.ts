import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { plainHttp } from '../support/plainHttp.ts';

const main = fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url));

/** Without coverage: what a process loads by another loader spoils the figures of this one. */
const start = (settings: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', main], { env: { ...process.env, NODE_V8_COVERAGE: undefined, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });

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
    expect(JSON.parse(overview.text).services).to.have.all.keys('hubspot', 'lemlist', 'explorium');
    expect(await ended).to.deep.equal([0, null]);
  }).timeout(20_000);

  it('says in one line that its port is in use, and ends with status 1', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const port = String((occupant.address() as AddressInfo).port);

    const child = start({ SANDBOX_PORT: port });
    const [said, [status]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    occupant.close();

    expect(status).to.equal(1);
    expect(said.trim().split('\n')).to.deep.equal([
      `sandbox: The sandbox cannot listen on 127.0.0.1:${port}, the port is in use: set SANDBOX_PORT to a free port, or to 0 to have one picked`,
    ]);
  }).timeout(20_000);

  it('names every setting at fault and does not start', async () => {
    const child = start({ SANDBOX_PORT: 'http', SANDBOX_SEED: '-1' });

    const [said, [status]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);

    expect(status).to.equal(1);
    expect(said).to.match(/^sandbox: SANDBOX_PORT must be .*; SANDBOX_SEED must be /u);
  }).timeout(20_000);
});
