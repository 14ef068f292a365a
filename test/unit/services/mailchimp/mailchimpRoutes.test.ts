import { expect } from 'chai';
import { isQueued, type Queued } from '../../../../src/contract/call.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { Reply, Route } from '../../../../src/web/route.ts';
import { httpHouse, json, scriptedWire, type HttpHouse } from '../../../support/httpHouse.ts';

const LIST = '16ed227135';
const EMAIL = 'ada@example.com';
const member = { email_address: EMAIL, status: 'subscribed' };

interface Parts {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

describe('routes of Mailchimp', () => {
  let house: HttpHouse;

  const routesOver = (...answers: readonly unknown[]): readonly Route[] => {
    const replies = answers.map((answer) => json(200, answer));
    house = httpHouse(scriptedWire(...replies).transport, { classify: mailchimp.classify });
    return mailchimp.mount(house.http).routes;
  };

  const named = (routes: readonly Route[], where: string): Route => {
    const found = routes.find(({ method, path }) => `${method} ${path}` === where);
    if (found === undefined) throw new Error(`no route ${where}`);
    return found;
  };

  /** As the web does: the input validated by the route's schemas. */
  const ask = async (routes: readonly Route[], where: string, { params = { listId: LIST }, query = {}, body }: Parts): Promise<Reply> => {
    const found = named(routes, where);
    const input = {
      params: found.params?.parse(params),
      query: found.query?.parse(query),
      body: found.body?.parse(body),
      call: {},
      caller: { id: 'test', scopes: new Set<string>() },
    };
    return found.handle(input as never);
  };

  afterEach(() => {
    house.close();
  });

  it('are the documented ones, reads and writes under their scopes', () => {
    const listed = routesOver({}).map(({ method, path, scope }) => `${scope.split(':')[1] ?? ''} ${method} ${path}`);

    expect(listed).to.deep.equal([
      'read get /lists',
      'read get /lists/:listId/members',
      'write post /lists/:listId/members',
      'write post /lists/:listId/members/bulk',
      'read get /lists/:listId/members/:email',
      'write put /lists/:listId/members/:email',
      'write patch /lists/:listId/members/:email',
      'write delete /lists/:listId/members/:email',
      'write post /lists/:listId/members/:email/tags',
      'write post /batches',
      'read get /batches/:batchId',
      'read get /ping',
    ]);
  });

  it('may wait in the queue where they write a single member', () => {
    const queueable = routesOver({}).filter((found) => found.queueable === true);

    expect(queueable.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'post /lists/:listId/members',
      'put /lists/:listId/members/:email',
      'patch /lists/:listId/members/:email',
      'delete /lists/:listId/members/:email',
      'post /lists/:listId/members/:email/tags',
    ]);
  });

  it('hand a queued write on as it is', async () => {
    const queued: Queued = {
      queued: true,
      id: 'job_1',
      status: 'queued',
      acceptedAt: '2026-11-21T09:00:00Z',
      expiresAt: '2026-11-22T09:00:00Z',
    };
    routesOver({});
    const waiting = { ...house.http, write: async () => queued };
    const routes = mailchimp.mount(waiting as never).routes;

    const replies = await Promise.all([
      ask(routes, 'post /lists/:listId/members', { body: member }),
      ask(routes, 'put /lists/:listId/members/:email', { params: { listId: LIST, email: EMAIL }, body: { status: 'pending' } }),
      ask(routes, 'delete /lists/:listId/members/:email', { params: { listId: LIST, email: EMAIL } }),
    ]);

    expect(replies.map(({ body }) => isQueued(body))).to.deep.equal([true, true, true]);
  });

  it('answer a bulk write by 200 where all went in, and by 207 where some did not', async () => {
    const good = { new_members: [{ email_address: EMAIL }], updated_members: [], errors: [] };
    const bad = { new_members: [], updated_members: [], errors: [{ email_address: EMAIL, error_code: 'ERROR_CONTACT_EXISTS' }] };
    const routes = routesOver(good, bad);
    const send = () => ask(routes, 'post /lists/:listId/members/bulk', { body: { members: [member] } });

    const [first, second] = [await send(), await send()];

    expect([first.status, second.status]).to.deep.equal([200, 207]);
    expect(second.body).to.deep.equal({
      rows: [{ email_address: EMAIL, outcome: 'failed', reason: 'member_exists' }],
      created: 0,
      updated: 0,
      failed: 1,
    });
  });

  it('accept a batch with the place where it can be watched, and tell how it ended', async () => {
    const counts = { total_operations: 2, finished_operations: 2, errored_operations: 1 };
    const routes = routesOver({ id: '8b2428d747', status: 'pending' }, { id: '8b2428d747', status: 'finished', ...counts });
    const operations = [{ operation: 'archive_member', list_id: LIST, email_address: EMAIL }];

    const started = await ask(routes, 'post /batches', { body: { operations } });
    const ended = await ask(routes, 'get /batches/:batchId', { params: { batchId: '8b2428d747' } });

    expect(named(routes, 'post /batches').status).to.equal(202);
    expect(started.headers).to.deep.equal({ Location: '/api/mailchimp/batches/8b2428d747' });
    expect(ended.body).to.include({ status: 'finished', outcome: 'partly_failed' });
  });

  it('refuse hostile ids and addresses in the path', () => {
    const { params } = named(routesOver({}), 'get /lists/:listId/members/:email');

    for (const listId of ['..', 'a/b', '1'.repeat(10_000), '']) expect(params?.safeParse({ listId, email: EMAIL }).success).to.equal(false);
    for (const email of ['..', 'ada', 'a\u0000@b', '']) expect(params?.safeParse({ listId: LIST, email }).success).to.equal(false);
  });
});
