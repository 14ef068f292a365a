import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import {
  CircuitOpenError,
  OutcomeUnknownError,
  UpstreamContractBrokenError,
  UpstreamRejectedError,
} from '../../../../src/errors/upstreamErrors.ts';
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { MailchimpClient } from '../../../../src/services/mailchimp/mailchimpClient.ts';
import { subscriberHash } from '../../../../src/services/mailchimp/mailchimpEndpoints.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { httpHouse, json, scriptedWire, type HttpHouse, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';

const LIST = '16ed227135';
const EMAIL = 'Person.One+save@Example.com';
const HASH = '8756ab99ee543655b16845c8a0876f89';
const noContent: HttpResponse = { status: 204, headers: {}, body: '' };
const notFound = json(404, { title: 'Resource Not Found', status: 404, detail: 'The requested resource could not be found.' });
const record = { id: HASH, email_address: EMAIL, status: 'subscribed' };

const MEMBER_PATH = `/lists/${LIST}/members/${HASH}`;
const FIELDS =
  'list_id,total_items,members.id,members.email_address,members.unique_email_id,members.contact_id,members.full_name,members.web_id,' +
  'members.email_type,members.status,members.merge_fields,members.timestamp_signup,members.timestamp_opt,members.member_rating,' +
  'members.last_changed,members.language,members.vip,members.tags_count,members.tags,members.list_id';

const calls: readonly (readonly [string, (client: MailchimpClient) => Promise<unknown>, string])[] = [
  ['ping', (client) => client.ping(), 'GET /ping'],
  ['listLists', (client) => client.listLists({ count: 20, offset: 40 }), 'GET /lists?count=20&offset=40'],
  [
    'listMembers',
    (client) => client.listMembers(LIST, { status: 'pending' }),
    `GET /lists/${LIST}/members?status=pending&fields=${FIELDS}`,
  ],
  ['getMember', (client) => client.getMember(LIST, EMAIL), `GET ${MEMBER_PATH}`],
  [
    'createMember',
    (client) => client.createMember(LIST, { email_address: EMAIL, status: 'pending', tags: ['A'] }),
    `POST /lists/${LIST}/members {"email_address":"${EMAIL}","status":"pending","tags":["A"]}`,
  ],
  [
    'upsertMember',
    (client) => client.upsertMember(LIST, EMAIL, { status_if_new: 'pending' }, { skip_merge_validation: true }),
    `PUT ${MEMBER_PATH}?skip_merge_validation=true {"email_address":"${EMAIL}","status_if_new":"pending"}`,
  ],
  ['updateMember', (client) => client.updateMember(LIST, EMAIL, { vip: true }), `PATCH ${MEMBER_PATH} {"vip":true}`],
  [
    'tagMember',
    (client) => client.tagMember(LIST, EMAIL, { tags: [{ name: 'A', status: 'inactive' }], is_syncing: true }),
    `POST ${MEMBER_PATH}/tags {"tags":[{"name":"A","status":"inactive"}],"is_syncing":true}`,
  ],
  [
    'upsertMembers',
    (client) => client.upsertMembers(LIST, { members: [{ email_address: EMAIL, status: 'subscribed' }], sync_tags: true }),
    `POST /lists/${LIST} {"members":[{"email_address":"${EMAIL}","status":"subscribed"}],"update_existing":true,"sync_tags":true}`,
  ],
  ['getBatch', (client) => client.getBatch('8b2428d747'), 'GET /batches/8b2428d747'],
];

const lineOf = ({ method, path, body }: HttpRequest): string =>
  `${method} ${path.replace('/3.0', '')}${body === undefined ? '' : ` ${body}`}`;

