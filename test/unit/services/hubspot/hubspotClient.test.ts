import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamContractBrokenError } from '../../../../src/errors/upstreamErrors.ts';
import type { HubspotClient } from '../../../../src/services/hubspot/hubspotClient.ts';
import { minutes, seconds } from '../../../../src/time/clock.ts';
import { answeredClient, failureOf, simulatedHubspot } from './simulatedHubspot.ts';

const hostileIds = ['', '.', '..', 'a/b', '%2f', '..%2f..', '1\u0000', '1'.repeat(10_000), '12x', '-1', ' 1', '1?x=1', '١٢'];

const callsById: Readonly<Record<string, (client: HubspotClient, id: string) => Promise<unknown>>> = {
  getContact: (client, id) => client.getContact(id),
  updateContact: (client, id) => client.updateContact(id, { properties: { firstname: 'x' } }),
  getCompany: (client, id) => client.getCompany(id),
  updateCompany: (client, id) => client.updateCompany(id, { properties: { name: 'x' } }),
  getDeal: (client, id) => client.getDeal(id),
  updateDeal: (client, id) => client.updateDeal(id, { properties: { amount: '1' } }),
  batchReadContacts: (client, id) => client.batchReadContacts({ ids: [id] }),
  batchUpdate: (client, id) => client.batchUpdateDeals({ inputs: [{ id, properties: { amount: '1' } }] }),
  batchArchive: (client, id) => client.batchArchiveDeals({ inputs: [{ id }] }),
  'readAssociations from': (client, id) => client.readAssociations('contacts', id, 'companies'),
  'associate to': (client, id) => client.associate('contacts', '101', 'deals', id),
  'removeAssociation from': (client, id) => client.removeAssociation('contacts', id, 'deals', '301'),
  batchReadAssociations: (client, id) => client.batchReadAssociations('deals', 'companies', [{ id }]),
};

