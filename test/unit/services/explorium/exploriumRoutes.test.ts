import { expect } from 'chai';
import { z } from 'zod';
import { explorium } from '../../../../src/services/explorium/explorium.ts';
import type { Reply, Route, RouteInput } from '../../../../src/web/route.ts';
import { httpHouse, json, scriptedWire, type HttpHouse } from '../../../support/httpHouse.ts';

describe('routes of Explorium', () => {
  let house: HttpHouse;

  const routesOver = (status: number, answer: object): readonly Route[] => {
    const wire = scriptedWire(json(status, { response_context: { request_status: 'success' }, ...answer }));
    house = httpHouse(wire.transport, { classify: explorium.classify, policy: { retry: { maxAttempts: 1 } } });
    return explorium.mount(house.http).routes;
  };

  const ask = async (routes: readonly Route[], where: string, body: unknown): Promise<Reply> => {
    const found = routes.find(({ path }) => path === where);
    if (found === undefined) throw new Error(`no route ${where}`);
    const input = { params: {}, query: {}, body, call: {}, caller: { id: 'test', scopes: new Set<string>() } };
    return found.handle(input as unknown as RouteInput<never, never, never>);
  };

  const accepts = (routes: readonly Route[], where: string, body: unknown): boolean | undefined =>
    routes.find(({ path }) => path === where)?.body?.safeParse(body).success;

  afterEach(() => {
    house.close();
  });

  it('are the documented ones, all of them reads', () => {
    const routes = routesOver(200, {});

    expect(routes.map(({ method, path, scope }) => `${scope} ${method} ${path}`)).to.deep.equal([
      'explorium:read post /companies/enrich',
      'explorium:read post /companies/enrich/bulk',
      'explorium:read post /companies/match/bulk',
      'explorium:read post /companies/firmographics/bulk',
      'explorium:read post /prospects/match',
      'explorium:read post /prospects/contacts/enrich',
      'explorium:read get /credits',
    ]);
  });

  it('can all be described by JSON Schema, like the rest of the gateway', () => {
    for (const { body, answer } of routesOver(200, {})) {
      if (body !== undefined) z.toJSONSchema(body, { io: 'input' });
      expect(answer === undefined ? {} : z.toJSONSchema(answer)).to.be.an('object');
    }
  });

  it('answer 200 with the flag of a fallback while Explorium is down', async () => {
    const routes = routesOver(503, {});

    const reply = await ask(routes, '/companies/enrich', { domain: 'example.com' });

    expect(reply.body).to.deep.equal({ enriched: false, error: 'Enrichment temporarily unavailable', _fallback: true });
  });

  it('answer the credits as Explorium tells them', async () => {
    const routes = routesOver(200, { allocated_credits: 10, remaining_credits: 4 });

    const credits = await ask(routes, '/credits', {});

    expect(credits.body).to.include({ remaining_credits: 4 });
  });

  const bulkBodies: readonly (readonly [string, unknown, object])[] = [
    ['/companies/enrich/bulk', { domains: ['example.com', 'no domain'] }, { matched_businesses: [{ business_id: null }] }],
    ['/companies/match/bulk', { companies: [{ name: 'Example' }, {}] }, { matched_businesses: [{ business_id: null }] }],
    ['/companies/firmographics/bulk', { business_ids: ['a'.repeat(32), 'A'] }, { data: null }],
    ['/prospects/match', { prospects: [{ email: 'ada@example.com' }, { email: 'x' }] }, { matched_prospects: [{ prospect_id: null }] }],
    ['/prospects/contacts/enrich', { prospect_ids: ['a'.repeat(40), 'A'.repeat(40)] }, { data: [] }],
  ];
  for (const [where, body, answer] of bulkBodies) {
    it(`answer ${where} row by row: what is missing by 207, what cannot be sent as refused`, async () => {
      const routes = routesOver(200, answer);

      const reply = await ask(routes, where, body);

      expect(accepts(routes, where, body)).to.equal(true);
      expect(reply).to.have.property('status', 207);
      expect(reply.body).to.include({ found: 0, missing: 1, refused: 1, failed: 0 });
    });
  }

  it('answer 200 where every row was found', async () => {
    const routes = routesOver(200, { matched_prospects: [{ prospect_id: 'a'.repeat(40) }] });

    const reply = await ask(routes, '/prospects/match', { prospects: [{ email: 'ada@example.com' }] });

    const rows = [{ index: 0, outcome: 'found', prospect_id: 'a'.repeat(40) }];
    expect(reply).to.deep.equal({ status: 200, body: { rows, found: 1, missing: 0, refused: 0, failed: 0 } });
  });

  it('refuse what no row of could be answered', () => {
    const routes = routesOver(200, {});
    const domains = Array.from({ length: 51 }, (_, index) => `a${String(index)}.com`);

    expect(accepts(routes, '/companies/enrich', { domain: 'example.com' })).to.equal(true);
    expect(accepts(routes, '/companies/enrich', { domain: 'not a domain' })).to.equal(false);
    expect(accepts(routes, '/companies/enrich', { domain: 'example.com', colour: 'red' })).to.equal(false);
    expect(accepts(routes, '/companies/enrich/bulk', { domains })).to.equal(false);
    expect(accepts(routes, '/companies/enrich/bulk', { domains: [] })).to.equal(false);
    expect(accepts(routes, '/prospects/match', { prospects: ['ada@example.com'] })).to.equal(false);
    expect(accepts(routes, '/prospects/match', { prospects: [{ colour: 'red' }] })).to.equal(false);
    expect(accepts(routes, '/prospects/contacts/enrich', { prospect_ids: ['a'.repeat(40)], contact_types: ['fax'] })).to.equal(false);
  });
});
