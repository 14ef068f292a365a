import { expect } from 'chai';
import { isQueued } from '../../../../src/contract/call.ts';
import { openApiDocument } from '../../../../src/web/openapi.ts';
import type { Reply, Route } from '../../../../src/web/route.ts';
import { json, scriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';
import { simulatedWire } from '../../../support/simulatedWire.ts';
import { mail, sendgridHouse, type SendgridHouse, simulatedSendgrid } from './simulatedSendgrid.ts';

const JANE = 'jane_doe@example.com';

interface Parts {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly call?: unknown;
}

describe('routes of SendGrid', () => {
  let house: SendgridHouse;
  let pass: (ms: number) => void;

  const routesOverSimulator = (): readonly Route[] => {
    const simulated = simulatedSendgrid();
    ({ pass } = simulated);
    house = sendgridHouse(simulatedWire(simulated.simulator));
    return house.routes;
  };

  const named = (routes: readonly Route[], where: string): Route => {
    const found = routes.find(({ method, path }) => `${method} ${path}` === where);
    if (found === undefined) throw new Error(`no route ${where}`);
    return found;
  };

  /** As the web does: the input validated by the route's schemas. */
  const ask = async (routes: readonly Route[], where: string, { params = {}, query = {}, body, call = {} }: Parts = {}): Promise<Reply> => {
    const found = named(routes, where);
    const input = {
      params: found.params?.parse(params),
      query: found.query?.parse(query),
      body: found.body?.parse(body),
      call,
      caller: { id: 'test', scopes: new Set<string>() },
    };
    return found.handle(input as never);
  };

  afterEach(() => {
    house.close();
  });

  it('are the documented ones, reads and writes under their scopes, and say which writes may wait', () => {
    const waiting = (queueable: boolean | undefined): string => (queueable === true ? ' (may wait)' : '');
    const listed = routesOverSimulator().map(({ method, path, scope, queueable }) => `${scope} ${method} ${path}${waiting(queueable)}`);

    expect(listed).to.deep.equal([
      'sendgrid:read get /scopes',
      'sendgrid:write post /mail/send (may wait)',
      'sendgrid:write post /mail/batch',
      'sendgrid:read post /contacts/find',
      'sendgrid:read post /contacts/batch',
      'sendgrid:read get /contacts/by-email/:email',
      'sendgrid:read get /contacts/imports/:jobId',
      'sendgrid:read get /contacts/:id',
      'sendgrid:write put /contacts (may wait)',
      'sendgrid:write post /contacts/bulk',
      'sendgrid:write post /contacts/delete (may wait)',
      'sendgrid:write delete /contacts/:id (may wait)',
      'sendgrid:read get /lists',
      'sendgrid:write post /lists',
      'sendgrid:write delete /lists/:listId/contacts/:contactId (may wait)',
      'sendgrid:read get /suppressions/:kind',
      'sendgrid:read get /suppressions/global/:email',
      'sendgrid:write post /suppressions/global (may wait)',
      'sendgrid:write delete /suppressions/global/:email (may wait)',
      'sendgrid:write post /suppressions/groups/:groupId (may wait)',
    ]);
  });

  it('answer 202 to a write that may wait only where it waits', () => {
    const queueable = routesOverSimulator().filter((found) => found.queueable === true);

    expect(queueable.map(({ status }) => status)).to.not.include(202);
  });

  it('have a document of their own kind', () => {
    const group = { name: 'sendgrid', title: 'SendGrid', prefix: '/api/sendgrid', routes: routesOverSimulator() };

    const document = openApiDocument({ version: '1.2.3', groups: [group] });

    expect(document).to.have.nested.property('paths./api/sendgrid/mail/send.post.responses').that.includes.keys('200', '202');
    expect(document).to.have.nested.property('paths./api/sendgrid/contacts/bulk.post.responses').that.includes.keys('202');
  });

  it('accept an upsert with the place where its job can be watched, and tell how it ended', async () => {
    const routes = routesOverSimulator();

    const upserted = await ask(routes, 'put /contacts', { body: { email: 'new@example.com' } });
    const jobId = (upserted.body as { readonly job_id: string }).job_id;
    const before = await ask(routes, 'get /contacts/imports/:jobId', { params: { jobId } });
    pass(2_000);
    const after = await ask(routes, 'get /contacts/imports/:jobId', { params: { jobId } });
    const found = await ask(routes, 'get /contacts/by-email/:email', { params: { email: 'new@example.com' } });

    expect(upserted.headers).to.deep.equal({ Location: `/api/sendgrid/contacts/imports/${jobId}` });
    expect([before.body, after.body].map((body) => (body as { readonly outcome: string }).outcome)).to.deep.equal(['running', 'succeeded']);
    expect(found.body).to.include({ email: 'new@example.com' });
  });

  it('answer a bulk upsert by 202 where all rows went, and by 207 where some did not', async () => {
    const routes = routesOverSimulator();
    const send = (...contacts: readonly unknown[]) => ask(routes, 'post /contacts/bulk', { body: { contacts } });

    const all = await send({ email: 'a@example.com' });
    const some = await send({ email: 'a@example.com' }, { email: 'b' });
    const none = await send({});

    expect([all.status, some.status, none.status]).to.deep.equal([202, 207, 207]);
    expect([all, some, none].map(({ headers }) => headers !== undefined)).to.deep.equal([true, true, false]);
  });

  it('serve every read and write of the simulated account', async () => {
    const routes = routesOverSimulator();
    const { contacts } = (await ask(routes, 'post /contacts/find', { body: { emails: [JANE] } })).body as {
      readonly contacts: readonly { readonly id: string; readonly list_ids: readonly string[] }[];
    };
    const [{ id, list_ids: [listId] } = { id: '', list_ids: [] }] = contacts;

    const bodies = [
      await ask(routes, 'get /contacts/:id', { params: { id } }),
      await ask(routes, 'post /contacts/batch', { body: { ids: [id] } }),
      await ask(routes, 'delete /lists/:listId/contacts/:contactId', { params: { listId, contactId: id } }),
      await ask(routes, 'delete /contacts/:id', { params: { id } }),
      await ask(routes, 'post /contacts/delete', { body: { ids: [id] } }),
      await ask(routes, 'get /lists', { query: { page_size: '1' } }),
      await ask(routes, 'post /lists', { body: { name: 'Ours' } }),
      await ask(routes, 'get /scopes'),
      await ask(routes, 'post /mail/batch'),
      await ask(routes, 'post /suppressions/global', { body: { recipient_emails: [JANE] } }),
      await ask(routes, 'post /suppressions/groups/:groupId', { params: { groupId: '12345' }, body: { recipient_emails: [JANE] } }),
    ].map(({ body }) => body);
    const suppressed = await ask(routes, 'get /suppressions/global/:email', { params: { email: JANE } });
    const removed = await ask(routes, 'delete /suppressions/global/:email', { params: { email: JANE } });
    const bounces = await ask(routes, 'get /suppressions/:kind', { params: { kind: 'bounces' }, query: { limit: '10' } });

    for (const body of bodies) expect(body).to.be.an('object');
    expect(suppressed.body).to.deep.equal({ email: JANE, suppressed: true });
    expect(removed.body).to.deep.equal({ removed: true });
    expect(bounces.body).to.be.an('array').with.length(1);
  });

  it('hand a queued write on as it is', async () => {
    house = sendgridHouse(scriptedWire(json(202, { job_id: 'j-1' })).transport, { queue: rememberingQueue() });
    const routes = house.routes;
    const call = { queue: { owner: 'key_1', atOnce: true } };

    const replies = [
      await ask(routes, 'post /mail/send', { body: mail, call }),
      await ask(routes, 'put /contacts', { body: { email: JANE }, call }),
      await ask(routes, 'delete /suppressions/global/:email', { params: { email: JANE }, call }),
    ];

    expect(replies.map(({ body }) => isQueued(body))).to.deep.equal([true, true, true]);
    expect(replies[1]?.headers).to.equal(undefined);
  });

  it('take the largest bulk and mail that they promise', () => {
    const routes = routesOverSimulator();

    expect(named(routes, 'post /contacts/bulk').maxBodyBytes).to.equal(6_000_000);
    expect(named(routes, 'post /mail/send')).to.include({ maxBodyBytes: 10_000_000 });
  });
});
