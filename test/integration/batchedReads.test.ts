import { expect } from 'chai';
import type { Clients } from '../../src/compose.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { rejectionOf } from '../support/httpHouse.ts';

interface LoggedRequest {
  readonly method: string;
  readonly path: string;
}

describe('Reads at once through the whole gateway', () => {
  let gateway: RunningGateway;
  let clients: Clients;

  before(async () => {
    gateway = await startGateway();
    clients = gateway.clients;
  });

  after(async () => {
    await gateway.stop('the test is over');
  });

  const requestsDuring = async (service: string, action: () => Promise<unknown>): Promise<readonly string[]> => {
    await fetch(`${gateway.sandboxUrl}/_requests`, { method: 'DELETE' });
    await action();
    const answer = await fetch(`${gateway.sandboxUrl}/_requests?service=${service}`);
    const { requests } = (await answer.json()) as { readonly requests: readonly LoggedRequest[] };
    return requests.map(({ method, path }) => `${method} ${path}`);
  };

  for (const [type, one, many] of [
    ['contacts', 'getContact', 'listContacts'],
    ['companies', 'getCompany', 'listCompanies'],
    ['deals', 'getDeal', 'listDeals'],
  ] as const) {
    it(`ask HubSpot once for ${type} by id, and each gets what it would have got alone`, async () => {
      const { hubspot } = clients;
      const { results } = await hubspot[many]({ limit: 5 });
      const ids = results.map(({ id }) => id);
      const alone: unknown[] = [];
      for (const id of ids) alone.push(await hubspot[one](id, {}, { refresh: true, headers: { 'x-alone': '1' } }));
      let together: readonly unknown[] = [];

      const requests = await requestsDuring('hubspot', async () => {
        together = await Promise.all(ids.map((id) => hubspot[one](id, {}, { refresh: true })));
      });

      expect(together).to.deep.equal(alone);
      expect(requests).to.deep.equal([`POST /crm/objects/2026-03/${type}/batch/read`]);
    });
  }

  it('ask HubSpot once for contacts by email, without the property that only the batch needed', async () => {
    const { hubspot } = clients;
    const emails = ['batched-one@example.com', 'Batched-Two@example.com'];
    for (const email of emails) await hubspot.createContact({ properties: { email, firstname: 'Batched' } });
    let records: readonly { readonly properties: Readonly<Record<string, string | null>> }[] = [];

    const requests = await requestsDuring('hubspot', async () => {
      records = await Promise.all(emails.map((email) => hubspot.getContactByEmail(email, { properties: ['firstname'] })));
    });

    for (const { properties } of records) expect(properties).to.include({ firstname: 'Batched' }).and.not.have.property('email');
    expect(requests).to.deep.equal(['POST /crm/objects/2026-03/contacts/batch/read']);
  });

  it('give a contact of HubSpot that is not there its 404, and its neighbours their rows', async () => {
    const { hubspot } = clients;
    const { results } = await hubspot.listContacts({ limit: 2 });
    const reads = [...results.map(({ id }) => hubspot.getContact(id, {}, { refresh: true })), hubspot.getContact('999999999999')];

    const missing = await rejectionOf(reads[2] ?? Promise.resolve());
    const found = await Promise.all(reads.slice(0, 2));

    expect(missing).to.include({ status: 404, reason: 'not_found', operation: 'get_contact' });
    expect(found.map(({ id }) => id)).to.deep.equal(results.map(({ id }) => id));
  });

  it('ask Lemlist once for contacts by address', async () => {
    const { lemlist } = clients;
    const emails = ['lem-one@example.com', 'lem-two@example.com'];
    for (const email of emails) await lemlist.upsertContact({ email });
    let counts: readonly number[] = [];

    const requests = await requestsDuring('lemlist', async () => {
      const answers = await Promise.all([...emails, 'lem-nobody@example.com'].map((email) => lemlist.getContacts([email])));
      counts = answers.map(({ contacts }) => contacts.length);
    });

    expect(counts).to.deep.equal([1, 1, 0]);
    expect(requests).to.deep.equal(['GET /contacts']);
  });

  it('ask Kit once for subscribers by address', async () => {
    const { kit } = clients;
    let states: readonly unknown[] = [];

    const requests = await requestsDuring('kit', async () => {
      states = await Promise.all(
        ['nobody-one@example.com', 'nobody-two@example.com'].map(
          async (email) => (await kit.findSubscribers({ email_addresses: [email] })).missing,
        ),
      );
    });

    expect(states).to.deep.equal([['nobody-one@example.com'], ['nobody-two@example.com']]);
    expect(requests).to.deep.equal(['GET /v4/subscribers']);
  });

  it('ask SendGrid once for contacts by address', async () => {
    const { sendgrid } = clients;
    let missing: readonly unknown[] = [];

    const requests = await requestsDuring('sendgrid', async () => {
      missing = await Promise.all(
        ['nobody-one@example.com', 'nobody-two@example.com'].map(
          async (email) => (await sendgrid.findContacts({ emails: [email] })).missing,
        ),
      );
    });

    expect(missing).to.deep.equal([['nobody-one@example.com'], ['nobody-two@example.com']]);
    expect(requests).to.deep.equal(['POST /v3/marketing/contacts/search/emails']);
  });

  it('make two requests to Explorium of the enrichment of many companies, and give each its own', async () => {
    const { explorium } = clients;
    const domains = ['one.example.com', 'two.example.org', 'nobody.invalid.test'];
    let companies: readonly unknown[] = [];

    const requests = await requestsDuring('explorium', async () => {
      companies = await Promise.all(domains.map((domain) => explorium.enrichCompany(domain)));
    });

    expect(companies.map((company) => (company as { readonly domain: string; readonly enriched: boolean }).enriched)).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(requests).to.deep.equal(['POST /v1/businesses/match', 'POST /v1/businesses/firmographics/bulk_enrich']);
  });
});