describe('MailchimpClient', () => {
  let house: HttpHouse;
  let wire: ScriptedWire;

  const clientOver = (...replies: readonly Reply[]): MailchimpClient => {
    wire = scriptedWire(...replies);
    house = httpHouse(wire.transport, {
      classify: mailchimp.classify,
      target: targetFrom(mailchimp.baseUrl, mailchimp.authenticate('key-us19')),
      policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 1 } } },
    });
    return mailchimp.mount(house.http).client;
  };

  afterEach(() => {
    house.close();
  });

  for (const [method, call, line] of calls) {
    it(`sends ${method} as Mailchimp documents it`, async () => {
      const client = clientOver(notFound);

      await errorOf(call(client), UpstreamRejectedError);

      expect(wire.sent.map(lineOf)).to.deep.equal([line]);
      expect(wire.sent[0]?.origin).to.equal('https://us19.api.mailchimp.com');
    });
  }

  it('names a member by the MD5 of the address in lower case, plus sign and all', () => {
    expect(subscriberHash(EMAIL)).to.equal(HASH);
    expect(subscriberHash('person.one@example.com')).to.not.equal(HASH);
  });

  for (const id of ['', '..', '../lists', '16ed227135/members', '16ed227135?x=1', '16ed22713\u0000', 'a'.repeat(10_000)]) {
    it(`refuses the list id ${JSON.stringify(id.slice(0, 20))} (${String(id.length)} characters) before sending`, async () => {
      const client = clientOver(json(200, record));

      await errorOf(client.getMember(id, EMAIL), InvalidRequestError);
      await errorOf(client.createMember(id, { email_address: EMAIL, status: 'pending' }), InvalidRequestError);
      await errorOf(client.upsertMembers(id, { members: [{ email_address: EMAIL, status: 'pending' }] }), InvalidRequestError);
      await errorOf(client.getBatch(`${id}/`), InvalidRequestError);

      expect(wire.sent).to.deep.equal([]);
    });
  }

  it('refuses addresses that are none, of a write as of a read', async () => {
    const client = clientOver(json(200, record));

    for (const email of ['', 'ada', 'a b@example.com', 'a@b\n', '\ud800@b']) {
      await errorOf(client.getMember(LIST, email), InvalidRequestError);
      await errorOf(client.archiveMember(LIST, email), InvalidRequestError);
    }

    expect(wire.sent).to.deep.equal([]);
  });

  it('leaves out the description of the API beside every record, and lets unknown fields pass', async () => {
    const links = { _links: [{ rel: 'self' }] };
    const list = { id: LIST, name: 'News' };
    const client = clientOver(
      json(200, { ...record, ...links, brand_new: 1 }),
      json(200, { members: [{ ...record, ...links }], total_items: 1, ...links }),
      json(200, { lists: [{ ...list, ...links }], total_items: 1, ...links }),
    );

    expect(await client.getMember(LIST, EMAIL)).to.deep.equal({ ...record, brand_new: 1 });
    expect(await client.listMembers(LIST)).to.deep.equal({ members: [record], total_items: 1 });
    expect(await client.listLists()).to.deep.equal({ lists: [list], total_items: 1 });
  });

  it('names the field that an answer lacks', async () => {
    const client = clientOver(json(200, { id: HASH, email_address: EMAIL }));

    const error = await errorOf(client.getMember(LIST, EMAIL), UpstreamContractBrokenError);

    expect(error.fields).to.deep.equal(['status']);
  });

  it('archives a member, and takes the refusal of a repeat for what it means', async () => {
    const client = clientOver(noContent, notFound, json(405, { title: 'Method Not Allowed', status: 405 }));

    expect(await client.archiveMember(LIST, EMAIL)).to.deep.equal({ archived: true });
    expect(await client.archiveMember(LIST, EMAIL)).to.deep.equal({ archived: true, already: true });
    expect(await client.archiveMember(LIST, EMAIL)).to.deep.equal({ archived: true, already: true });
    expect(client.getCircuitState().state).to.equal('closed');
  });

  it('does not take a page of markup for a tag that was set', async () => {
    const client = clientOver({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Maintenance</html>' });

    await errorOf(client.tagMember(LIST, EMAIL, { tags: [{ name: 'A', status: 'active' }] }), UpstreamContractBrokenError);
  });

  it('keeps the circuit closed through any number of refused addresses', async () => {
    const refusal = json(400, { title: 'Member In Compliance State', status: 400, detail: `${EMAIL} is in a compliance state` });
    const client = clientOver(refusal);

    for (let turn = 0; turn < 5; turn += 1)
      await errorOf(client.upsertMember(LIST, EMAIL, { status: 'subscribed' }), UpstreamRejectedError);

    expect(client.getCircuitState().state).to.equal('closed');
  });

  it('says that the outcome of creating a member is unknown after a server error, and then asks no more', async () => {
    const client = clientOver(json(500, { title: 'Internal Server Error', status: 500 }));

    await errorOf(client.createMember(LIST, { email_address: EMAIL, status: 'pending' }), OutcomeUnknownError);
    await errorOf(client.ping(), CircuitOpenError);

    expect(wire.sent).to.have.length(1);
  });

  it('caches lists, and never a member', async () => {
    const client = clientOver(json(200, { lists: [], total_items: 0 }), json(200, { lists: [], total_items: 0 }), json(200, record));

    await client.listLists();
    const second = await client.listLists();
    await client.listLists({}, { refresh: true });
    await client.getMember(LIST, EMAIL);
    await client.getMember(LIST, EMAIL);

    expect(second).to.have.property('_cached', true);
    expect(wire.sent).to.have.length(4);
  });

  it('reports its health by a ping, its circuit and its figures', async () => {
    const client = clientOver(json(200, { health_status: "Everything's Chimpy!" }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(wire.sent.map(lineOf)).to.deep.equal(['GET /ping']);
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});
