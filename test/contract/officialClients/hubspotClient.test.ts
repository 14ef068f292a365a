import { Client } from '@hubspot/api-client';
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/contacts/models/Filter.js';
import { expect } from 'chai';
import { hubspot } from '../../../src/services/hubspot/hubspot.ts';
import { hubspotSimulator } from '../../../sandbox/hubspot/hubspotSandbox.ts';
import { failureOf, startOfficialSandbox, type OfficialSandbox } from './officialSandbox.ts';

const NOBODY = '999999';
const byEmail = (value: string) => ({ filters: [{ propertyName: 'email', operator: FilterOperatorEnum.Eq, value }] });
const searchFor = (email: string) => ({ filterGroups: [byEmail(email)], properties: ['email'], sorts: [], limit: 10 });

describe('@hubspot/api-client on the sandbox', () => {
  let sandbox: OfficialSandbox;
  let client: Client;

  before(async () => {
    sandbox = await startOfficialSandbox(hubspotSimulator);
    // Its own pace, nine a second, is no part of the contract: the limits are the sandbox's.
    client = new Client({ accessToken: hubspot.sandboxSecret, basePath: sandbox.url, limiterOptions: { maxConcurrent: 20 } });
  });

  afterEach(() => sandbox.reset());

  after(() => sandbox.close());

  describe('reads and writes', () => {
    it('a contact by its id, and by its address', async () => {
      const byId = await client.crm.contacts.basicApi.getById('101', ['email']);
      const byAddress = await client.crm.contacts.basicApi.getById(
        'ada.marsh@example.com',
        ['email'],
        undefined,
        undefined,
        undefined,
        'email',
      );

      expect(byId.properties).to.include({ email: 'ada.marsh@example.com', hs_object_id: '101' });
      expect(byId.createdAt).to.be.instanceOf(Date);
      expect(byAddress.id).to.equal('101');
    });

    it('a new contact, which can be read and changed at once', async () => {
      const created = await client.crm.contacts.basicApi.create({ properties: { email: 'new@example.com' }, associations: [] });
      const changed = await client.crm.contacts.basicApi.update(created.id, { properties: { firstname: 'Nia' } });
      const read = await client.crm.contacts.basicApi.getById(created.id, ['email', 'firstname']);

      expect(changed.properties).to.include({ firstname: 'Nia' }).and.not.have.property('email');
      expect(read.properties).to.include({ email: 'new@example.com', firstname: 'Nia' });
    });

    it('all contacts, page by page, by the client’s own walk', async () => {
      const all = await client.crm.contacts.getAll(5);

      expect(all.length).to.be.above(10);
      expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    });

    it('a company and a deal', async () => {
      const company = await client.crm.companies.basicApi.create({ properties: { domain: 'new.example' }, associations: [] });
      const deal = await client.crm.deals.basicApi.create({
        properties: { dealname: 'One', dealstage: 'appointmentscheduled', pipeline: 'default' },
        associations: [],
      });

      expect((await client.crm.companies.basicApi.getById(company.id)).id).to.equal(company.id);
      expect((await client.crm.deals.basicApi.getById(deal.id, ['dealname'])).properties).to.include({ dealname: 'One' });
    });

    it('associations, made by default and read one by one or in a batch', async () => {
      await client.crm.associations.v4.basicApi.createDefault('contacts', '102', 'companies', '202');

      const { results } = await client.crm.associations.v4.basicApi.getPage('contacts', '102', 'companies');
      const batch = await client.crm.associations.v4.batchApi.getPage('contacts', 'companies', { inputs: [{ id: '102' }] });

      expect(results.map(({ toObjectId }) => Number(toObjectId))).to.include(202);
      expect(batch.results[0]?._from.id).to.equal('102');
    });

    it('whatever it has no method for, through its raw request', async () => {
      const response = await client.apiRequest({ path: '/account-info/2026-03/details' });

      expect(response.status).to.equal(200);
      expect(await response.json()).to.have.property('portalId');
    });
  });

  it('search finds by a property, and lags behind a write', async () => {
    const before = await client.crm.contacts.searchApi.doSearch(searchFor('ada.marsh@example.com'));
    await client.crm.contacts.basicApi.create({ properties: { email: 'late@example.com' }, associations: [] });
    const after = await client.crm.contacts.searchApi.doSearch(searchFor('late@example.com'));

    expect(before.total).to.equal(1);
    expect(before.results[0]?.id).to.equal('101');
    expect(after.total).to.equal(0);
  });

  describe('batches', () => {
    const ids = (...all: readonly string[]) => ({ inputs: all.map((id) => ({ id })), properties: ['email'], propertiesWithHistory: [] });

    it('read all that are asked for, in no order', async () => {
      const { status, results } = await client.crm.contacts.batchApi.read(ids('101', '102', '103'));

      expect(status).to.equal('COMPLETE');
      expect(results.map(({ id }) => id)).to.have.members(['101', '102', '103']);
    });

    it('keep the good rows of a 207, and name the others', async () => {
      const answer = await client.crm.contacts.batchApi.read(ids('101', NOBODY));

      expect(answer.results.map(({ id }) => id)).to.deep.equal(['101']);
      expect(answer).to.have.nested.property('errors[0].category', 'OBJECT_NOT_FOUND');
      expect(answer).to.have.deep.nested.property('errors[0].context.ids', [NOBODY]);
    });

    it('create and update', async () => {
      const created = await client.crm.contacts.batchApi.create({
        inputs: ['b1@example.com', 'b2@example.com'].map((email) => ({ properties: { email }, associations: [] })),
      });
      const updated = await client.crm.contacts.batchApi.update({
        inputs: created.results.map(({ id }) => ({ id, properties: { firstname: 'Bea' } })),
      });

      expect(created.results).to.have.length(2);
      expect(updated.results.map(({ properties }) => properties['firstname'])).to.deep.equal(['Bea', 'Bea']);
    });
  });

  describe('batches whose rows have trace ids', () => {
    const [good, bad] = [{ city: 'Oslo' }, { nope: '1' }];

    it('keep the good rows of a create, an update and an upsert, and name the bad ones', async () => {
      const { batchApi } = client.crm.contacts;
      const created = await batchApi.create({
        inputs: [
          { properties: { ...good, email: 'traced@example.com' }, associations: [], objectWriteTraceId: 'a' },
          { properties: bad, associations: [], objectWriteTraceId: 'b' },
        ],
      });
      const updated = await batchApi.update({
        inputs: [
          { id: '101', properties: good, objectWriteTraceId: 'a' },
          { id: '102', properties: bad, objectWriteTraceId: 'b' },
        ],
      });
      const upserted = await batchApi.upsert({
        inputs: [
          { id: 'traced@example.com', idProperty: 'email', properties: good, objectWriteTraceId: 'a' },
          { id: 'ada.marsh@example.com', idProperty: 'email', properties: bad, objectWriteTraceId: 'b' },
        ],
      });

      for (const answer of [created, updated, upserted]) {
        expect(answer.results.map(({ properties }) => properties['city'])).to.deep.equal(['Oslo']);
        expect(answer).to.have.deep.nested.property('errors[0].context', { objectWriteTraceId: ['b'] });
        expect(answer).to.have.nested.property('errors[0].category', 'VALIDATION_ERROR');
      }
    });

    it('are refused whole without them, and for an email that is taken', async () => {
      const { batchApi } = client.crm.contacts;
      const inputs = [good, bad].map((properties, index) => ({ id: `10${String(index + 1)}`, properties }));
      const taken = { properties: { email: 'ada.marsh@example.com' }, associations: [], objectWriteTraceId: 'a' };

      const untold = await failureOf(batchApi.update({ inputs }));
      const conflict = await failureOf(batchApi.create({ inputs: [taken] }));

      expect([untold.code, conflict.code]).to.deep.equal([400, 409]);
    });
  });

  describe('what need not know what is there', () => {
    it('upserts by a property, and tells new rows from old', async () => {
      const rows = ['ada.marsh@example.com', 'upserted@example.com'].map((id) => ({
        id,
        idProperty: 'email',
        properties: { firstname: 'Uma' },
      }));

      const { results } = await client.crm.contacts.batchApi.upsert({ inputs: rows });

      expect(results.map((row) => [row.properties['email'], row._new])).to.have.deep.members([
        ['ada.marsh@example.com', false],
        ['upserted@example.com', true],
      ]);
      expect((await client.crm.contacts.basicApi.getById('101', ['firstname'])).properties).to.include({ firstname: 'Uma' });
    });

    it('archives, once and again', async () => {
      await client.crm.contacts.basicApi.archive('104');
      await client.crm.contacts.basicApi.archive('104');
      await client.crm.contacts.batchApi.archive({ inputs: [{ id: '105' }, { id: NOBODY }] });

      const gone = await Promise.all(['104', '105'].map((id) => failureOf(client.crm.contacts.basicApi.getById(id))));
      expect(gone.map(({ code }) => code)).to.deep.equal([404, 404]);
    });
  });

  describe('refusals, as the client parses them', () => {
    it('409 with the id of the contact that is there', async () => {
      const { code, body } = await failureOf(
        client.crm.contacts.basicApi.create({ properties: { email: 'ada.marsh@example.com' }, associations: [] }),
      );

      expect(code).to.equal(409);
      expect(body).to.include({ category: 'CONFLICT', message: 'Contact already exists. Existing ID: 101' });
    });

    it('404, 400 and 401 with category and correlation id', async () => {
      const stranger = new Client({ accessToken: 'short', basePath: sandbox.url });

      const missing = await failureOf(client.crm.contacts.basicApi.getById(NOBODY));
      const invalid = await failureOf(client.crm.contacts.basicApi.create({ properties: { nope: 'x' }, associations: [] }));
      const refused = await failureOf(stranger.crm.contacts.basicApi.getById('101'));

      expect([missing.code, invalid.code, refused.code]).to.deep.equal([404, 400, 401]);
      expect(missing.body).to.include({ status: 'error', category: 'OBJECT_NOT_FOUND' }).and.have.property('correlationId');
      expect(invalid.body).to.have.nested.property('errors[0].code', 'PROPERTY_DOESNT_EXIST');
      expect(refused.body).to.include({ category: 'INVALID_AUTHENTICATION' });
    });

    it('a page of the edge where HubSpot is down', async () => {
      await sandbox.impose({ fault: 'error', status: 502 });

      const { code, body } = await failureOf(client.crm.contacts.basicApi.getById('101'));

      expect(code).to.equal(502);
      expect(body).to.be.a('string').that.includes('cloudflare');
    });
  });

  describe('429', () => {
    it('comes with the hundred-and-first request of ten seconds, and says which limit it was', async () => {
      const answers = await Promise.allSettled(Array.from({ length: 101 }, () => client.crm.contacts.basicApi.getById('101')));

      const refused = answers.flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason as Awaited<ReturnType<typeof failureOf>>] : [],
      );
      expect(refused).to.have.length(1);
      expect(refused[0]).to.have.property('code', 429);
      expect(refused[0]).to.have.nested.property('body.policyName', 'TEN_SECONDLY_ROLLING');
      expect(refused[0]?.headers).to.include({ 'x-hubspot-ratelimit-max': '100', 'x-hubspot-ratelimit-remaining': '0' });
    });

    it('of a search has the words by which the client knows it, and no rate limit headers', async () => {
      await sandbox.impose({ fault: 'throttle' });

      const { code, body, headers } = await failureOf(client.crm.contacts.searchApi.doSearch(searchFor('ada.marsh@example.com')));

      expect(code).to.equal(429);
      expect(body).to.include({ message: 'You have reached your secondly limit.', category: 'RATE_LIMITS' });
      expect(headers).to.not.have.property('x-hubspot-ratelimit-max');
    });

    it('of the day has the policy at which the client gives up', async () => {
      await sandbox.impose({ fault: 'scenario', scenario: 'daily_limit' });

      const { code, body } = await failureOf(client.crm.contacts.basicApi.getById('101'));

      expect(code).to.equal(429);
      expect(body).to.include({ policyName: 'DAILY' });
    });
  });
});
