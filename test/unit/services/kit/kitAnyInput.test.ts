import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import type { HttpResponse } from '../../../../src/wire/transport.ts';
import type { KitClient } from '../../../../src/services/kit/kitClient.ts';
import { json, scriptedWire, type ScriptedWire } from '../../../support/httpHouse.ts';
import { kitHouse, type KitHouse } from './kitHouse.ts';

type Call = (client: KitClient, id: string, other: string, body: never) => Promise<unknown>;

/** Every operation with something of the caller's in it, and where its requests may go. */
const operations: readonly (readonly [name: string, prefix: RegExp, call: Call])[] = [
  ['listSubscribers', /^\/v4\/subscribers(?:\?|$)/u, (client, _id, _other, body) => client.listSubscribers(body)],
  ['findSubscribers', /^\/v4\/subscribers\?email_address=/u, (client, _id, other) => client.findSubscribers({ email_addresses: [other] })],
  ['getSubscriber', /^\/v4\/subscribers\/\d+$/u, (client, id) => client.getSubscriber(id)],
  ['upsertSubscriber', /^\/v4\/subscribers$/u, (client, _id, _other, body) => client.upsertSubscriber(body)],
  ['updateSubscriber', /^\/v4\/subscribers\/\d+$/u, (client, id, _other, body) => client.updateSubscriber(id, body)],
  ['unsubscribe', /^\/v4\/subscribers\/\d+\/unsubscribe$/u, (client, id) => client.unsubscribe(id)],
  ['listSubscriberTags', /^\/v4\/subscribers\/\d+\/tags(?:\?|$)/u, (client, id, _other, body) => client.listSubscriberTags(id, body)],
  ['createTag', /^\/v4\/tags$/u, (client, id) => client.createTag({ name: id })],
  ['listFormSubscribers', /^\/v4\/forms\/\d+\/subscribers(?:\?|$)/u, (client, id, _other, body) => client.listFormSubscribers(id, body)],
  ['addToForm', /^\/v4\/forms\/\d+\/subscribers$/u, (client, id, other) => client.addToForm(id, { email_address: other })],
  ['addToTag', /^\/v4\/tags\/\d+\/subscribers(?:\/\d+)?$/u, (client, id, _other, body) => client.addToTag(id, body)],
  ['removeFromTag', /^\/v4\/tags\/\d+\/subscribers(?:\/\d+)?$/u, (client, id, _other, body) => client.removeFromTag(id, body)],
  [
    'subscribe',
    /^\/v4\/(?:subscribers|(?:tags|forms|sequences)\/\d+\/subscribers(?:\/\d+)?)$/u,
    (client, _id, _other, body) => client.subscribe(body),
  ],
  [
    'bulkUpsertSubscribers',
    /^\/v4\/bulk\/subscribers$/u,
    (client, _id, _other, body) => client.bulkUpsertSubscribers({ subscribers: [body] }),
  ],
  ['bulkAddToTag', /^\/v4\/bulk\/tags\/subscribers$/u, (client, id, _other, body) => client.bulkAddToTag(id, { subscriber_ids: body })],
];

const steps = ['..', '.', '', '/', '../account', '1/../2', '1?x=1', '1#', '%2e%2e', '1\n'];
const nasty = fc.constantFrom(...steps, '0', '1e3', '-1', ' 1', 'a@b', 'a@b,c@d', '\ud800');
const anyText = fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.integer().map(String), fc.emailAddress());
const key = fc.constantFrom('email_address', 'subscriber_id', 'tags', 'forms', 'sequences', 'fields', 'status', 'after', '__proto__');
const list = fc.array(fc.oneof(fc.integer({ min: -1, max: 400 }), anyText), { maxLength: 3 });
const value = fc.oneof(anyText, fc.integer(), fc.constant(null), list);
const anyBody = fc.oneof(fc.dictionary(key, value, { maxKeys: 4 }), fc.array(fc.integer(), { maxLength: 3 }));

