import { expect } from 'chai';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { made } from '../support/made.ts';

const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('API clients over the sandbox', () => {
  let gateway: RunningGateway;

  beforeEach(async () => {
    gateway = await startGateway();
  });

  afterEach(async () => {
    await gateway.stop('end of test');
  });

  describe('in this process', () => {
    it('read a contact, and the second time from the cache', async () => {
      const first = await gateway.clients.hubspot.getContact('101');
      const second = await gateway.clients.hubspot.getContact('101');

      expect(first).to.include({ id: '101' }).and.not.have.property('_cached');
      expect(second).to.include({ id: '101', _cached: true });
    });

    it('create a campaign and add a lead to it', async () => {
      const campaign = await made(gateway.clients.lemlist.createCampaign({ name: 'Autumn' }));
      const lead = await gateway.clients.lemlist.addLead(campaign._id, { email: 'new.lead@example.com' });

      expect(lead).to.include({ campaignId: campaign._id, email: 'new.lead@example.com' });
    });

    it('enrich a company in two steps', async () => {
      const company = await gateway.clients.explorium.enrichCompany('example.com');

      expect(company).to.include({ enriched: true, domain: 'example.com' });
    });

    it('tell the state of their circuit, their figures and their health', async () => {
      const { hubspot, lemlist, explorium } = gateway.clients;

      const reports = await Promise.all([hubspot, lemlist, explorium].map((client) => client.healthCheck()));

      expect(reports.map(({ healthy }) => healthy)).to.deep.equal([true, true, true]);
      expect(hubspot.getCircuitState()).to.include({ name: 'hubspot', state: 'closed' });
      expect(lemlist.getMetrics()).to.include({ requests: 1, successes: 1, failures: 0 });
    });

    it('report a service that is down instead of throwing in the health check', async () => {
      await gateway.fault('lemlist', { fault: 'error', status: 500 });

      const report = await gateway.clients.lemlist.healthCheck();

      expect(report).to.include({ healthy: false, error: 'upstream_unavailable' });
    });
  });

  describe('over HTTP', () => {
    it('answer a contact with the flags and headers of its source', async () => {
      await gateway.ask('/api/hubspot/contacts/101');

      const { status, headers, body } = await gateway.ask('/api/hubspot/contacts/101');

      expect(status).to.equal(200);
      expect(body).to.include({ id: '101', _cached: true });
      expect(headers.get('cache-status')).to.match(/^sales-auto-api; hit; ttl=\d+$/u);
      expect(headers.get('age')).to.match(/^\d+$/u);
    });

    it('pass on that a contact exists already, with its id', async () => {
      const contact = { properties: { email: 'ada.marsh@example.com' } };

      const { status, body } = await gateway.ask('/api/hubspot/contacts', json(contact));

      expect(status).to.equal(409);
      expect(body).to.deep.include({ code: 'upstream_rejected', details: { existingId: '101' } });
    });

    it('open the circuit when the service fails, and then refuse at once with a time to come back', async () => {
      await gateway.fault('hubspot', { fault: 'error', status: 500 });
      for (let call = 0; call < 10; call += 1) await gateway.ask(`/api/hubspot/contacts/${String(500 + call)}`);

      const { status, headers, body } = await gateway.ask('/api/hubspot/contacts/101');

      expect(status).to.equal(503);
      expect(body).to.include({ code: 'circuit_open', upstream: 'hubspot', retryable: true });
      expect(Number(headers.get('retry-after'))).to.be.within(1, 5);
      expect(headers.get('proxy-status')).to.match(/^sales-auto-api; error=destination_unavailable/u);
      expect((await gateway.ask('/health')).body).to.deep.include({ status: 'warn' });
      expect((await gateway.ask('/health/ready')).status).to.equal(200);
    });

    it('give a stale answer while the service is down, marked, unless the caller is strict', async () => {
      await gateway.ask('/api/hubspot/contacts/101');
      await gateway.fault('hubspot', { fault: 'error', status: 500 });
      const refresh = { headers: { 'cache-control': 'no-cache' } };
      const strict = { headers: { 'cache-control': 'no-cache', prefer: 'handling=strict' } };

      const lenient = await gateway.ask('/api/hubspot/contacts/101', refresh);
      const exact = await gateway.ask('/api/hubspot/contacts/101', strict);

      expect(lenient.status).to.equal(200);
      expect(lenient.body).to.include({ id: '101', _cached: true, _fallback: true });
      expect(lenient.headers.get('cache-status')).to.include('detail=stale-if-error');
      expect(exact.status).to.equal(502);
    });

    it("answer the plan's static enrichment while Explorium is down", async () => {
      await gateway.fault('explorium', { fault: 'error', status: 503 });

      const { status, body } = await gateway.ask('/api/explorium/companies/enrich', json({ domain: 'example.com' }));

      expect(status).to.equal(200);
      expect(body).to.include({ enriched: false, error: 'Enrichment temporarily unavailable', _fallback: true });
    });

    it("queue a write that meets an open circuit, with the plan's flag, unless the caller is strict", async () => {
      const override = { mode: 'forced_open', reason: 'integration test', ttlSeconds: 60 };
      await gateway.ask('/admin/circuits/lemlist/override', json(override));
      const winter = json({ name: 'Winter' });
      const strict = { ...winter, headers: { 'content-type': 'application/json', prefer: 'handling=strict' } };

      const queued = await gateway.ask('/api/lemlist/campaigns', winter);
      const refused = await gateway.ask('/api/lemlist/campaigns', strict);

      expect(queued.status).to.equal(202);
      expect(queued.body).to.include({ queued: true, status: 'queued' });
      expect(refused.status).to.equal(503);
      expect(refused.body).to.include({ code: 'circuit_open' }).and.not.have.property('queued');
    });

    it('say that the outcome of a write is unknown when the connection breaks under it', async () => {
      await gateway.fault('hubspot', { fault: 'reset' });

      const { status, body } = await gateway.ask(
        '/api/hubspot/companies',
        json({ properties: { name: 'Example', domain: 'new.example' } }),
      );

      expect(status).to.equal(504);
      expect(body).to.include({ code: 'outcome_unknown', retryable: false });
    });

    it("answer within the caller's patience when the service hangs", async () => {
      await gateway.fault('hubspot', { fault: 'hang' });

      const { status, body } = await gateway.ask('/api/hubspot/contacts/102', { headers: { 'x-request-timeout': '0.2' } });

      expect(status).to.equal(504);
      expect(body).to.include({ code: 'deadline_exceeded' });
    });

    it('count what happened under the metric names that alerts depend on', async () => {
      await gateway.ask('/api/hubspot/contacts/101');

      const { body } = await gateway.ask('/metrics');

      expect(body['text']).to.include('circuit_breaker_state{circuit_name="hubspot"} 0');
      expect(body['text']).to.include('circuit_breaker_fire_total{circuit_name="hubspot"} 1');
      expect(body['text']).to.match(/^circuit\{name="hubspot",event="success"\} 1$/mu);
    });
  });

  describe('with hostile ids', () => {
    for (const id of ['..%2F..%2Fowners', '%00', 'a%2Fb', 'x'.repeat(10_000)]) {
      it(`refuse ${id.slice(0, 20)} with a clear 400, and go on`, async () => {
        const { status } = await gateway.ask(`/api/hubspot/contacts/${id}`);

        expect(status).to.equal(400);
        expect((await gateway.ask('/api/hubspot/contacts/101')).status).to.equal(200);
      });
    }
  });
});
