import { expect } from 'chai';
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

  it('are all of them reads, though paid ones', () => {
    const scopes = routesOver(200, {}).map(({ scope }) => scope);

    expect(new Set(scopes)).to.deep.equal(new Set(['explorium:read']));
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

describe('declarations of Explorium', () => {
  it('say that no paid call is repeated after an unknown outcome', () => {
    const repeatable = explorium.operations.filter(({ idempotency }) => idempotency !== 'never');

    expect(repeatable.map(({ name }) => name)).to.deep.equal(['get_credits']);
  });

  it('read the quota of a minute', () => {
    const headers = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '150', 'x-ratelimit-reset': '1234567890' };

    const readings = explorium.readQuota(headers, { operation: 'get_credits', wallTime: 1_234_567_880_000 });

    expect(readings).to.deep.equal([{ window: 'minute', limit: 200, remaining: 150, resetAt: 1_234_567_890_000 }]);
  });
});
