import { expect } from 'chai';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { seconds } from '../../../../src/time/clock.ts';
import { simulatedHubspot } from '../../services/hubspot/simulatedHubspot.ts';

const idsOf = (body: unknown): readonly string[] => (body as { results: readonly { id: string }[] }).results.map(({ id }) => id);

const codes = (answers: readonly SandboxAnswer[]): readonly number[] => answers.map(({ status }) => status);

describe("the HubSpot simulator's records", () => {
  it('answers in every version that HubSpot still serves, and in no other', () => {
    const { ask } = simulatedHubspot();
    const served = ['/v3/objects/contacts/101', '/v4/objects/contacts/101', '/objects/2025-09/0-1/101', '/objects/2026-09/contacts/101'];
    const gone = ['/v1/objects/contacts/101', '/objects/2024-03/contacts/101', '/nowhere'];

    expect(codes(served.map((target) => ask('GET', target)))).to.deep.equal([200, 200, 200, 200]);
    expect(codes(gone.map((target) => ask('GET', target)))).to.deep.equal([404, 404, 404]);
  });

  it('answers what was asked for, null for what is not set, and its own properties always', () => {
    const { ask } = simulatedHubspot();

    const { body } = ask('GET', '/v3/objects/contacts/101?properties=city,jobtitle,unheard_of');

    expect((body as { properties: unknown }).properties).to.deep.equal({
      city: null,
      jobtitle: 'Head of Sales',
      createdate: '2026-01-15T09:30:00.000Z',
      hs_object_id: '101',
      lastmodifieddate: '2026-01-15T09:30:00.000Z',
    });
  });

  it('finds by a unique property, and through a merge', () => {
    const { ask } = simulatedHubspot();

    expect(ask('GET', '/v3/objects/contacts/ADA.marsh%40example.com?idProperty=email').body).to.include({ id: '101' });
    expect(ask('GET', '/v3/objects/contacts/150').body).to.include({ id: '101' });
    expect(ask('GET', '/v3/objects/contacts/999')).to.have.nested.property('body.category', 'OBJECT_NOT_FOUND');
  });

  it('pages through everything once, with a link that leads nowhere', () => {
    const { ask } = simulatedHubspot();
    const seen: string[] = [];

    for (let after: string | undefined = '0'; after !== undefined;) {
      const { body } = ask('GET', `/v3/objects/contacts?limit=5&after=${after}`);
      seen.push(...idsOf(body));
      const paging = (body as { paging?: { next: { after: string; link: string } } }).paging;
      after = paging?.next.after;
      if (paging !== undefined) expect(paging.next.link).to.equal('https://api.hubspot.com/crm/objects/v3/contacts?limit=5');
    }

    expect(seen).to.have.length(16);
    expect(new Set(seen)).to.have.property('size', 16);
  });

  const refusedCreates = [
    { what: 'an unknown property', type: 'contacts', properties: { nope: 'x' }, code: 'PROPERTY_DOESNT_EXIST' },
    { what: 'no address', type: 'contacts', properties: { email: 'x' }, code: 'INVALID_EMAIL' },
    { what: 'no whole number', type: 'companies', properties: { name: 'x', numberofemployees: 'many' }, code: 'INVALID_INTEGER' },
    { what: "HubSpot's own property", type: 'deals', properties: { dealname: 'x', createdate: '1' }, code: 'READ_ONLY_VALUE' },
  ];
  for (const { what, type, properties, code } of refusedCreates) {
    it(`refuses ${what} by name and code`, () => {
      const { status, body } = simulatedHubspot().ask('POST', `/v3/objects/${type}`, { properties });

      expect(status).to.equal(400);
      expect(body).to.include({ category: 'VALIDATION_ERROR' }).and.have.nested.property('errors[0].code', code);
    });
  }

  it('asks for the least that a new record of each type needs', () => {
    const { ask } = simulatedHubspot();
    const create = (type: string, properties: object) => ask('POST', `/v3/objects/${type}`, { properties });

    const contact = create('contacts', { city: 'Oslo' });
    const deal = create('deals', { dealname: 'x' });
    const enough = [create('contacts', { lastname: 'x' }), create('companies', { domain: 'x.example' })];

    expect(contact.body).to.deep.include({ context: { properties: ['email', 'firstname', 'lastname'] } });
    expect(deal.body).to.deep.include({ context: { properties: ['dealstage'] } });
    expect(create('companies', { city: 'Oslo' }).status).to.equal(400);
    expect(codes(enough)).to.deep.equal([201, 201]);
  });

  it('refuses an email that is taken, for a new contact and for an old one', () => {
    const { ask } = simulatedHubspot();

    const created = ask('POST', '/v3/objects/contacts', { properties: { email: 'Ben.Okafor@example.com' } });
    const changed = ask('PATCH', '/v3/objects/contacts/101', { properties: { email: 'ben.okafor@example.com' } });
    const unchanged = ask('PATCH', '/v3/objects/contacts/102', { properties: { email: 'ben.okafor@example.com' } });

    expect(created.body).to.include({ message: 'Contact already exists. Existing ID: 102', category: 'CONFLICT' });
    expect(codes([created, changed, unchanged])).to.deep.equal([409, 409, 200]);
  });

  it('answers an update with only what was changed', () => {
    const { ask, clock } = simulatedHubspot();
    clock.advance(seconds(5));

    const { body } = ask('PATCH', '/v3/objects/companies/201', { properties: { city: 'Bergen' } });

    expect((body as { properties: object }).properties).to.have.all.keys('city', 'createdate', 'hs_lastmodifieddate', 'hs_object_id');
    expect(body).to.include({ updatedAt: new Date(clock.wallTime()).toISOString() });
  });

  it('updates a batch, leaving out what was merged away', () => {
    const { ask } = simulatedHubspot();
    const inputs = ['150', '102', '103'].map((id) => ({ id, properties: { city: 'Oslo' } }));

    const { status, body } = ask('POST', '/v3/objects/contacts/batch/update', { inputs });

    expect(status).to.equal(200);
    expect(idsOf(body)).to.deep.equal(['103', '102']);
  });

  it('refuses bodies that are no JSON or of another shape, unknown types and methods', () => {
    const { ask, simulator } = simulatedHubspot();
    const headers = hubspot.authenticate(hubspot.sandboxSecret);
    const post = { method: 'POST', path: '/crm/v3/objects/contacts', query: new URLSearchParams(), headers, body: undefined };

    expect(simulator.answer({ ...post, malformed: true }).status).to.equal(400);
    expect(ask('POST', '/v3/objects/contacts', [1]).status).to.equal(400);
    expect(ask('GET', '/v3/objects/unicorns/1').status).to.equal(400);
    expect(ask('GET', '/v3/objects/contacts?limit=101').status).to.equal(400);
    expect(ask('DELETE', '/v3/objects/contacts').status).to.equal(405);
    expect(ask('GET', '/v3/objects/contacts/%E0%A4%A').status).to.equal(404);
  });
});
