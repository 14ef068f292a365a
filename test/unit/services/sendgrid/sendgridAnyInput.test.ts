import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import type { HttpResponse } from '../../../../src/wire/transport.ts';
import type { SendgridClient } from '../../../../src/services/sendgrid/sendgridClient.ts';
import { json, scriptedWire, type ScriptedWire } from '../../../support/httpHouse.ts';
import { mail, sendgridHouse, type SendgridHouse, simulatedSendgrid } from './simulatedSendgrid.ts';

type Call = (client: SendgridClient, id: string, email: string, body: never) => Promise<unknown>;

/** Every operation with something of the caller's in it, and where its requests may go. */
const operations: readonly (readonly [name: string, place: RegExp, call: Call])[] = [
  ['sendMail', /^\/v3\/mail\/send$/u, (client, _id, _email, body) => client.sendMail(body)],
  ['upsertContact', /^\/v3\/marketing\/contacts$/u, (client, _id, _email, body) => client.upsertContact(body)],
  ['upsertContacts', /^\/v3\/marketing\/contacts$/u, (client, _id, _email, body) => client.upsertContacts({ contacts: [body] })],
  ['getImport', /^\/v3\/marketing\/contacts\/imports\/[\w-]+$/u, (client, id) => client.getImport(id)],
  ['findContacts', /^\/v3\/marketing\/contacts\/search\/emails$/u, (client, _id, email) => client.findContacts({ emails: [email] })],
  ['getContacts', /^\/v3\/marketing\/contacts\/batch$/u, (client, id) => client.getContacts({ ids: [id] })],
  ['getContact', /^\/v3\/marketing\/contacts\/[\w-]+$/u, (client, id) => client.getContact(id)],
  ['deleteContacts', /^\/v3\/marketing\/contacts\?ids=[\w-]+$/u, (client, id) => client.deleteContacts({ ids: [id] })],
  ['listLists', /^\/v3\/marketing\/lists(?:\?|$)/u, (client, _id, _email, body) => client.listLists(body)],
  ['createList', /^\/v3\/marketing\/lists$/u, (client, id) => client.createList({ name: id })],
  ['removeFromList', /^\/v3\/marketing\/lists\/[\w-]+\/contacts\?contact_ids=[\w-]+$/u, (client, id) => client.removeFromList(id, [id])],
  [
    'listSuppressions',
    /^\/v3\/suppression\/(?:bounces|blocks)(?:\?|$)/u,
    (client, id, _email, body) => client.listSuppressions(id === 'l-1' ? 'bounces' : id, body),
  ],
  ['isSuppressed', /^\/v3\/asm\/suppressions\/global\/[^/?#]+$/u, (client, _id, email) => client.isSuppressed(email)],
  ['suppress', /^\/v3\/asm\/suppressions\/global$/u, (client, _id, email) => client.suppress({ recipient_emails: [email] })],
  ['unsuppress', /^\/v3\/asm\/suppressions\/global\/[^/?#]+$/u, (client, _id, email) => client.unsuppress(email)],
  [
    'suppressInGroup',
    /^\/v3\/asm\/groups\/\d+\/suppressions$/u,
    (client, id, email) => client.suppressInGroup(id, { recipient_emails: [email] }),
  ],
];

const steps = ['..', '.', '', '/', '../scopes', 'a/../b', 'a?x=1', 'a#', '%2e%2e', 'a\n', 'a,b', ' '];
const nasty = fc.constantFrom(...steps, 'a@b', '../@x', 'a/../../b@x', '\ud800');
const anyId = fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.constantFrom('7', '12345', 'batch', '5f2c8a10-0001'));
const anyEmail = fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.emailAddress());
const key = fc.constantFrom('email', 'external_id', 'list_ids', 'custom_fields', 'page_token', 'limit', 'personalizations', '__proto__');
const anyValue = fc.oneof(anyEmail, fc.integer(), fc.constant(null));
const anyBody = fc.oneof(fc.dictionary(key, anyValue, { maxKeys: 4 }), fc.constant({ email: 'a@example.com' }));

const SECRET = 'ada.lovelace@example.com';
const refusal = JSON.stringify({
  errors: [
    { message: SECRET, field: SECRET },
    { message: 'access forbidden', field: 'null' },
  ],
});
const jsonBody = fc.oneof(
  fc.json(),
  fc.constantFrom('null', '[]', '{}', refusal, `{"result":{"${SECRET}":7}}`, `{"result":"${SECRET}"}`, `[{"email":7,"x":"${SECRET}"}]`),
);
const anyAnswer: fc.Arbitrary<HttpResponse> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 201, 202, 204, 400, 401, 403, 404, 413, 429, 451, 500, 503), fc.integer({ min: 100, max: 599 })),
  headers: fc.constantFrom({}, { 'content-type': 'text/html' }, { 'x-ratelimit-reset': SECRET }, { 'x-ratelimit-reset': '7' }),
  body: fc.oneof(jsonBody, fc.constantFrom('', `<html>${SECRET}</html>`, SECRET.repeat(20_000)), fc.string()),
});