const SECRET = 'ada.lovelace@example.com';
const goodSubscriber = { id: 1, email_address: SECRET, first_name: 'Ada' };
const jsonValue = fc.oneof(
  fc.json(),
  fc.constantFrom('null', '[]', '{}', `{"subscriber":{"id":"1","email_address":"${SECRET}"}}`, `{"subscribers":"${SECRET}"}`),
  fc.constant(JSON.stringify({ subscriber: goodSubscriber, subscribers: [goodSubscriber], failures: [{ errors: [SECRET] }] })),
);
const anyAnswer: fc.Arbitrary<HttpResponse> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 201, 202, 204, 401, 403, 404, 413, 422, 429, 500), fc.integer({ min: 100, max: 599 })),
  headers: fc.constantFrom({}, { 'content-type': 'text/html' }, { 'content-type': 'application/json' }),
  body: fc.oneof(jsonValue, fc.constantFrom('', 'Retry later', `<html>${SECRET}</html>`, SECRET.repeat(20_000)), fc.string()),
});

const pagination = { has_previous_page: false, has_next_page: false };
const collection = { id: 207, name: 'Customer' };
const subscriber = { id: 1, email_address: 'ada@example.org' };
/** Holds whatever any of the operations asks for. */
const goodAnswer: HttpResponse = {
  status: 200,
  headers: {},
  body: JSON.stringify({ subscriber, subscribers: [subscriber], tag: collection, tags: [collection], pagination, failures: [] }),
};
const badAnswer: HttpResponse = { status: 500, headers: {}, body: SECRET };

/** Sound input for each, so that the answer decides. */
const soundBodies: Readonly<Record<string, unknown>> = {
  addToTag: { subscriber_id: 200 },
  removeFromTag: { subscriber_id: 200 },
  subscribe: { email_address: 'ada@example.org', tags: [207], sequences: [324] },
  bulkUpsertSubscribers: { email_address: 'ada@example.org' },
  bulkAddToTag: [200, 201],
};

describe('any input to Kit', () => {
  let house: KitHouse;
  let wire: ScriptedWire;

  beforeEach(() => {
    wire = scriptedWire(json(404, { errors: ['Not Found'] }));
    house = kitHouse(wire.transport, { secret: 'an-oauth-token', failures: 100_000 });
  });

  afterEach(() => {
    house.close();
  });

  for (const [name, prefix, call] of operations) {
    it(`either goes where ${name} belongs or is refused before it is sent`, async () => {
      await fc.assert(
        fc.asyncProperty(anyText, anyText, anyBody, async (id, other, body) => {
          const before = wire.sent.length;

          const outcome = await call(house.client, id, other, body as never).catch((error: unknown) => error);

          const sent = wire.sent.slice(before);
          if (outcome instanceof InvalidRequestError) expect(sent).to.deep.equal([]);
          else expect(outcome).to.be.instanceOf(GatewayError);
          for (const { path, origin } of sent) {
            expect(path).to.match(prefix);
            expect(origin).to.equal('https://api.kit.com');
          }
        }),
        { numRuns: 100 },
      );
    });

    it(`of ${name} that is sound ends in a value or in an error of ours that repeats nothing, whatever Kit answers`, async () => {
      const seen = { values: 0, errors: 0 };

      await fc.assert(
        fc.asyncProperty(anyAnswer, async (answer) => {
          wire.replyWith(answer);

          const body = soundBodies[name] ?? {};
          const outcome = await call(house.client, '207', 'ada@example.org', body as never).catch((error: unknown) => error);

          if (!(outcome instanceof Error)) {
            seen.values += 1;
            return;
          }
          seen.errors += 1;
          expect(outcome).to.be.instanceOf(GatewayError);
          expect(JSON.stringify([outcome.message, { ...outcome, cause: undefined }])).to.not.include(SECRET);
        }),
        { numRuns: 100, examples: [[goodAnswer], [badAnswer]] },
      );
      expect(seen.errors).to.be.above(20);
      expect(seen.values).to.be.above(0);
    });
  }
});