describe('HubspotClient', () => {
  describe('ids', () => {
    for (const [name, call] of Object.entries(callsById)) {
      it(`refuses in ${name} what is not made of digits, before anything is sent`, async () => {
        const { client, http } = simulatedHubspot();

        const errors = await Promise.all(hostileIds.map((id) => failureOf(call(client, id))));

        for (const error of errors) expect(error).to.be.instanceOf(InvalidRequestError);
        expect(http.sent).to.deep.equal([]);
      });
    }

    it('names the place at fault and not the value', async () => {
      const { client } = simulatedHubspot();

      const error = await failureOf(client.getContact('somebody@example.com'));

      expect(error).to.deep.include({ faults: [{ at: 'id', message: 'must be 1 to 20 decimal digits' }] });
      expect(String(error)).not.to.include('somebody');
    });

    const overlong = `${'a'.repeat(10_000)}@example.com`;
    const noEmails = ['', 'nobody', 'a b@example.com', 'a@b@example.com', 'a@example', 'a\u0000@example.com', overlong];
    for (const email of noEmails) {
      it(`refuses ${JSON.stringify(email.slice(0, 20))} (${String(email.length)} characters) as an email`, async () => {
        const { client, http } = simulatedHubspot();

        expect(await failureOf(client.getContactByEmail(email))).to.be.instanceOf(InvalidRequestError);
        expect(http.sent).to.deep.equal([]);
      });
    }
  });

  it('keeps an email with a slash and a plus in its place in the path', async () => {
    const { client, http } = answeredClient(200, { id: '1', properties: {} });

    await client.getContactByEmail('a/b+c@example.com', { properties: ['email', 'firstname'] });

    expect(http.sent[0]?.request.path).to.equal(
      '/crm/objects/2026-03/contacts/a%2Fb%2Bc%40example.com?idProperty=email&properties=email,firstname',
    );
  });

  it('hands the options of a call on, and sends what is asked for', async () => {
    const { client, http } = simulatedHubspot();

    await client.listDeals({ limit: 2, properties: ['dealname'] }, { deadlineMs: 500, refresh: true });

    expect(http.sent[0]?.request.path).to.equal('/crm/objects/2026-03/deals?limit=2&properties=dealname');
    expect(http.sent[0]?.options).to.deep.equal({ deadlineMs: 500, refresh: true });
  });

  it('finds contacts, companies and deals, makes and changes them', async () => {
    const { client } = simulatedHubspot();

    const company = await client.createCompany({ properties: { name: 'Pale Harbour' } });
    const deal = await client.createDeal({ properties: { dealname: 'First', dealstage: 'qualified' } });
    await client.updateCompany(company.id, { properties: { city: 'Bergen' } });
    await client.updateDeal(deal.id, { properties: { amount: '12' } });
    const changedCompany = await client.getCompany(company.id, { properties: ['name', 'city'] });
    const changedDeal = await client.getDeal(deal.id);

    expect(changedCompany.properties).to.include({ name: 'Pale Harbour', city: 'Bergen' });
    expect(changedDeal.properties).to.include({ dealname: 'First', amount: '12' });
    expect((await client.getContact('101')).properties).to.include({ email: 'ada.marsh@example.com' });
    expect((await client.searchCompanies({ query: 'copper' })).results.map(({ id }) => id)).to.deep.equal(['202']);
    expect((await client.searchDeals({ query: 'pilot' })).total).to.equal(1);
    expect((await client.listCompanies({ limit: 1 })).results).to.have.length(1);
  });

  it('pages by after, and does not hand on the misleading link', async () => {
    const { client } = simulatedHubspot();

    const first = await client.listContacts({ limit: 5 });
    const second = await client.listContacts({ limit: 5, after: first.paging?.next?.after });

    expect(first.paging).to.deep.equal({ next: { after: '106' } });
    expect(second.results.map(({ id }) => id)).to.deep.equal(['106', '107', '108', '109', '110']);
  });

  it('checks its health with the cheapest call, which needs no scope of the CRM', async () => {
    const { client, http } = simulatedHubspot();

    const report = await client.healthCheck();

    expect(report.healthy).to.equal(true);
    expect(http.sent[0]?.request).to.include({ method: 'GET', path: '/account-info/2026-03/details' });
  });

  it('refuses an answer without an id as a broken contract', async () => {
    const { client } = answeredClient(200, { properties: {} });

    const error = await failureOf(client.getContact('1'));

    expect(error).to.be.instanceOf(UpstreamContractBrokenError);
    expect(error).to.deep.include({ fields: ['id'] });
  });

  describe('operations', () => {
    const operationOf = async (call: (client: HubspotClient) => Promise<unknown>) => {
      const { client, http } = simulatedHubspot();
      await call(client);
      return http.sent[0]?.operation;
    };

    it('never repeats the creation of a record', async () => {
      const created = await Promise.all([
        operationOf((client) => client.createContact({ properties: { email: 'new@example.com' } })),
        operationOf((client) => client.createCompany({ properties: { name: 'New' } })),
        operationOf((client) => client.createDeal({ properties: { dealname: 'New', dealstage: '1' } })),
        operationOf((client) => client.batchCreateTickets({ inputs: [{ properties: { hs_pipeline_stage: '1' } }] })),
      ]);

      expect(created.map((operation) => operation?.idempotency)).to.deep.equal(['never', 'never', 'never', 'never']);
    });

    it('may repeat every other batch write, each of which weighs one request', async () => {
      const [id, properties] = ['101', { firstname: 'Nia' }];
      const operations = await Promise.all([
        operationOf((client) => client.batchUpdateContacts({ inputs: [{ id, properties }] })),
        operationOf((client) => client.batchUpsertContacts({ inputs: [{ id: 'nia@example.com', idProperty: 'email', properties }] })),
        operationOf((client) => client.batchArchiveContacts({ inputs: [{ id }] })),
      ]);

      expect(operations.map((operation) => operation?.name)).to.deep.equal([
        'batch_update_contacts',
        'batch_upsert_contacts',
        'batch_archive_contacts',
      ]);
      for (const operation of operations) {
        expect(operation).to.include({ idempotency: 'natural' });
        expect(operation?.weight ?? 1).to.equal(1);
      }
    });

    it('counts searches against their own quota', async () => {
      const search = await operationOf((client) => client.searchContacts({ query: 'ada' }));

      expect(search).to.include({ quota: 'search', idempotency: 'safe' });
    });

    it('keeps a record fresh for half a minute, and ten minutes more against errors', async () => {
      const get = await operationOf((client) => client.getContact('101'));

      expect(get).to.include({ cacheForMs: seconds(30), staleForMs: minutes(10) });
      expect(get).not.to.have.property('fallback');
    });

    it('keeps no search and no list', async () => {
      const search = await operationOf((client) => client.searchContacts({ query: 'ada' }));
      const list = await operationOf((client) => client.listContacts());

      expect(search).not.to.have.property('cacheForMs');
      expect(list).not.to.have.property('cacheForMs');
    });
  });
});
