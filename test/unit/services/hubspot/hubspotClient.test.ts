import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import type { Operation } from '../../../../src/contract/operation.ts';
import { UpstreamContractBrokenError } from '../../../../src/errors/upstreamErrors.ts';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
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
    const namesOf = (wanted: (operation: Operation<unknown>) => boolean): readonly string[] =>
      hubspot.operations.filter(wanted).map(({ name }) => name);

    it('repeat every write but the creation of records', () => {
      expect(namesOf(({ idempotency }) => idempotency === 'never')).to.have.members([
        ...['contact', 'company', 'deal'].map((one) => `create_${one}`),
        ...['contacts', 'companies', 'deals', 'tickets'].map((type) => `batch_create_${type}`),
      ]);
    });

    it('count searches against their own quota, and each as one request', () => {
      expect(namesOf(({ quota }) => quota === 'search')).to.deep.equal(['search_contacts', 'search_companies', 'search_deals']);
      expect(namesOf(({ weight = 1 }) => weight !== 1)).to.deep.equal([]);
    });

    it('keep single records and the account fresh for half a minute, and ten minutes more against errors', () => {
      const kept = namesOf(({ cacheForMs, staleForMs }) => cacheForMs === seconds(30) && staleForMs === minutes(10));

      expect(kept).to.have.members(['get_contact', 'get_contact_by_email', 'get_company', 'get_deal', 'get_account']);
      expect(namesOf(({ cacheForMs }) => cacheForMs !== undefined)).to.deep.equal(kept);
      expect(namesOf(({ fallback }) => fallback !== undefined)).to.deep.equal([]);
    });
  });
});

const bodyOf = (request: { readonly body: string | undefined } | undefined): unknown => JSON.parse(request?.body ?? 'null');

describe('batch reads of HubSpot records', () => {
  it('joins the rows to the ids asked for, whatever their order, and lists the missing', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({ ids: ['103', '999', '101', '102', '101'] });

    expect(results.map(({ id }) => id)).to.deep.equal(['103', '101', '102']);
    expect(missing).to.deep.equal(['999']);
  });

  it('lists a record that was merged away as missing, though HubSpot does not say a word', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({ ids: ['150', '102'] });

    expect(results.map(({ id }) => id)).to.deep.equal(['102']);
    expect(missing).to.deep.equal(['150']);
  });

  it('joins by a unique property whatever its case, and asks for it itself', async () => {
    const { client, http } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({
      ids: ['Ben.Okafor@example.com', 'nobody@example.com', 'ada.marsh@example.com'],
      idProperty: 'email',
      properties: ['firstname'],
    });

    expect(results.map(({ id }) => id)).to.deep.equal(['102', '101']);
    expect(missing).to.deep.equal(['nobody@example.com']);
    expect(bodyOf(http.sent[0]?.request)).to.deep.include({ idProperty: 'email', properties: ['firstname', 'email'] });
  });

  it('keeps rows that come under another id than the one asked for', async () => {
    const { client } = answeredClient(200, { status: 'COMPLETE', results: [{ id: '9', properties: {} }] });

    const answer = await client.batchReadContacts({ ids: ['5'] });

    expect(answer).to.deep.equal({ results: [{ id: '9', properties: {} }], missing: ['5'] });
  });

  for (const count of [0, 101]) {
    it(`refuses to read ${String(count)} contacts at once`, async () => {
      const { client, http } = simulatedHubspot();
      const ids = Array.from({ length: count }, (_, index) => String(index + 1));

      expect(await failureOf(client.batchReadContacts({ ids }))).to.be.instanceOf(InvalidRequestError);
      expect(http.sent).to.deep.equal([]);
    });
  }
});

describe('associations of HubSpot records', () => {
  it('ties two records together, from both ends, until it is removed', async () => {
    const { client } = simulatedHubspot();
    const ends = ['contacts', '104', 'deals', '302'] as const;

    await client.associate(...ends);
    const fromContact = await client.readAssociations('contacts', '104', 'deals');
    const fromDeal = await client.readAssociations('deals', '302', 'contacts');
    await client.removeAssociation(...ends);

    expect(fromContact.results).to.deep.equal([
      { toObjectId: '302', associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 4, label: null }] },
    ]);
    expect(fromDeal.results.map(({ toObjectId }) => toObjectId)).to.deep.equal(['104']);
    expect((await client.readAssociations('contacts', '104', 'deals')).results).to.deep.equal([]);
  });

  it('gives a record without any an empty row, and lists one that is not there', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadAssociations('deals', 'companies', [{ id: '303' }, { id: '999' }, { id: '301' }]);

    expect(results.map(({ id, to }) => ({ id, to: to.map(({ toObjectId }) => toObjectId) }))).to.deep.equal([
      { id: '303', to: [] },
      { id: '301', to: ['201'] },
    ]);
    expect(missing).to.deep.equal(['999']);
  });

  it('says where the next page of a record with many begins', async () => {
    const row = { from: { id: '301' }, to: [{ toObjectId: 1, associationTypes: [] }], paging: { next: { after: 'abc' } } };
    const { client } = answeredClient(200, { status: 'COMPLETE', results: [row] });

    const { results } = await client.batchReadAssociations('deals', 'contacts', [{ id: '301' }]);

    expect(results).to.deep.equal([{ id: '301', to: [{ toObjectId: '1', associationTypes: [] }], after: 'abc' }]);
  });
});