/** Holds whatever most operations ask for. */
const record = { id: 'l-1', name: 'Ours', job_id: 'j-1', status: 'completed', result: [], recipient_emails: [] };
const good = (name: string): HttpResponse => {
  if (name === 'listSuppressions') return json(200, []);
  if (name === 'unsuppress') return { status: 204, headers: {}, body: '' };
  return json(200, name === 'findContacts' ? { result: {} } : record);
};

/** Sound input for each, so that the answer decides. */
const soundBodies: Readonly<Record<string, unknown>> = {
  sendMail: mail,
  upsertContact: { email: 'a@example.com' },
  upsertContacts: { email: 'a@example.com' },
};
const soundIds: Readonly<Record<string, string>> = { suppressInGroup: '7' };

describe('any input to SendGrid’s client', () => {
  let house: SendgridHouse;
  let wire: ScriptedWire;

  beforeEach(() => {
    wire = scriptedWire(json(400, { errors: [] }));
    const circuit = { detection: { strategy: 'consecutive', failures: 100_000 } } as const;
    house = sendgridHouse(wire.transport, { policy: { retry: { maxAttempts: 1 }, circuit } });
  });

  afterEach(() => {
    house.close();
  });

  const settled = async (call: Promise<unknown>): Promise<unknown> => {
    house.cache.clear();
    return call.catch((error: unknown) => error);
  };

  for (const [name, place, call] of operations) {
    it(`either goes where ${name} of SendGrid belongs or is refused before it is sent`, async () => {
      await fc.assert(
        fc.asyncProperty(anyId, anyEmail, anyBody, async (id, email, body) => {
          const before = wire.sent.length;

          const outcome = await settled(call(house.client, id, email, body as never));

          const sent = wire.sent.slice(before);
          if (outcome instanceof InvalidRequestError) expect(sent).to.deep.equal([]);
          for (const { path, origin } of sent) {
            expect(path).to.match(place);
            expect(new URL(origin + path).pathname).to.equal(path.split('?')[0]);
            expect(origin).to.equal('https://api.sendgrid.com');
          }
          if (sent.length > 0) expect(outcome).to.be.instanceOf(GatewayError);
        }),
        { numRuns: 100 },
      );
    });

    it(`that is sound ends, for ${name}, in a value or in an error of ours that repeats nothing, whatever SendGrid answers`, async () => {
      const seen = { values: 0, errors: 0 };

      await fc.assert(
        fc.asyncProperty(anyAnswer, async (answer) => {
          wire.replyWith(answer);

          const body = soundBodies[name] ?? {};
          const outcome = await settled(call(house.client, soundIds[name] ?? 'l-1', 'a@example.com', body as never));

          if (!(outcome instanceof Error)) {
            seen.values += 1;
            return;
          }
          seen.errors += 1;
          expect(outcome).to.be.instanceOf(GatewayError);
          expect(JSON.stringify([outcome.message, { ...outcome, cause: undefined }])).to.not.include(SECRET);
        }),
        { numRuns: 100, examples: [[good(name)], [{ status: 500, headers: {}, body: SECRET }]] },
      );
      expect(seen.errors).to.be.above(20);
      expect(seen.values).to.be.above(0);
    });
  }
});

describe('the simulated SendGrid asked anything', () => {
  it('has an answer, whatever the path and the body', () => {
    const { simulator, ask, pass } = simulatedSendgrid();
    const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH');
    const places = fc.constantFrom(
      ...['scopes', 'mail/send', 'mail/batch', 'messages', 'marketing/contacts', 'marketing/contacts/search/emails'],
      ...['marketing/contacts/batch', 'marketing/contacts/imports/x', 'marketing/contacts/x'],
      ...['marketing/lists', 'marketing/lists/x/contacts'],
      ...['suppression/bounces', 'asm/suppressions/global', 'asm/suppressions/global/a@b', 'asm/groups/1/suppressions', '%', ''],
    );
    const query = fc.constantFrom('', '?ids=,', '?ids=a&contact_ids=b', '?limit=x&offset=-1&start_time=9', '?page_size=0&page_token=z');
    const lists = ['contacts', 'emails', 'ids', 'list_ids', 'personalizations', 'recipient_emails'];
    const name = fc.constantFrom(...lists, 'email', 'to', 'from', 'toString');
    const { body } = fc.letrec((tie) => ({
      body: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('x@example.com', '', 7, null),
        fc.array(tie('body'), { maxLength: 3 }),
        fc.dictionary(name, tie('body'), { maxKeys: 6 }),
      ),
    }));
    const statuses = new Set<number>();

    fc.assert(
      fc.property(methods, places, query, body, (method, place, asked, sent) => {
        statuses.add(ask(`${method} /v3/${place}${asked}`, sent).status);
        pass(500);
      }),
      { numRuns: 1_000, examples: [['GET', 'scopes', '', null]] },
    );
    simulator.reset();

    expect([...statuses]).to.include.members([200, 400, 404, 405]);
  });
});
