import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { plainHttp } from '../support/plainHttp.ts';
import { Scrape } from '../support/scrape.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const MAX_SERIES = 1500;
const MAX_BYTES = 150_000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'PROPFIND'];

describe('A scrape of the whole gateway', () => {
  let gateway: RunningGateway;
  const keys = temporaryFolder();

  before(async () => {
    const file = path.join(keys.path, 'keys.json');
    writeFileSync(file, JSON.stringify([{ id: 'nobody', sha256: '0'.repeat(64), scopes: ['admin'] }]));
    gateway = await startGateway({ API_KEYS_FILE: file });
  });

  after(async () => {
    await gateway.stop('test');
    keys.remove();
  });

  const scrape = async (): Promise<string> => (await plainHttp(`${gateway.url}/metrics`)).text;

  it('is small while nothing happens', async () => {
    const text = await scrape();

    expect(new Scrape(text).samples.length).to.be.below(MAX_SERIES);
    expect(text.length).to.be.below(MAX_BYTES);
  });

  it('is compressed for whoever says so, and for nobody else', async () => {
    const plain = await scrape();

    const response = await plainHttp(`${gateway.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    const refused = await plainHttp(`${gateway.url}/metrics`, { headers: { 'accept-encoding': 'gzip;q=0, br' } });

    expect(response.headers['content-encoding']).to.equal('gzip');
    expect(Number(response.headers['content-length'])).to.be.below(plain.length / 5);
    expect(refused.headers).not.to.have.property('content-encoding');
    expect(refused.text).to.include('circuit_breaker_state{circuit_name="hubspot"} 0');
  });

  it('does not grow by half, whatever strangers ask for', async () => {
    const before = (await scrape()).length;
    const document = JSON.parse((await plainHttp(`${gateway.url}/openapi.json`)).text) as { readonly paths: object };
    const paths = Object.keys(document.paths).map((template) => template.replaceAll(/\{\w+\}/gu, '1'));

    for (const asked of paths) {
      await Promise.all(METHODS.map((method) => plainHttp(gateway.url + asked, { method })));
    }

    expect((await scrape()).length).to.be.below(1.5 * before);
  });
});
