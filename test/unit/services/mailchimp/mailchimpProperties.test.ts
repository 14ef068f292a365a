import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { MailchimpClient } from '../../../../src/services/mailchimp/mailchimpClient.ts';
import { LIST as SIMULATED_LIST, simulatedMailchimp } from './simulatedMailchimp.ts';
import { httpHouse, scriptedWire, type HttpHouse, type ScriptedWire } from '../../../support/httpHouse.ts';

/** In every answer; must be in no message. */
const SECRET = 'ada.lovelace@example.com';
const LIST = '16ed227135';

type Call = (client: MailchimpClient, id: string, email: string, value: unknown) => Promise<unknown>;

/** Every operation, its ids and body left to chance. */
const calls: Readonly<Record<string, Call>> = {
  ping: (client) => client.ping(),
  listLists: (client, _id, _email, value) => client.listLists({ offset: typeof value === 'number' ? value : 0 }),
  listMembers: (client, id, _email, value) => client.listMembers(id, { since_last_changed: typeof value === 'string' ? value : '' }),
  getMember: (client, id, email) => client.getMember(id, email),
  createMember: (client, id, _email, value) => client.createMember(id, value as never),
  upsertMember: (client, id, email, value) => client.upsertMember(id, email, value as never),
  updateMember: (client, id, email, value) => client.updateMember(id, email, value as never),
  archiveMember: (client, id, email) => client.archiveMember(id, email),
  tagMember: (client, id, email, value) => client.tagMember(id, email, value as never),
  upsertMembers: (client, id, _email, value) => client.upsertMembers(id, value as never),
  startBatch: (client, id, email, value) =>
    client.startBatch({ operations: [{ operation: 'upsert_member', list_id: id, email_address: email, member: value as never }] }),
  getBatch: (client, id) => client.getBatch(id),
};

/** What a path below the prefix may look like: no operation reaches anything else. */
const ALLOWED = /^\/3\.0\/(?:ping|lists(?:\/[0-9a-f]{10}(?:\/members(?:\/[0-9a-f]{32}(?:\/tags)?)?)?)?|batches(?:\/[A-Za-z0-9]{1,64})?)$/u;

const neverOpens = { detection: { strategy: 'consecutive', failures: 100_000 } } as const;

const pathsOf = ({ origin, path, body }: HttpRequest): readonly string[] => {
  const url = new URL(`${origin}${path}`);
  expect(url.host).to.equal('us19.api.mailchimp.com');
  if (url.pathname !== '/3.0/batches') return [url.pathname];
  const { operations } = JSON.parse(body ?? '{}') as { readonly operations: readonly { readonly path: string }[] };
  return [url.pathname, ...operations.map((operation) => new URL(`https://x.test/3.0${operation.path}`).pathname)];
};

