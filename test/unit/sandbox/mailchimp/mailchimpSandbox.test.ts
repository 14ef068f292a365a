import { expect } from 'chai';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { basic, LIST, simulatedMailchimp, told, type SimulatedMailchimp } from '../../services/mailchimp/simulatedMailchimp.ts';

describe('simulated Mailchimp', () => {
  let mailchimp: SimulatedMailchimp;

  beforeEach(() => {
    mailchimp = simulatedMailchimp();
  });

  it('lets in any user with a key that names a data centre, or a token', () => {
    const as = (authorization: string): SandboxAnswer => mailchimp.askAs('GET /ping', { authorization });

    expect(told(as(basic('anystring:0123456789abcdef-us19')))).to.deep.equal([200, { health_status: "Everything's Chimpy!" }]);
    expect(as(basic('user:0123456789abcdef-eu2')).status).to.equal(200);
    expect(as('Bearer 0123456789abcdef').status).to.equal(200);
    for (const malformed of ['', basic('anystring:keywithoutcentre'), basic('key-us19'), 'Bearer x', 'apikey key-us19', 'Basic !!']) {
      expect(told(as(malformed)), malformed).to.deep.equal([401, 'API Key Invalid']);
    }
  });

  it('wants the host that the key names', () => {
    const at = (host: string): SandboxAnswer => mailchimp.askAs('GET /ping', { host });

    expect(at('us19.api.mailchimp.com').status).to.equal(200);
    expect(told(at('us1.api.mailchimp.com'))).to.deep.equal([403, 'WrongDatacenter']);
  });

  it('takes its paths with and without their version', () => {
    expect(mailchimp.ask('GET /3.0/lists').body).to.deep.equal(mailchimp.ask('GET /lists').body);
  });

  it('refuses the eleventh connection, before it looks at the credential, and keeps those of clients that left', () => {
    const tenth = mailchimp.askAs('GET /ping', { connections: { open: 10, abandonedAt: [] } });
    const eleventh = mailchimp.askAs('GET /ping', { authorization: '', connections: { open: 11, abandonedAt: [] } });
    const abandonedAt = [Date.UTC(2026, 10, 21, 9, 0, 0)];
    const held = mailchimp.askAs('GET /ping', { connections: { open: 10, abandonedAt } });
    mailchimp.pass(120_000);

    expect(tenth.status).to.equal(200);
    expect(told(eleventh)).to.deep.equal([429, 'Too Many Requests']);
    expect(held.status).to.equal(429);
    expect(mailchimp.askAs('GET /ping', { connections: { open: 10, abandonedAt } }).status).to.equal(200);
  });

  it('throttles without Retry-After, by a problem, a page or nothing', () => {
    const asProblem = mailchimp.simulator.throttled(mailchimp.request('GET /ping'));
    mailchimp.enter('throttled_by_a_page');
    const asPage = mailchimp.simulator.throttled(mailchimp.request('GET /ping'));
    mailchimp.enter('throttled_without_a_word');
    const asNothing = mailchimp.simulator.throttled(mailchimp.request('GET /ping'));

    expect([asProblem, asPage, asNothing].map(({ status }) => status)).to.deep.equal([429, 429, 429]);
    expect(asProblem.headers).to.deep.equal({ 'content-type': 'application/problem+json; charset=utf-8' });
    expect(asPage.body).to.be.a('string').that.includes('<HTML>');
    expect(asNothing).to.deep.equal({ status: 429 });
  });

  it('enters the states that no request brings about, and leaves them on reset', () => {
    const ping = (): readonly unknown[] => told(mailchimp.ask('GET /ping'));
    const pingAfter = (scenario: string): readonly unknown[] => {
      mailchimp.enter(scenario);
      return ping();
    };

    expect(pingAfter('key_revoked')).to.deep.equal([401, 'API Key Invalid']);
    expect(pingAfter('wrong_datacenter')).to.deep.equal([403, 'WrongDatacenter']);
    expect(pingAfter('connections_taken')).to.deep.equal([429, 'Too Many Requests']);
    expect(pingAfter('high_volume')).to.deep.equal([403, undefined]);
    expect(pingAfter('edge_pages')[0]).to.equal(404);
    mailchimp.simulator.reset();
    expect(ping()[0]).to.equal(200);
  });

  it('closes writes to an account under review, and leaves it its reads', () => {
    mailchimp.enter('writes_disabled');

    expect(told(mailchimp.ask(`PUT /lists/${LIST}/members/ada@example.com`, {}))).to.deep.equal([503, 'ComplianceRelated']);
    expect(mailchimp.ask('GET /lists').status).to.equal(200);
  });

  it('has a problem for an injected failure, and a page where something before it fails', () => {
    const titles = [400, 401, 403, 404, 405, 429, 500].map((status) => told(mailchimp.simulator.failure(status)));

    expect(titles).to.deep.equal([
      [400, 'Invalid Resource'],
      [401, 'API Key Invalid'],
      [403, 'Forbidden'],
      [404, 'Resource Not Found'],
      [405, 'Method Not Allowed'],
      [429, 'Too Many Requests'],
      [500, 'Internal Server Error'],
    ]);
    expect(mailchimp.simulator.failure(502).body).to.be.a('string').that.includes('Error 502');
  });

  it('gives each problem an instance of its own, the same for the same seed', () => {
    const instances = (world: SimulatedMailchimp): readonly unknown[] =>
      [1, 2].map(() => (world.ask('GET /nowhere').body as { readonly instance: string }).instance);

    const [first, second] = instances(mailchimp);

    expect(first)
      .to.match(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u)
      .and.not.equal(second);
    expect(instances(simulatedMailchimp())).to.deep.equal([first, second]);
  });

  it('knows unknown paths and methods, and a body that is no JSON', () => {
    const malformed = mailchimp.askAs(`POST /lists/${LIST}/members`, { malformed: true });
    const unknown = [mailchimp.ask('GET /nowhere'), mailchimp.ask('DELETE /ping'), mailchimp.ask('GET /lists/%E0%A4%A/members')];

    expect([...unknown, malformed].map(told)).to.deep.equal([
      [404, 'Resource Not Found'],
      [405, 'Method Not Allowed'],
      [404, 'Resource Not Found'],
      [400, 'JSONParseError'],
    ]);
  });
});
