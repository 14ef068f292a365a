import { expect } from 'chai';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamContractBrokenError, UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import { isQueued } from '../../../../src/contract/call.ts';
import type { SendgridClient } from '../../../../src/services/sendgrid/sendgridClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, scriptedWire, type HouseParts, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';
import { lineOf } from '../../../support/simulatedWire.ts';
import { mail, sendgridHouse, type SendgridHouse } from './simulatedSendgrid.ts';

const EMAIL = 'Ada+x@example.com';
const ID = '5f2c8a10-0001';
const job = { job_id: 'j-1' };
const noneKnown = json(404, { errors: [{ field: null, message: 'not found' }] });

const calls: readonly (readonly [string, (client: SendgridClient) => Promise<unknown>, unknown, string])[] = [
  ['getScopes', (client) => client.getScopes(), { scopes: [] }, 'GET /v3/scopes'],
  ['createMailBatch', (client) => client.createMailBatch(), { batch_id: 'b' }, 'POST /v3/mail/batch'],
  [
    'upsertContact',
    (client) => client.upsertContact({ email: EMAIL, first_name: 'Ada', list_ids: ['l-1'] }),
    job,
    `PUT /v3/marketing/contacts {"list_ids":["l-1"],"contacts":[{"email":"${EMAIL}","first_name":"Ada"}]}`,
  ],
  ['getImport', (client) => client.getImport('j-1'), { status: 'pending' }, 'GET /v3/marketing/contacts/imports/j-1'],
  [
    'getContacts',
    (client) => client.getContacts({ ids: [ID, ID, 'b'] }),
    { result: [] },
    `POST /v3/marketing/contacts/batch {"ids":["${ID}","b"]}`,
  ],
  ['getContact', (client) => client.getContact(ID), { id: ID }, `GET /v3/marketing/contacts/${ID}`],
  ['deleteContacts', (client) => client.deleteContacts({ ids: [ID, 'b'] }), job, `DELETE /v3/marketing/contacts?ids=${ID},b`],
  ['listLists', (client) => client.listLists({ page_size: 2 }), { result: [] }, 'GET /v3/marketing/lists?page_size=2'],
  ['createList', (client) => client.createList({ name: 'Ours' }), { id: 'l', name: 'Ours' }, 'POST /v3/marketing/lists {"name":"Ours"}'],
  ['removeFromList', (client) => client.removeFromList('l-1', [ID]), job, `DELETE /v3/marketing/lists/l-1/contacts?contact_ids=${ID}`],
  [
    'listSuppressions',
    (client) => client.listSuppressions('spam_reports', { start_time: 1, limit: 5 }),
    [],
    'GET /v3/suppression/spam_reports?start_time=1&limit=5',
  ],
  ['isSuppressed', (client) => client.isSuppressed(EMAIL), {}, 'GET /v3/asm/suppressions/global/Ada%2Bx%40example.com'],
  [
    'suppress',
    (client) => client.suppress({ recipient_emails: [EMAIL] }),
    { recipient_emails: [EMAIL] },
    `POST /v3/asm/suppressions/global {"recipient_emails":["${EMAIL}"]}`,
  ],
  [
    'suppressInGroup',
    (client) => client.suppressInGroup('12345', { recipient_emails: [EMAIL] }),
    { recipient_emails: [EMAIL] },
    `POST /v3/asm/groups/12345/suppressions {"recipient_emails":["${EMAIL}"]}`,
  ],
];

