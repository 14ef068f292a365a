import { expect } from 'chai';
import { lemlist } from '../../../../src/services/lemlist/lemlist.ts';
import type { Reply, Route, RouteInput } from '../../../../src/web/route.ts';
import { httpHouse, json, scriptedWire, type HttpHouse } from '../../../support/httpHouse.ts';

const CAMPAIGN = 'cam_1';
const LEAD = 'lea_1';

describe('routes of Lemlist', () => {
  let house: HttpHouse;

  const routesOver = (answer: unknown): readonly Route[] => {
    house = httpHouse(scriptedWire(json(200, answer)).transport);
    return lemlist.mount(house.http).routes;
  };

  const ask = async (routes: readonly Route[], where: string, input: Partial<RouteInput<unknown, unknown, unknown>>): Promise<Reply> => {
    const found = routes.find(({ method, path }) => `${method.toUpperCase()} ${path}` === where);
    if (found === undefined) throw new Error(`no route ${where}`);
    const whole = { params: {}, query: {}, body: {}, call: {}, caller: { id: 'test', scopes: new Set<string>() }, ...input };
    return found.handle(whole as RouteInput<never, never, never>);
  };

  afterEach(() => {
    house.close();
  });

  it('are the documented ones, reads and writes under their scopes', () => {
    const routes = routesOver({});

    const listed = routes.map(({ method, path, scope }) => `${scope.split(':')[1] ?? ''} ${method} ${path}`);

    expect(listed).to.deep.equal([
      'read get /campaigns',
      'write post /campaigns',
      'read get /campaigns/:campaignId',
      'write post /campaigns/:campaignId/pause',
      'write post /campaigns/:campaignId/start',
      'read get /campaigns/:campaignId/leads',
      'write post /campaigns/:campaignId/leads',
      'write patch /campaigns/:campaignId/leads/:leadId',
      'write delete /campaigns/:campaignId/leads/:leadId',
      'write post /campaigns/:campaignId/leads/:leadId/pause',
      'write post /campaigns/:campaignId/leads/:leadId/resume',
      'read get /leads',
      'read get /leads/:email',
      'read post /contacts/find',
      'read get /contacts/:idOrEmail',
      'read get /unsubscribes',
      'write post /unsubscribes',
      'write post /unsubscribes/bulk',
      'read get /unsubscribes/:value',
      'write delete /unsubscribes/:value',
      'read get /activities',
      'read get /team',
    ]);
  });

  it('answer lists inside an object, with the flag of a cached one', async () => {
    const routes = routesOver([{ _id: 'cam_1', name: 'One' }]);
    const first = await ask(routes, 'GET /campaigns', {});

    const second = await ask(routes, 'GET /campaigns', {});

    expect(first.body).to.deep.equal({ campaigns: [{ _id: 'cam_1', name: 'One' }] });
    expect(second.body).to.deep.equal({ campaigns: [{ _id: 'cam_1', name: 'One' }], _cached: true });
  });

  it('answer writes with what they were about', async () => {
    const routes = routesOver({ status: 'paused' });
    const params = { campaignId: CAMPAIGN, leadId: LEAD, value: '@example.org' };

    const paused = await ask(routes, 'POST /campaigns/:campaignId/pause', { params });
    const removed = await ask(routes, 'DELETE /campaigns/:campaignId/leads/:leadId', { params });
    const resubscribed = await ask(routes, 'DELETE /unsubscribes/:value', { params });

    expect(paused.body).to.deep.equal({ campaignId: CAMPAIGN, status: 'paused' });
    expect(removed.body).to.deep.equal({ leadId: LEAD, removed: true });
    expect(resubscribed.body).to.deep.equal({ value: '@example.org', unsubscribed: false });
  });

  it('answer bulk writes and lookups row by row, with 207 where a row wants to be looked at', async () => {
    const routes = routesOver([{ _id: 'ctc_1', emails: [{ value: 'ada@example.com' }] }]);
    const find = (...names: readonly string[]) => ask(routes, 'POST /contacts/find', { body: { ids_or_emails: names } });

    const [all, some] = [await find('ada@example.com'), await find('ada@example.com', 'nobody')];

    expect(all).to.have.property('status', 200);
    expect(some).to.have.property('status', 207);
    expect(some.body).to.include({ found: 1, refused: 1 });
  });

  it('unsubscribe the values that are some, and say which are none', async () => {
    const routes = routesOver({});
    const unsubscribe = (...values: readonly string[]) => ask(routes, 'POST /unsubscribes/bulk', { body: { values } });

    const [all, some] = [await unsubscribe('@example.org'), await unsubscribe('@example.org', 'nonsense')];

    expect(all).to.deep.equal({ status: 200, body: { rows: [{ index: 0, outcome: 'made' }], made: 1, refused: 0 } });
    expect(some).to.have.property('status', 207);
  });

  it('answer a created campaign and an added lead with 201', () => {
    const created = routesOver({}).filter(({ status }) => status === 201);

    expect(created.map(({ path }) => path)).to.deep.equal(['/campaigns', '/campaigns/:campaignId/leads']);
  });
});
