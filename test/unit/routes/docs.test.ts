import { expect } from 'chai';
import { problemKinds } from '../../../src/web/problemKinds.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { startWebGateway, type WebGateway } from '../web/webGateway.ts';

describe('documentation pages', () => {
  let gateway: WebGateway;

  before(async () => {
    gateway = await startWebGateway();
  });

  after(() => gateway.stop());

  const get = (path: string): Promise<PlainResponse> => plainHttp(gateway.url + path);

  it('load nothing from elsewhere, and everything they load is there', async () => {
    const { status, text } = await get('/docs');
    const loaded = [...text.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, url]) => url ?? '');

    expect(status).to.equal(200);
    expect(loaded).to.have.length(3);
    for (const url of loaded) {
      expect(url).to.match(/^\/docs\//u);
      expect((await get(url)).status, url).to.equal(200);
    }
  });

  it("keep to a policy that allows the page's own files and no inline script", async () => {
    const { headers, text } = await get('/docs');

    expect(headers['content-security-policy']).to.contain("script-src 'self'").and.not.to.contain('upgrade-insecure-requests');
    expect(text).not.to.match(/<script>|<script(?![^>]* src=)/u);
  });

  it('serve nothing else of the package that draws them', async () => {
    const answers = await Promise.all(['package.json', 'index.html', 'swagger-ui.js.map'].map((file) => get(`/docs/assets/${file}`)));

    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404]);
  });

  it('explain every kind of problem where its type points', async () => {
    const { text } = await get('/docs/problems');

    const missing = Object.keys(problemKinds).filter((code) => !text.includes(`<tr id="${code}">`));

    expect(missing).to.deep.equal([]);
  });

  it('draw the document of this very gateway', async () => {
    const { status, headers, text } = await get('/openapi.json');

    expect([status, headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(text)).to.have.nested.property('paths./api/toy/things/{id}.get.operationId', 'getToyThingsById');
    expect((await get('/docs/init.js')).text).to.contain("url: '/openapi.json'");
  });

  it('bear the id of their request', async () => {
    const { headers } = await plainHttp(`${gateway.url}/docs`, { headers: { 'x-request-id': 'request-docs' } });

    expect(headers['x-request-id']).to.equal('request-docs');
  });
});
