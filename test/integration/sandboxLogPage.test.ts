import { expect } from 'chai';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../support/plainHttp.ts';
import { toySimulator } from '../support/toySimulator.ts';

describe('sandbox log page', () => {
  let sandbox: Sandbox;

  const get = (path: string): Promise<PlainResponse> => plainHttp(`http://127.0.0.1:${String(sandbox.port)}${path}`);
  const rowsOf = (html: string): readonly string[] => html.match(/<tr><td>.*<\/tr>/gu) ?? [];

  beforeEach(async () => {
    const simulators = [toySimulator('toy'), toySimulator('toyshop')];
    sandbox = await startSandbox({ simulators, port: 0, seed: 1, clock: new HandDrivenClock(), log: () => undefined });
  });
  afterEach(() => sandbox.close());

  it('shows the requests, newest first, with what each met', async () => {
    await plainHttp(`${sandbox.url('toy')}/first`);
    await plainHttp(`${sandbox.url('toyshop')}/second`, { method: 'POST' });

    const { status, headers, text } = await get('/_log');

    expect([status, headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const time = '<td><time datetime="2026-01-01T00:00:00.000Z">00:00:00.000</time></td>';
    expect(rowsOf(text)).to.deep.equal([
      `<tr>${time}<td>toyshop</td><td>POST</td><td>/second</td><td>ok</td><td>200</td></tr>`,
      `<tr>${time}<td>toy</td><td>GET</td><td>/first</td><td>ok</td><td>200</td></tr>`,
    ]);
  });

  it('shows the newest two hundred, and says of how many', async () => {
    for (let request = 0; request < 205; request += 1) await plainHttp(`${sandbox.url('toy')}/${String(request)}`);

    const { text } = await get('/_log');

    expect(rowsOf(text)).to.have.length(200);
    expect(text).to.include('<caption>Newest first: 200 of 205 requests</caption>');
  });

  it('shows one service, and remembers the choice in its form', async () => {
    await plainHttp(`${sandbox.url('toy')}/a`);
    await plainHttp(`${sandbox.url('toyshop')}/b`);

    const { text } = await get('/_log?service=toyshop&refresh=5');

    expect(rowsOf(text)).to.have.length(1);
    expect(text).to.include('<option value="toyshop" selected>').and.to.include('<meta http-equiv="refresh" content="5">');
    expect((await get('/_log?service=nobody')).status).to.equal(400);
  });

  it('reloads itself only for who asks, and only as often as it offers', async () => {
    const pages = await Promise.all(['/_log', '/_log?refresh=', '/_log?refresh=0.01', '/_log?refresh=5"><script>'].map(get));

    expect(pages.map(({ text }) => /http-equiv|<script/u.test(text))).to.deep.equal([false, false, false, false]);
  });

  it('holds no query, no credential and nobody, and turns markup into text', async () => {
    await plainHttp(`${sandbox.url('toy')}/leads/jane%40example.com/<b>?email=jane`, { headers: { authorization: 'Bearer very-secret' } });

    const { text } = await get('/_log');

    expect(text)
      .to.include('<td>/leads/*/*</td>')
      .and.not.match(/jane|secret|<b>/u);
  });

  it('allows itself nothing but its own style sheet, which is there', async () => {
    const page = await get('/_log');
    const style = await get('/_log.css');

    expect(page.headers['content-security-policy']).to.equal(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(page.text).not.to.match(/<script|<style| style=| on\w+=|https?:/u);
    expect([style.status, style.headers['content-type']]).to.deep.equal([200, 'text/css; charset=utf-8']);
  });

  it('is made for readers by ear and by keyboard: language, title, heading, labels, captions and headed columns', async () => {
    await plainHttp(`${sandbox.url('toy')}/a`);

    const { text } = await get('/_log');

    expect(text).to.match(/<html lang="en">[\s\S]*<title>[^<]+<\/title>[\s\S]*<main>\s*<h1>/u);
    const controls = [...text.matchAll(/<select id="(\w+)"/gu)].map(([, id]) => id);
    const labelled = [...text.matchAll(/<label for="(\w+)">/gu)].map(([, id]) => id);
    expect(controls).to.deep.equal(['service', 'refresh']);
    expect(labelled).to.deep.equal(controls);
    expect(text.match(/<th scope="col">/gu)).to.have.length(6);
    expect(text).to.include('<caption>');
  });
});