describe('client of SendGrid', () => {
  let wire: ScriptedWire;
  let houses: SendgridHouse[];

  const open = (parts: HouseParts, ...replies: readonly Reply[]): SendgridClient => {
    wire = scriptedWire(...replies);
    const house = sendgridHouse(wire.transport, parts);
    houses.push(house);
    return house.client;
  };

  const clientOver = (...replies: readonly Reply[]): SendgridClient => open({ policy: { retry: { maxAttempts: 1 } } }, ...replies);

  beforeEach(() => {
    houses = [];
  });

  afterEach(() => {
    for (const house of houses) house.close();
  });

  for (const [name, call, answer, sent] of calls) {
    it(`sends ${name} as SendGrid documents it`, async () => {
      const client = clientOver(json(200, answer));

      await call(client);

      expect(wire.sent.map(lineOf)).to.deep.equal([sent]);
      expect(wire.sent[0]).to.have.nested.property('headers.authorization', 'Bearer SG.key.of-ours');
    });
  }

  it('finds contacts in the order asked, whatever the case and the order of the answer', async () => {
    const result = {
      'b@example.com': { contact: { id: '2' } },
      'x@example.com': { error: 'contact not found' },
      'a@example.com': { contact: { id: '1' } },
    };
    const client = clientOver(json(200, { result }));

    const found = await client.findContacts({
      emails: ['A@example.com', 'x@example.com', 'b@example.com', 'a@example.com', 'y@example.com'],
    });

    expect(found).to.deep.equal({ contacts: [{ id: '1' }, { id: '2' }], missing: ['x@example.com', 'y@example.com'], refused: [] });
    const emails = ['a@example.com', 'x@example.com', 'b@example.com', 'y@example.com'];
    expect(wire.sent.map(({ body }) => body)).to.deep.equal([JSON.stringify({ emails })]);
  });

  it('takes the 404 of a search for what it is: none of them is known', async () => {
    const client = clientOver(noneKnown);

    expect(await client.findContacts({ emails: ['x@example.com'] })).to.deep.equal({
      contacts: [],
      missing: ['x@example.com'],
      refused: [],
    });
    const error = await errorOf(client.findContact('x@example.com'), UpstreamRejectedError);
    expect(error).to.include({ status: 404, reason: 'contact_not_found' });
  });

  it('keeps an address that SendGrid would not look up apart from one that it does not know', async () => {
    const client = clientOver(json(200, { result: { 'a@b': { error: 'email is malformed' } } }));

    expect(await client.findContacts({ emails: ['a@b'] })).to.deep.equal({ contacts: [], missing: [], refused: ['a@b'] });
  });

  it('tells a suppressed address from an empty answer', async () => {
    expect(await clientOver(json(200, {})).isSuppressed(EMAIL)).to.deep.equal({ suppressed: false });
    expect(await clientOver(json(200, { recipient_email: EMAIL })).isSuppressed(EMAIL)).to.deep.equal({ suppressed: true });
  });

  it('removes a suppression by an empty 204, once more by a 404, and not by a page', async () => {
    const page = { status: 200, headers: {}, body: '<html></html>' };

    expect(await clientOver({ status: 204, headers: {}, body: '' }).unsuppress(EMAIL)).to.deep.equal({ removed: true });
    expect(await clientOver(noneKnown).unsuppress(EMAIL)).to.deep.equal({ removed: true, already: true });
    await errorOf(clientOver(page).unsuppress(EMAIL), UpstreamContractBrokenError);
  });

  it('never deletes without an id, and sends no id that is another place', async () => {
    const client = clientOver(json(202, job));

    await errorOf(client.deleteContacts({ ids: [] }), InvalidRequestError);
    await errorOf(client.deleteContacts({ ids: ['a,b'] }), InvalidRequestError);
    await errorOf(client.removeFromList('l', []), InvalidRequestError);
    for (const id of ['batch', 'imports', '..', 'a/b', '']) await errorOf(client.getContact(id), InvalidRequestError);

    expect(wire.sent).to.deep.equal([]);
  });

  it('queues a write that meets an open circuit, under the person it writes', async () => {
    const queue = rememberingQueue();
    const circuit = { detection: { strategy: 'consecutive', failures: 1 } } as const;
    const client = open({ queue, policy: { retry: { maxAttempts: 1 }, circuit } }, { status: 500, headers: {}, body: '' });
    await client.getScopes().catch(() => undefined);

    const answers = [await client.upsertContact({ email: EMAIL }), await client.sendMail(mail)];

    expect(answers.map(isQueued)).to.deep.equal([true, true]);
    expect(queue.kept.map(({ operation, entity, mayHaveHappened }) => [operation, entity, mayHaveHappened])).to.deep.equal([
      ['upsert_contact', 'email/ada+x@example.com', false],
      ['send_mail', undefined, false],
    ]);
    expect(wire.sent).to.have.length(1);
  });

  it('goes on with mail while the key lacks the scope for lists, and stops while it is refused', async () => {
    const forbidden = json(403, { errors: [{ field: null, message: 'access forbidden' }] });
    const refused = json(401, { errors: [{ field: null, message: 'authorization required' }] });
    const accepted = { status: 202, headers: {}, body: '' };
    const circuitAfter = async (reply: Reply): Promise<string> => {
      const client = clientOver(reply, reply, reply, accepted);
      for (const name of ['a', 'b', 'c']) await errorOf(client.createList({ name }), GatewayError);
      return client.getCircuitState().state;
    };

    expect(await circuitAfter(forbidden)).to.equal('closed');
    expect(await circuitAfter(refused)).to.equal('open');
  });

  it('reads the limit of each endpoint apart', async () => {
    const limit = (remaining: number) => ({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': String(remaining) });
    const client = clientOver(json(200, { scopes: [] }, limit(599)), json(200, { result: [] }, limit(7)));

    await client.getScopes();
    await client.listLists();

    expect(houses[0]?.quotas).to.deep.equal([
      ['get_scopes', { limit: 600, remaining: 599 }],
      ['list_lists', { limit: 600, remaining: 7 }],
    ]);
  });

  it('reports its health by the scopes, its circuit and its figures', async () => {
    const client = clientOver(json(200, { scopes: ['mail.send'] }));

    expect(await client.healthCheck()).to.include({ healthy: true, state: 'closed' });
    expect(wire.sent.map(lineOf)).to.deep.equal(['GET /v3/scopes']);
    expect(client.getCircuitState().state).to.equal('closed');
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});
