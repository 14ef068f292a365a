import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drillRequestOf } from '../../lab/drill/drillSubjects.ts';
import { mintKey } from '../../src/web/apiKey.ts';
import { credentials, serviceNames as names } from '../support/serviceCredentials.ts';
import { gatewayAddressIn, nodeArgumentsFor, ServerProcess } from '../support/serverProcess.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporaryFolder.ts';

const IN_FORCE_WITHIN_MS = 5000;
const [kept, removed, disabled] = ['kept', 'removed', 'disabled'].map((id) => ({ id, ...mintKey(id, randomBytes) }));
const scopes = ['admin', ...names.flatMap((name) => [`${name}:read`, `${name}:write`])];
const entryOf = (key: typeof kept, isDisabled = false) => ({ id: key?.id, sha256: key?.sha256, scopes, disabled: isDisabled });

type Line = Readonly<Record<string, unknown>>;

describe('the settings of a process', function () {
  this.timeout(30_000);
  let folder: TemporaryFolder;
  let provider: Server;
  let seen: string;
  let gateway: ServerProcess;
  let url: string;
  const lines: Line[] = [];

  const write = (name: string, text: string, mode = 0o600): string => {
    const file = path.join(folder.path, name);
    writeFileSync(`${file}.new`, text);
    chmodSync(`${file}.new`, mode);
    renameSync(`${file}.new`, file);
    return file;
  };
  const said = (message: string): readonly Line[] => lines.filter(({ msg }) => msg === message);
  const untilSaid = async (message: string): Promise<void> => {
    while (said(message).length === 0) await sleep(10);
  };
  /** @returns after how many milliseconds it was so. */
  const until = async (isSo: () => Promise<boolean>): Promise<number> => {
    const from = performance.now();
    while (!(await isSo())) await sleep(50);
    return performance.now() - from;
  };
  let asked = 0;
  const ask = async (name: (typeof names)[number], key: typeof kept): Promise<number> => {
    asked += 1;
    const { method, path: target, body } = drillRequestOf(name)(asked);
    const headers = { authorization: `Bearer ${String(key?.key)}`, 'content-type': 'application/json', 'cache-control': 'no-cache' };
    const response = await fetch(url + target, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    await response.text();
    return response.status;
  };
  /** Whether the provider saw this credential, bare or as the password of Basic, when it was asked last. */
  const carries = (secret: string): boolean =>
    seen.includes(secret) ||
    Buffer.from(/Basic (\S+)/u.exec(seen)?.[1]?.replace('"', '') ?? '', 'base64')
      .toString()
      .includes(secret);

  before(async () => {
    folder = temporaryFolder();
    seen = '';
    provider = createServer((request, response) => {
      seen = JSON.stringify(request.headers);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no"}');
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const at = `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}`;
    const files = names.map((name) => [
      `${name.toUpperCase()}_API_KEY_FILE`,
      write(name, `${credentials[name][0]}\n`, name === 'kit' ? 0o644 : 0o600),
    ]);
    const urls = names.map((name) => [`${name.toUpperCase()}_BASE_URL`, at]);
    gateway = new ServerProcess({
      nodeArguments: nodeArgumentsFor('source', 'src/server'),
      environment: {
        NODE_ENV: 'test',
        PORT: '0',
        SANDBOX_PORT: '0',
        DATA_DIR: folder.path,
        ...Object.fromEntries([...files, ...urls]),
        API_KEYS_FILE: write(
          'keys',
          JSON.stringify([
            entryOf(kept),
            entryOf(removed),
            entryOf(disabled),
            entryOf({ id: 'never', ...mintKey('never', randomBytes) }, true),
          ]),
        ),
      },
      addressIn: (line) => {
        if (line.startsWith('{')) lines.push(JSON.parse(line) as Line);
        return gatewayAddressIn(line);
      },
    });
    url = await gateway.url;
  });

  after(async () => {
    await gateway.stop();
    provider.closeAllConnections();
    provider.close();
    folder.remove();
  });

  it('are told in the line `listening`: what it stands on, by kind and count, and no value', () => {
    const [{ pid: _pid, time: _time, port, configHash, ...line } = {}] = said('listening');

    expect([typeof port, typeof configHash]).to.deep.equal(['number', 'string']);
    expect(line).to.deep.include({
      environment: 'test',
      queue: { engine: 'embedded', makesWrites: true },
      sharedState: 'none',
      apiKeys: 3,
      services: Object.fromEntries(names.map((name) => [name, 'real'])),
    });
    expect(line['watchedFiles']).to.have.members(['API_KEYS_FILE', ...names.map((name) => `${name.toUpperCase()}_API_KEY_FILE`)]);
    expect(JSON.stringify(lines)).not.to.match(/before|us1/u);
  });

  it('warn of a file with a secret that every user of the machine may read, and of no other', () => {
    const warnings = lines.filter(({ level, msg }) => level === 'warn' && String(msg).includes('every user')).map(({ msg }) => msg);

    expect(warnings).to.deep.equal([
      'KIT_API_KEY_FILE names a file that every user of this machine may read: take the right from others (chmod o-r)',
    ]);
  });

  it('let nobody open the debugger by SIGUSR1', async () => {
    gateway.signal('SIGUSR1');
    await untilSaid('SIGUSR1 is ignored: the debugger stays closed');
    const status = await ask('hubspot', kept);

    expect([status, gateway.output]).to.deep.equal([404, '']);
  });

  it('are in force within five seconds, for a key that was removed or disabled', async () => {
    const before = await Promise.all([kept, removed, disabled].map((key) => ask('hubspot', key)));
    write('keys', JSON.stringify([entryOf(kept), entryOf(disabled, true)]));

    const ms = await until(async () => (await ask('hubspot', removed)) === 401 && (await ask('hubspot', disabled)) === 401);
    const after = await ask('hubspot', kept);

    expect(before).to.deep.equal([404, 404, 404]);
    expect(ms).to.be.below(IN_FORCE_WITHIN_MS);
    expect(after).to.equal(404);
  });

  it('are in force within five seconds, for the credentials of all six services', async () => {
    const isInForce = (which: 0 | 1) => async (): Promise<boolean> => {
      for (const name of names) {
        await ask(name, kept);
        if (!carries(credentials[name][which])) return false;
      }
      return true;
    };
    const before = await isInForce(0)();
    for (const name of names) write(name, credentials[name][1]);

    const ms = await until(isInForce(1));

    expect(before).to.equal(true);
    expect(ms).to.be.below(IN_FORCE_WITHIN_MS);
  });

  it('are read again at SIGHUP, which does not end the process', async () => {
    write('hubspot', 'pat-na1-third');

    gateway.signal('SIGHUP');
    await untilSaid('the files that settings name were read again');
    const status = await ask('hubspot', kept);

    const [line] = said('the files that settings name were read again');
    expect(line?.['changed']).to.deep.equal(['HUBSPOT_API_KEY_FILE']);
    expect([status, carries('pat-na1-third')]).to.deep.equal([404, true]);
  });

  for (const [what, directory] of [
    ['a file', 'keys'],
    ['below a file', 'keys/data'],
    ['where the system lets nobody write', '/proc/nowhere'],
  ] as const) {
    it(`end it at once, by name, where DATA_DIR is ${what}`, () => {
      const data = path.resolve(folder.path, directory);
      const environment = {
        PATH: process.env['PATH'],
        NODE_V8_COVERAGE: undefined,
        NODE_ENV: 'test',
        PORT: '0',
        SANDBOX_PORT: '0',
        DATA_DIR: data,
      };

      const { status, stderr } = spawnSync(process.execPath, nodeArgumentsFor('source', 'src/server'), {
        env: environment,
        encoding: 'utf8',
        timeout: 15_000,
      });

      expect([status, stderr.split('\n').length]).to.deep.equal([1, 2]);
      expect(stderr).to.include('cannot start').and.include(`DATA_DIR (${data})`);
    });
  }
});
