import { expect } from 'chai';
import { isQueued } from '../../../../src/contract/call.ts';
import type { Reply, Route, RouteInput } from '../../../../src/web/route.ts';
import { scriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';
import { simulatedWire } from '../../../support/simulatedWire.ts';
import { kitHouse, type KitHouse, simulatedKit } from './kitHouse.ts';

const email_address = 'alice@convertkit.dev';
const down = { status: 503, headers: {}, body: '' };

describe('routes of Kit', () => {
  let house: KitHouse;

  const routesOver = (secret = 'an-oauth-token'): readonly Route[] => {
    const { simulator } = simulatedKit();
    house = kitHouse(simulatedWire(simulator), { secret });
    return house.routes;
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

  it('are the documented ones, reads and writes under their scopes, and say which writes may wait', () => {
    const routes = routesOver();

    const waiting = (queueable: boolean | undefined): string => (queueable === true ? ' (may wait)' : '');
    const listed = routes.map(({ method, path, scope, queueable }) => `${scope} ${method} ${path}${waiting(queueable)}`);

    expect(listed).to.deep.equal([
      'kit:read get /account',
      'kit:read get /subscribers',
      'kit:write post /subscribers (may wait)',
      'kit:read post /subscribers/find',
      'kit:write post /subscribers/bulk',
      'kit:read get /subscribers/by-email/:email',
      'kit:read get /subscribers/:id',
      'kit:write patch /subscribers/:id (may wait)',
      'kit:write post /subscribers/:id/unsubscribe (may wait)',
      'kit:read get /subscribers/:id/tags',
      'kit:write post /subscriptions (may wait)',
      'kit:read get /tags',
      'kit:write post /tags',
      'kit:read get /tags/:id/subscribers',
      'kit:write post /tags/:id/subscribers (may wait)',
      'kit:write post /tags/:id/subscribers/bulk',
      'kit:write post /tags/:id/subscribers/remove (may wait)',
      'kit:write delete /tags/:id/subscribers/:subscriberId (may wait)',
      'kit:read get /forms',
      'kit:read get /forms/:id/subscribers',
      'kit:write post /forms/:id/subscribers (may wait)',
      'kit:write post /forms/:id/subscribers/bulk',
      'kit:read get /sequences',
      'kit:read get /sequences/:id/subscribers',
      'kit:write post /sequences/:id/subscribers (may wait)',
    ]);
  });

  it('answer what their schemas say, through client and simulator', async () => {
    const routes = routesOver();
    const asked: readonly (readonly [string, Partial<RouteInput<unknown, unknown, unknown>>])[] = [
      ['GET /account', {}],
      ['GET /subscribers', { query: { status: 'all' } }],
      ['POST /subscribers', { body: { email_address, fields: { source: 'web' } } }],
      ['POST /subscribers/find', { body: { email_addresses: ['ada@example.com', 'nobody@example.com'] } }],
      ['POST /subscribers/bulk', { body: { subscribers: [{ email_address }] } }],
      ['GET /subscribers/by-email/:email', { params: { email: 'ada@example.com' } }],
      ['GET /subscribers/:id', { params: { id: '200' } }],
      ['PATCH /subscribers/:id', { params: { id: '200' }, body: { first_name: 'Alicia' } }],
      ['POST /subscribers/:id/unsubscribe', { params: { id: '203' } }],
      ['POST /subscriptions', { body: { email_address, tags: [207], forms: [311], sequences: [324] } }],
      ['GET /subscribers/:id/tags', { params: { id: '200' } }],
      ['GET /tags', {}],
      ['POST /tags', { body: { name: 'New' } }],
      ['GET /tags/:id/subscribers', { params: { id: '207' } }],
      ['POST /tags/:id/subscribers', { params: { id: '208' }, body: { email_address } }],
      ['POST /tags/:id/subscribers/bulk', { params: { id: '208' }, body: { subscriber_ids: [200, 201] } }],
      ['POST /tags/:id/subscribers/remove', { params: { id: '208' }, body: { email_address } }],
      ['DELETE /tags/:id/subscribers/:subscriberId', { params: { id: '207', subscriberId: '200' } }],
      ['GET /forms', {}],
      ['GET /forms/:id/subscribers', { params: { id: '311' } }],
      ['POST /forms/:id/subscribers', { params: { id: '312' }, body: { subscriber_id: 200, referrer: 'https://example.com' } }],
      ['POST /forms/:id/subscribers/bulk', { params: { id: '312' }, body: { subscriber_ids: [200] } }],
      ['GET /sequences', {}],
      ['GET /sequences/:id/subscribers', { params: { id: '324' } }],
      ['POST /sequences/:id/subscribers', { params: { id: '324' }, body: { email_address } }],
    ];
    expect(asked.map(([where]) => where)).to.have.members(routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`));

    for (const [where, input] of asked) {
      const { body } = await ask(routes, where, input);

      const { answer } = routes.find(({ method, path }) => `${method.toUpperCase()} ${path}` === where) ?? {};
      expect(answer?.safeParse(body).error, where).to.equal(undefined);
    }
  });

  it('answer removals and unsubscribes with what they were about', async () => {
    const routes = routesOver();

    const unsubscribed = await ask(routes, 'POST /subscribers/:id/unsubscribe', { params: { id: '200' } });
    const removed = await ask(routes, 'DELETE /tags/:id/subscribers/:subscriberId', { params: { id: '207', subscriberId: '200' } });

    expect(unsubscribed.body).to.deep.equal({ subscriber_id: '200', unsubscribed: true });
    expect(removed.body).to.deep.equal({ tag_id: '207', removed: true });
  });

  it('answer 207 where some rows of a bulk write were refused, else 200', async () => {
    const routes = routesOver();

    const mixed = await ask(routes, 'POST /tags/:id/subscribers/bulk', { params: { id: '207' }, body: { subscriber_ids: [200, 999] } });
    const whole = await ask(routes, 'POST /subscribers/bulk', { body: { subscribers: [{ email_address }] } });

    expect(mixed.status).to.equal(207);
    expect(mixed.body).to.deep.include({ made: 1, refused: 1 });
    expect(whole.status).to.equal(200);
  });

  it('keep the fields of a job when a write waits', async () => {
    house = kitHouse(scriptedWire(down).transport, { queue: rememberingQueue() });

    const { body } = await ask(house.routes, 'POST /subscribers/:id/unsubscribe', { params: { id: '200' } });

    expect(isQueued(body)).to.equal(true);
    expect(body).to.include({ id: 'job_1', subscriber_id: '200' });
  });
});
