import { expect } from 'chai';
import { z } from 'zod';
import { InvalidRequestError } from '../../../src/errors/requestErrors.ts';
import type { HttpClient } from '../../../src/pipeline/httpClient.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { CallOptions } from '../../../src/contract/call.ts';
import { clientOf, endpoint, inProcess, recipe } from '../../../src/services/endpoint.ts';
import type { RouteInput } from '../../../src/web/route.ts';
import { errorOf } from '../../support/errorOf.ts';

const id = z.string().regex(/^\d+$/u, 'must be a number');
const thing = z.looseObject({ id: z.string() });

const getThing = endpoint({
  name: 'get_thing',
  route: 'GET /shelves/:shelf/things/:id',
  summary: 'Get a thing',
  params: { shelf: id, id },
  query: z.strictObject({ full: z.boolean().optional() }),
  answer: thing,
  problems: [404],
  upstream: ({ params, query }) => ({ path: upstreamPath`/s/${params.shelf}/t/${params.id}`, query: { ...query } }),
  idempotency: 'safe',
});

const putThing = endpoint({
  name: 'put_thing',
  route: 'PUT /things/:id',
  method: 'PATCH',
  summary: 'Put a thing',
  params: { id },
  body: z.strictObject({ colour: z.string() }),
  answer: thing,
  replies: z.looseObject({ id: z.string(), put: z.literal(true) }),
  reply: (answer, { params }) => ({ ...answer, put: true, asked: params.id }),
  status: 201,
  upstream: ({ params, body }) => ({ path: upstreamPath`/t/${params.id}`, body }),
  idempotency: 'natural',
  queue: {},
});

const findThings = recipe({
  route: 'POST /things/find',
  summary: 'Find things',
  scope: 'read',
  body: z.strictObject({ ids: z.array(id) }),
  answer: z.looseObject({ rows: z.array(thing) }),
  run: (_http, { body }) => Promise.resolve({ rows: body.ids.map((each) => ({ id: each })) }),
  statusOf: ({ rows }) => (rows.length > 1 ? 207 : 200),
});

const countThings = inProcess(
  { name: 'count_things', method: 'GET', idempotency: 'safe', answer: z.looseObject({ count: z.int() }) },
  (shelf: string) => ({ path: upstreamPath`/s/${shelf}/count` }),
);

const endpoints = { getThing, putThing, findThings, countThings };
const health = { operation: getThing.operation, request: { path: upstreamPath`/s/1/t/1` } };

describe('endpoint', () => {
  let sent: unknown[];
  let http: HttpClient;

  beforeEach(() => {
    sent = [];
    const answer =
      (how: string) =>
      (operation: { readonly name: string; readonly method: string }, request: object, options?: CallOptions): Promise<unknown> => {
        sent.push([how, operation.method, operation.name, request, options]);
        return Promise.resolve({ id: '7' });
      };
    http = { send: answer('send'), write: answer('write'), healthCheck: answer('health') } as unknown as HttpClient;
  });

  const ask = (routeOf: typeof getThing.routeOf, input: Partial<RouteInput<unknown, unknown, unknown>>) => {
    const route = routeOf?.('shop', http);
    return { route, reply: Promise.resolve(route?.handle({ params: {}, call: {}, ...input } as RouteInput<never, never, never>)) };
  };

  it('gives a method that takes path parts, body, query and options in this order', async () => {
    const client = clientOf(endpoints, health, http);
    const options = { strict: true };

    await client.getThing('1', '7', { full: true }, options);
    await client.putThing('7', { colour: 'red' }, options);

    expect(sent).to.deep.equal([
      ['send', 'GET', 'get_thing', { path: '/s/1/t/7', query: { full: true } }, options],
      ['write', 'PATCH', 'put_thing', { path: '/t/7', body: { colour: 'red' } }, options],
    ]);
  });

  it('refuses a path part that its schema does not take, by name, before anything is sent', async () => {
    const client = clientOf(endpoints, health, http);

    const refused = await errorOf(client.getThing('1', '../7'), InvalidRequestError);

    expect(refused.message).to.equal('id must be a number');
    expect(sent).to.deep.equal([]);
  });

  it('gives a route with the scope of its method, its schemas, and the reply that callers get', async () => {
    const { route, reply } = ask(putThing.routeOf, { params: { id: '7' }, body: { colour: 'red' } });

    expect(route).to.deep.include({ method: 'put', path: '/things/:id', scope: 'shop:write', status: 201, queueable: true });
    expect(route?.params?.safeParse({ id: 'seven' }).success).to.equal(false);
    expect(await reply).to.deep.equal({ body: { id: '7', put: true, asked: '7' } });
  });

  it('lets a recipe decide its scope and, by its result, the status', async () => {
    const { route, reply } = ask(findThings.routeOf, { body: { ids: ['1', '2'] } });

    expect(route).to.include({ method: 'post', scope: 'shop:read' });
    expect(await reply).to.deep.equal({ status: 207, body: { rows: [{ id: '1' }, { id: '2' }] } });
  });

  it('has no route for what only this process may call', async () => {
    const { count } = clientOf({ count: countThings }, health, http);

    await count('1', { strict: true });

    expect(countThings.routeOf).to.equal(undefined);
    expect(sent).to.deep.equal([['send', 'GET', 'count_things', { path: '/s/1/count' }, { strict: true }]]);
  });

  it('gives every client its health check', async () => {
    await clientOf(endpoints, health, http).healthCheck();

    expect(sent).to.have.nested.property('[0][2]', 'get_thing');
  });
});
