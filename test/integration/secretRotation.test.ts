import { expect } from 'chai';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintKey } from '../../src/web/apiKey.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { credentials, serviceNames as names } from '../support/serviceCredentials.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporaryFolder.ts';

const carries = (headers: IncomingHttpHeaders | undefined, secret: string): boolean =>
  Object.values(headers ?? {}).some((value) => {
    const text = String(value);
    return (
      text.includes(secret) ||
      Buffer.from(text.split(' ')[1] ?? '', 'base64')
        .toString()
        .includes(secret)
    );
  });

describe('a credential that changes while the gateway runs', () => {
  const [kept, revoked] = ['kept', 'revoked'].map((id) => ({ id, ...mintKey(id, randomBytes) }));
  let folder: TemporaryFolder;
  let provider: Server;
  let last: IncomingHttpHeaders | undefined;
  let status: number;
  let gateway: RunningGateway;

  const write = (name: string, text: string): void => {
    writeFileSync(path.join(folder.path, 'new'), text, { mode: 0o600 });
    renameSync(path.join(folder.path, 'new'), path.join(folder.path, name));
  };
  const keysFile = (disabled: boolean): string =>
    JSON.stringify([
      { id: 'kept', sha256: kept?.sha256, scopes: ['hubspot:read', 'admin'] },
      { id: 'revoked', sha256: revoked?.sha256, scopes: ['hubspot:read'], disabled },
    ]);
  const statusFor = async (key: string | undefined): Promise<number> =>
    (await gateway.ask('/api/hubspot/deals/1', { headers: { authorization: `Bearer ${String(key)}` } })).status;

  before(async () => {
    folder = temporaryFolder();
    provider = createServer((request, response) => {
      last = request.headers;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"no"}');
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const url = `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}`;
    write('keys', keysFile(false));
    for (const name of names) write(name, `${credentials[name][0]}\n`);
    const settings = names.flatMap((name) => [
      [`${name.toUpperCase()}_API_KEY_FILE`, path.join(folder.path, name)],
      [`${name.toUpperCase()}_BASE_URL`, url],
    ]);
    gateway = await startGateway({ API_KEYS_FILE: path.join(folder.path, 'keys'), ...Object.fromEntries(settings) });
  });

  beforeEach(() => {
    status = 404;
  });

  after(async () => {
    await gateway.stop('test');
    provider.closeAllConnections();
    provider.close();
    folder.remove();
  });

  for (const name of names) {
    it(`is the one that ${name} sees from then on, and its stop over the old one ends`, async () => {
      const client = gateway.clients[name];
      status = 401;
      for (let call = 0; call < 3; call += 1) await client.healthCheck();
      const [old, stopped] = [last, client.getCircuitState()];
      status = 404;
      write(name, `${credentials[name][1]}\n`);

      const { changed } = await gateway.reload();
      const { state } = client.getCircuitState();
      await client.healthCheck();

      expect(carries(old, credentials[name][0])).to.equal(true);
      expect(stopped).to.include({ state: 'open', reason: 'credential' });
      expect([changed, state]).to.deep.equal([[`${name.toUpperCase()}_API_KEY_FILE`], 'closed']);
      expect(carries(last, credentials[name][1])).to.equal(true);
    });
  }

  it('stays the old one where the new content of its file is none', async () => {
    const before = gateway.clients.mailchimp.getCircuitState().state;
    write('mailchimp', 'has blanks in it');

    const { refused } = await gateway.reload();

    expect([refused, before]).to.deep.equal([['MAILCHIMP_API_KEY_FILE'], 'closed']);
    write('mailchimp', credentials.mailchimp[1]);
    await gateway.reload();
  });

  it('shuts a caller out whose key was disabled, and leaves the others in', async () => {
    const before = [await statusFor(kept?.key), await statusFor(revoked?.key)];
    write('keys', keysFile(true));

    await gateway.reload();
    const after = [await statusFor(kept?.key), await statusFor(revoked?.key)];

    expect(before).to.deep.equal([404, 404]);
    expect(after).to.deep.equal([404, 401]);
  });
});

describe('a key of the queue that changes while jobs wait', () => {
  const [first, second] = ['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
  let folder: TemporaryFolder;
  let gateway: RunningGateway;

  const write = (text: string): string => {
    const file = path.join(folder.path, 'queue-keys');
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const post = (address: string, body: object) =>
    gateway.ask(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify(body),
    });
  const createContact = async (email: string): Promise<string> =>
    String((await post('/api/hubspot/contacts', { properties: { email } })).body['id']);
  const endOf = async (id: string): Promise<readonly unknown[]> => {
    for (;;) {
      const { body } = await gateway.ask(`/admin/jobs/${id}`);
      if (body['status'] !== 'queued' && body['status'] !== 'running') return [body['status'], body['reason']];
      await sleep(20);
    }
  };

  beforeEach(async () => {
    folder = temporaryFolder();
    gateway = await startGateway({ QUEUE_KEYS_FILE: write(String(first)) });
    await post('/admin/circuits/hubspot/override', { mode: 'forced_open', reason: 'jobs shall wait', ttlSeconds: 600 });
  });

  afterEach(async () => {
    await gateway.stop('test');
    folder.remove();
  });

  for (const [keys, ofOld] of [
    [`${String(second)},${String(first)}`, ['succeeded', undefined]],
    [String(second), ['failed', 'unknown_key']],
  ] as const) {
    it(`seals what comes then, and a job that waited has ${ofOld[0]} where the file has ${ofOld[1] === undefined ? 'both keys' : 'the new one alone'}`, async () => {
      const old = await createContact('sealed-by-the-first@example.com');
      write(keys);
      const { changed } = await gateway.reload();
      const later = await createContact('sealed-by-the-second@example.com');

      await post('/admin/circuits/hubspot/reset', { reason: 'jobs may go' });
      const ends = [await endOf(old), await endOf(later)];

      expect(changed).to.deep.equal(['QUEUE_KEYS_FILE']);
      expect(ends).to.deep.equal([ofOld, ['succeeded', undefined]]);
    });
  }
}).timeout(10_000);
