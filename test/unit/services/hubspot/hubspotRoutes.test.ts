import { expect } from 'chai';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
import type { Reply, Route } from '../../../../src/web/route.ts';
import { simulatedHubspot } from './simulatedHubspot.ts';

const routes = (): readonly Route[] => hubspot.mount(simulatedHubspot().http).routes;

const named = (all: readonly Route[], method: string, path: string): Route => {
  const found = all.find((route) => route.method === method && route.path === path);
  if (found === undefined) throw new Error(`no route ${method} ${path}`);
  return found;
};

interface Parts {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** Calls a route as the web does: its input validated by its schemas. */
const visit = async (route: Route, { params = {}, query = {}, body }: Parts): Promise<Reply> => {
  const input = {
    params: route.params?.parse(params),
    query: route.query?.parse(query),
    body: route.body?.parse(body),
    call: {},
    caller: { id: 'test', scopes: new Set<string>() },
  };
  return route.handle(input as never);
};

/** Where a part of a route's input is at fault. */
const faultsOf = (schema: Route['body'], value: unknown): readonly string[] =>
  schema?.safeParse(value).error?.issues.map(({ path }) => path.join('.')) ?? ['no schema'];

describe('routes of HubSpot', () => {
  it('asks for the scope to write only where something is written', () => {
    const reading = routes()
      .filter(({ scope }) => scope === 'hubspot:read')
      .map(({ method, path }) => `${method} ${path}`);

    expect(reading.filter((line) => !line.startsWith('get '))).to.have.members([
      'post /contacts/batch/read',
      'post /contacts/search',
      'post /companies/search',
      'post /deals/search',
    ]);
    expect(routes().filter(({ method, scope }) => method === 'get' && scope !== 'hubspot:read')).to.deep.equal([]);
  });

  it('has a word before an id wherever both fit a path', () => {
    const paths = routes()
      .filter(({ method }) => method === 'get')
      .map(({ path }) => path);

    expect(paths.indexOf('/contacts/by-email/:email')).to.be.below(paths.indexOf('/contacts/:id'));
  });

  it('creates with 201, and answers an upsert by what it did', async () => {
    const all = routes();
    const upsert = named(all, 'put', '/contacts/by-email/:email');
    const parts = { params: { email: 'nia.new@example.com' }, body: { properties: { firstname: 'Nia' } } };

    expect(named(all, 'post', '/contacts').status).to.equal(201);
    expect((await visit(upsert, parts)).status).to.equal(201);
    expect((await visit(upsert, parts)).status).to.equal(200);
  });

  it('takes names of properties and the size of a page from the query', async () => {
    const list = named(routes(), 'get', '/contacts');

    const { body } = await visit(list, { query: { limit: '2', properties: 'jobtitle', after: '103' } });

    expect(body).to.have.nested.property('results[0].properties.jobtitle', 'Chief Technology Officer');
    expect(body).to.have.property('results').with.length(2);
  });

  it('associates by the default type without a body, and by labels with one', async () => {
    const all = routes();
    const put = named(all, 'put', '/:fromType/:fromId/associations/:toType/:toId');
    const params = { fromType: 'contacts', fromId: '105', toType: 'deals', toId: '303' };

    const plain = await visit(put, { params });
    const labelled = await visit(put, { params, body: [{ associationCategory: 'USER_DEFINED', associationTypeId: 36 }] });
    const get = named(all, 'get', '/:fromType/:fromId/associations/:toType');
    const list = await visit(get, { params: { fromType: 'contacts', fromId: '105', toType: 'deals' } });

    expect(plain.body).to.deep.equal({ from: '105', to: '303', labels: [] });
    expect(labelled.body).to.deep.equal({ from: '105', to: '303', labels: ['Point of contact'] });
    expect(list.body).to.have.nested.property('results[0].associationTypes').with.length(2);
  });

  it('answers many rows with 207 as soon as one of them did not go in', async () => {
    const all = routes();
    const [create, update] = [named(all, 'post', '/deals/batch/create'), named(all, 'post', '/deals/batch/update')];
    const good = { properties: { dealname: 'One', dealstage: 'qualified' } };
    const bad = { properties: { dealname: 'Two' } };

    const whole = await visit(create, { body: { inputs: [good] } });
    const part = await visit(create, { body: { inputs: [good, bad] } });
    const changed = await visit(update, { body: { inputs: [{ id: '301', properties: { amount: '7' } }] } });

    expect([whole.status, part.status, changed.status]).to.deep.equal([201, 207, 200]);
    expect(part.body).to.have.nested.property('rows[1].reason', 'validation_failed');
    expect(create.answer?.safeParse(part.body).success).to.equal(true);
    expect([create.queueable, create.status, update.status]).to.deep.equal([undefined, 201, 200]);
  });

  it('answers a removal with no content', async () => {
    const remove = named(routes(), 'delete', '/:fromType/:fromId/associations/:toType/:toId');

    const reply = await visit(remove, { params: { fromType: 'contacts', fromId: '101', toType: 'companies', toId: '201' } });

    expect(remove.status).to.equal(204);
    expect(reply.body).to.equal(undefined);
  });

  it('refuses bodies that HubSpot would refuse, naming the place', () => {
    const all = routes();
    const create = named(all, 'post', '/contacts').body;
    const search = named(all, 'post', '/contacts/search').body;
    const filter = { propertyName: 'email', operator: 'EQ', value: 'x' };
    const twentyFilters = Array.from({ length: 4 }, () => ({ filters: Array.from({ length: 5 }, () => filter) }));
    const inWithoutValues = [{ filters: [{ ...filter, operator: 'IN' }] }];

    expect(faultsOf(create, {})).to.deep.equal(['properties']);
    expect(faultsOf(create, { properties: {} })).to.deep.equal(['properties']);
    expect(faultsOf(create, { properties: { email: 7 } })).to.deep.equal(['properties.email']);
    expect(faultsOf(create, { properties: { 'no name': 'x' } })).to.deep.equal(['properties.no name']);
    expect(faultsOf(create, { properties: { email: 'x'.repeat(65_537) } })).to.deep.equal(['properties.email']);
    expect(faultsOf(search, { limit: 201 })).to.deep.equal(['limit']);
    expect(faultsOf(search, { after: '10000' })).to.deep.equal(['after']);
    expect(faultsOf(search, { filterGroups: inWithoutValues })).to.deep.equal(['filterGroups.0.filters.0.values']);
    expect(faultsOf(search, { filterGroups: twentyFilters })).to.deep.equal(['filterGroups']);
    expect(faultsOf(search, { query: 'x'.repeat(2_995) })).to.deep.equal(['']);
    expect(faultsOf(named(all, 'post', '/contacts/batch/read').body, { ids: ['1', '..'] })).to.deep.equal(['ids.1']);
  });

  it('refuses hostile types and ids in the path of an association', () => {
    const pair = named(routes(), 'delete', '/:fromType/:fromId/associations/:toType/:toId').params;

    const faults = faultsOf(pair, { fromType: 'account-info', fromId: '1', toType: '..', toId: 'x' });

    expect(faults).to.deep.equal(['fromType', 'toType', 'toId']);
  });
});
