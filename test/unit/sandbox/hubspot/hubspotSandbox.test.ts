import { expect } from 'chai';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { seconds } from '../../../../src/time/clock.ts';
import { simulatedHubspot, type SimulatedHubspot } from '../../services/hubspot/simulatedHubspot.ts';

const get = { method: 'GET', path: '/crm/v3/objects/contacts/101', query: new URLSearchParams(), body: undefined, malformed: false };

const withAuthorization = ({ simulator }: SimulatedHubspot, authorization: string | undefined): SandboxAnswer =>
  simulator.answer({ ...get, headers: authorization === undefined ? {} : { authorization } });

const enter = ({ simulator }: SimulatedHubspot, scenario: string): void => {
  const begin = simulator.scenarios[scenario];
  if (begin === undefined) throw new Error(`no scenario ${scenario}`);
  begin();
};

const times = (count: number, ask: () => SandboxAnswer): readonly number[] => Array.from({ length: count }, () => ask().status);

describe('the HubSpot simulator', () => {
  describe('credentials', () => {
    const malformed = [
      undefined,
      '',
      'Bearer',
      'Bearer x',
      'Basic cGF0LW5hMS0wMDAw',
      'bearer pat-na1-000000',
      'Bearer pat-na1-00 00',
      'pat-na1-000000',
    ];

    for (const authorization of malformed) {
      it(`refuses ${authorization === undefined ? 'no credential' : `"${authorization}"`} in HubSpot's words`, () => {
        const answer = withAuthorization(simulatedHubspot(), authorization);

        expect(answer.status).to.equal(401);
        expect(answer.body).to.include({ status: 'error', category: 'INVALID_AUTHENTICATION' });
        expect(answer.body).to.have.property('correlationId', answer.headers?.['x-hubspot-correlation-id']);
      });
    }

    it('takes private tokens of any data centre, OAuth tokens, and the one that we give the sandbox', () => {
      const account = simulatedHubspot();
      const secrets = [hubspot.sandboxSecret, 'pat-eu1-REDACTED', 'CJSP5qf1KhICAQEYs-gDIIGOBii1hQIyGQAf3xBK'];

      const statuses = secrets.map((secret) => withAuthorization(account, `Bearer ${secret}`).status);

      expect(statuses).to.deep.equal([200, 200, 200]);
    });
  });

  describe('limits', () => {
    it('grants a hundred requests in any ten seconds, and says so in the headers', () => {
      const { ask, clock } = simulatedHubspot();
      const contact = () => ask('GET', '/v3/objects/contacts/101');

      const first = contact();
      clock.advance(seconds(6));
      const statuses = times(100, contact);
      const refused = contact();
      clock.advance(seconds(4));
      const again = times(2, contact);

      expect(first.headers).to.include({
        'x-hubspot-ratelimit-max': '100',
        'x-hubspot-ratelimit-remaining': '99',
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-secondly': '10',
        'x-hubspot-ratelimit-secondly-remaining': '9',
        'x-hubspot-ratelimit-daily': '250000',
        'x-hubspot-ratelimit-daily-remaining': '249999',
      });
      expect(statuses.filter((status) => status === 200)).to.have.length(99);
      expect(refused.status).to.equal(429);
      expect(refused.headers).to.include({ 'x-hubspot-ratelimit-remaining': '0' }).and.not.have.property('retry-after');
      expect(refused.body).to.include({ policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' });
      expect(again).to.deep.equal([200, 429]);
    });

    it('grants five searches in any second, apart from the rest and without their headers', () => {
      const { ask, clock } = simulatedHubspot();
      const search = () => ask('POST', '/objects/2026-03/deals/search', {});

      const statuses = times(6, search);
      const refused = search();
      clock.advance(seconds(1));
      const again = search();

      expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 429]);
      expect(refused.body).to.include({ category: 'RATE_LIMITS' }).and.not.have.property('policyName');
      expect(again.status).to.equal(200);
      expect(Object.keys(again.headers ?? {}).filter((name) => name.includes('ratelimit'))).to.deep.equal([]);
      expect(again.headers).to.include({ 'x-hubspot-rate-limit-exemptions': '["ten-secondly"]' });
      expect(ask('GET', '/v3/objects/deals/301').headers).to.include({ 'x-hubspot-ratelimit-remaining': '99' });
    });

    it("ends the day's quota until the next midnight", () => {
      const account = simulatedHubspot();

      enter(account, 'daily_limit');
      const refused = account.ask('GET', '/v3/objects/contacts/101');
      account.clock.advance(seconds(24 * 60 * 60));

      expect(refused.status).to.equal(429);
      expect(refused.body).to.include({ policyName: 'DAILY', message: 'You have reached your daily limit.' });
      expect(refused.headers).to.include({ 'x-hubspot-ratelimit-daily-remaining': '0' });
      expect(account.ask('GET', '/v3/objects/contacts/101').status).to.equal(200);
    });

    it('throttles each request in its own form', () => {
      const { simulator } = simulatedHubspot();

      const search = simulator.throttled({ ...get, method: 'POST', path: '/crm/v3/objects/deals/search', headers: {} });
      const read = simulator.throttled({ ...get, headers: {} });

      expect(search.body).to.include({ category: 'RATE_LIMITS' });
      expect(read.body).to.include({ policyName: 'TEN_SECONDLY_ROLLING' });
    });
  });

  describe('scenarios', () => {
    it('locks writes, and only those, for two seconds', () => {
      const account = simulatedHubspot();
      const write = () => account.ask('PATCH', '/v3/objects/contacts/101', { properties: { city: 'Oslo' } });

      enter(account, 'locked');
      const locked = write();
      const read = account.ask('POST', '/v3/objects/contacts/batch/read', { inputs: [{ id: '101' }] });
      account.clock.advance(seconds(2));

      expect([locked.status, read.status, write().status]).to.deep.equal([423, 200, 200]);
    });

    it('answers 477 with seconds to wait while the account moves', () => {
      const account = simulatedHubspot();

      enter(account, 'migrating');
      const answer = account.ask('GET', '/v3/objects/contacts/101');

      expect(answer.status).to.equal(477);
      expect(answer.headers).to.include({ 'retry-after': '600' });
    });

    it("answers with the edge's HTML while HubSpot is away", () => {
      const account = simulatedHubspot();

      enter(account, 'cloudflare_502');
      const answer = account.ask('GET', '/v3/objects/contacts/101');

      expect(answer.status).to.equal(502);
      expect(answer.headers).to.include({ server: 'cloudflare' }).and.not.have.property('x-hubspot-correlation-id');
      expect(answer.body).to.be.a('string').that.includes('<html>');
    });
  });

  it('has a body of its own for any status', () => {
    const { simulator } = simulatedHubspot();
    const statuses = [400, 401, 404, 409, 423, 429, 477, 500];
    const edgeStatuses = [502, 503, 504, 524];

    const answers = statuses.map((status) => simulator.failure(status));
    const pages = edgeStatuses.map((status) => simulator.failure(status));

    expect(answers.map(({ status }) => status)).to.deep.equal(statuses);
    for (const { body } of answers) expect(body).to.include({ status: 'error' }).and.have.property('correlationId');
    expect(pages.map(({ status }) => status)).to.deep.equal(edgeStatuses);
    for (const { body } of pages) expect(body).to.be.a('string');
  });
});