describe('any use of Mailchimp', () => {
  let house: HttpHouse;
  let wire: ScriptedWire;
  let client: MailchimpClient;

  beforeEach(() => {
    wire = scriptedWire({ status: 404, headers: {}, body: '{"title":"Resource Not Found"}' });
    house = httpHouse(wire.transport, {
      classify: mailchimp.classify,
      target: targetFrom(mailchimp.baseUrl, {}),
      policy: { retry: { maxAttempts: 1 }, circuit: neverOpens },
    });
    client = mailchimp.mount(house.http).client;
  });

  afterEach(() => {
    house.close();
  });

  const settled = async (call: Promise<unknown>): Promise<unknown> => {
    house.cache.clear();
    return call.then(
      () => 'value',
      (error: unknown) => error,
    );
  };

  it('builds a URL of its own operations or is refused, whatever the ids and bodies', async function () {
    this.timeout(30_000);
    const nasty = fc.array(fc.constantFrom('.', '..', '/', '\\', '%2f', '?', '#', '@', 'a', '1', '\0', '\ud800', '\n', ' '), {
      maxLength: 10,
    });
    const id = fc.oneof(
      fc.string({ unit: 'binary' }),
      nasty.map((parts) => parts.join('')),
      fc.constantFrom(LIST, `${LIST}/..`, '8b2428d747'),
    );
    const email = fc.oneof(fc.emailAddress(), id, fc.constantFrom('../@x', 'a/../../b@x', 'a?b#c@x'));
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constant({ status: 'pending' }),
      fc.constant({ members: [{ email_address: SECRET, status: 'pending' }] }),
    );
    const seen = { sent: 0, refused: 0 };

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(calls)), id, email, value, async (name, ...input) => {
        const before = wire.sent.length;

        const outcome = await settled(calls[name]?.(client, ...input) ?? Promise.resolve());

        const requests = wire.sent.slice(before);
        for (const path of requests.flatMap(pathsOf)) expect(path).to.match(ALLOWED);
        if (requests.length === 0) expect(outcome, name).to.be.instanceOf(InvalidRequestError);
        seen[requests.length === 0 ? 'refused' : 'sent'] += 1;
      }),
      { numRuns: 800 },
    );
    expect(seen.sent).to.be.above(100);
    expect(seen.refused).to.be.above(100);
  });

  it('ends in a value or in an error of ours that repeats nothing of the answer, whatever it is', async function () {
    this.timeout(30_000);
    const field = fc.constantFrom(
      'title',
      'detail',
      'errors',
      'field',
      'id',
      'members',
      'lists',
      'new_members',
      'error',
      'email_address',
      '__proto__',
      SECRET,
    );
    const text = fc.oneof(fc.string(), fc.constantFrom(SECRET, 'Member Exists', 'Resource Not Found', `${SECRET} looks fake or invalid`));
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(field, tie('json'), { maxKeys: 5 }),
      ),
    }));
    const body = fc.oneof(
      json.map((value) => JSON.stringify(value)),
      fc.constantFrom('', 'null', SECRET, `<html>${SECRET}</html>`, `"${SECRET.repeat(20_000)}"`),
    );
    const status = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(200, 204, 400, 401, 403, 404, 405, 429, 500, 503));
    const answer: fc.Arbitrary<HttpResponse> = fc.record({
      status,
      headers: fc.dictionary(fc.constantFrom('retry-after', 'content-type'), text),
      body,
    });
    const seen = { values: 0, errors: 0 };

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(calls)), answer, async (name, reply) => {
        wire.replyWith(reply);
        const value =
          name === 'upsertMembers' ? { members: [{ email_address: 'x@example.com', status: 'pending' }] } : { status: 'pending' };

        const outcome = await settled(
          calls[name]?.(client, name === 'getBatch' ? '8b2428d747' : LIST, 'x@example.com', value) ?? Promise.resolve(),
        );

        if (outcome === 'value') seen.values += 1;
        else {
          expect(outcome, name).to.be.instanceOf(GatewayError);
          const error = outcome as GatewayError;
          expect(JSON.stringify([error.message, { ...error, cause: undefined }])).to.not.include(SECRET);
          seen.errors += 1;
        }
      }),
      { numRuns: 800, examples: [['ping', { status: 200, headers: {}, body: '{"health_status":"well"}' }]] },
    );
    expect(house.listenerErrors).to.deep.equal([]);
    expect(seen.values).to.be.above(0);
    expect(seen.errors).to.be.above(300);
  });
});

describe('the simulated Mailchimp asked anything', () => {
  it('has an answer, whatever the path and the body', () => {
    const member = `/lists/${SIMULATED_LIST}/members`;
    const where = fc
      .constantFrom('', 'PUT', 'POST', 'PATCH', 'DELETE', 'GET')
      .chain((method) =>
        fc
          .constantFrom(
            '/lists',
            `/lists/${SIMULATED_LIST}`,
            member,
            `${member}/ada@example.com`,
            `${member}/ada@example.com/tags`,
            '/batches',
            '/%',
          )
          .map((path) => `${method} ${path}?fields=lists.,.,&count=x&offset=-1&status=&since_last_changed=x`),
      );
    const name = fc.constantFrom(
      'email_address',
      'status',
      'tags',
      'members',
      'operations',
      'method',
      'path',
      'params',
      'merge_fields',
      'toString',
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('x@example.com', 'subscribed', 'GET', '/ping', '', 7, null),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(name, tie('json'), { maxKeys: 6 }),
      ),
    }));
    const { simulator, ask, pass } = simulatedMailchimp();
    const statuses = new Set<number>();

    fc.assert(
      fc.property(where, json, (target, body) => {
        statuses.add(ask(target, body).status);
        pass(500);
      }),
      { numRuns: 1_000, examples: [[`GET ${member}`, null]] },
    );
    simulator.reset();

    expect([...statuses]).to.include.members([200, 400, 404, 405]);
  });
});
