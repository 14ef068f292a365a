import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { GatewayError } from '../../../src/errors/gatewayError.ts';
import type { Classifier } from '../../../src/contract/classification.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { quotaFrom, type QuotaReader } from '../../../src/pipeline/quota.ts';
import type { HttpResponse } from '../../../src/wire/transport.ts';
import { classifyExploriumAnswer } from '../../../src/services/explorium/exploriumErrors.ts';
import { classifyHubspot } from '../../../src/services/hubspot/hubspotErrors.ts';
import { readHubspotQuota } from '../../../src/services/hubspot/hubspot.ts';
import { classifyKitAnswer } from '../../../src/services/kit/kitErrors.ts';
import { classifyLemlistAnswer } from '../../../src/services/lemlist/lemlistErrors.ts';
import { classifyMailchimpAnswer } from '../../../src/services/mailchimp/mailchimpErrors.ts';
import { httpHouse, scriptedWire, type HttpHouse, type ScriptedWire } from '../../support/httpHouse.ts';
import { thingRequest } from '../../support/httpRig.ts';

/** In every body; must be in no message. */
const SECRET = 'ada.lovelace@example.com';

const noRules: Classifier = () => undefined;
const quotaNames = { limit: 'x-ratelimit-limit', remaining: 'x-ratelimit-remaining' };
const plainQuota: QuotaReader = (headers) => quotaFrom(headers, 'minute', quotaNames);

const answerSchema = z.looseObject({
  id: z.string(),
  results: z.array(z.looseObject({ id: z.string(), properties: z.record(z.string(), z.string().nullable()) })).optional(),
});

/** Cached, so that the answer passes every stage there is. */
const operation: Operation<z.infer<typeof answerSchema>> = {
  name: 'search_things',
  method: 'POST',
  idempotency: 'safe',
  answer: answerSchema,
  cacheForMs: 1,
  staleForMs: 1,
};

const ownFields = fc.constantFrom('id', 'results', 'properties', '__proto__', SECRET);
const fieldsOfErrors = fc.constantFrom('message', 'category', 'errors', 'context', 'policyName', 'status', 'error', 'detail');
const field = fc.oneof(ownFields, fieldsOfErrors);
const text = fc.oneof(fc.string(), fc.constantFrom(SECRET, `Existing ID: 1 ${SECRET} "name":"${SECRET}"`, 'id', 'DAILY', ''));
const leaf = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const { value: anyJson } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(field, tie('value'), { maxKeys: 5 }),
  ),
}));
const jsonBody = anyJson.map((value) => JSON.stringify(value));
const nested = fc
  .tuple(fc.constantFrom('[]', '{"a":}'), fc.constantFrom(10, 600, 20_000))
  .map(([level, levels]) => `${level.slice(0, -1).repeat(levels)}1${level.slice(-1).repeat(levels)}`);

const body = fc.oneof(
  { arbitrary: jsonBody, weight: 8 },
  { arbitrary: jsonBody.map((json) => json.slice(0, json.length / 2)), weight: 1 },
  { arbitrary: fc.constantFrom('', ' ', 'null', SECRET, `<html><body>${SECRET}</body></html>`, `\ufeff{"id":"${SECRET}"}`), weight: 2 },
  { arbitrary: fc.string({ unit: 'binary' }), weight: 1 },
  { arbitrary: fc.constant(`"${SECRET.repeat(50_000)}"`), weight: 1 },
  { arbitrary: nested, weight: 1 },
  { arbitrary: nested.map((deep) => `{"id":"7","more":${deep}}`), weight: 1 },
);
const status = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(200, 400, 401, 402, 404, 409, 422, 429, 477, 500, 503));
const headers = fc.dictionary(
  fc.constantFrom('content-type', 'retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-hubspot-ratelimit-remaining'),
  fc.oneof(fc.string(), fc.constantFrom('0', '-1', '10', '1e9', SECRET, 'text/html', 'Fri, 06 Nov 2026 08:49:47 GMT')),
);
const goodBody = fc.tuple(text, anyJson).map(([id, more]) => JSON.stringify({ id, more, [SECRET]: more }));
const anyAnswer: fc.Arbitrary<HttpResponse> = fc.oneof(
  { arbitrary: fc.record({ status, headers, body }), weight: 4 },
  { arbitrary: fc.record({ status: fc.constant(200), headers, body: fc.oneof(goodBody, body) }), weight: 2 },
);

/** Everything of an error that reaches a log or a caller. */
const told = (error: GatewayError): string => JSON.stringify([error.message, { ...error, cause: undefined }]);

const outcomeOf = async (house: HttpHouse): Promise<unknown> => {
  house.cache.clear();
  return house.http.send(operation, { ...thingRequest, body: {} }).then(
    () => 'value',
    (error: unknown) => error,
  );
};

describe('any answer whatever', () => {
  let wire: ScriptedWire;
  let house: HttpHouse;

  afterEach(() => {
    house.close();
  });

  for (const [whose, classify, readQuota] of [
    ['the general rules', noRules, plainQuota],
    ['HubSpot’s rules', classifyHubspot, readHubspotQuota],
    ['Lemlist’s rules', classifyLemlistAnswer, plainQuota],
    ['Explorium’s rules', classifyExploriumAnswer, plainQuota],
    ['Kit’s rules', classifyKitAnswer, () => []],
    ['Mailchimp’s rules', classifyMailchimpAnswer, () => []],
  ] as const) {
    it(`ends in a value or in an error of ours that repeats nothing of it, by ${whose}`, async function () {
      this.timeout(30_000);
      wire = scriptedWire();
      const neverOpens = { detection: { strategy: 'consecutive', failures: 100_000 } } as const;
      house = httpHouse(wire.transport, { classify, readQuota, policy: { retry: { maxAttempts: 1 }, circuit: neverOpens } });
      const seen = { values: 0, errors: 0 };

      await fc.assert(
        fc.asyncProperty(anyAnswer, async (answer) => {
          wire.replyWith(answer);

          const outcome = await outcomeOf(house);

          if (outcome === 'value') seen.values += 1;
          else {
            expect(outcome).to.be.instanceOf(GatewayError);
            expect(told(outcome as GatewayError)).to.not.include(SECRET);
            seen.errors += 1;
          }
        }),
        { numRuns: 500, examples: [[{ status: 200, headers: {}, body: '{"id":"7"}' }], [{ status: 500, headers: {}, body: SECRET }]] },
      );
      expect(house.listenerErrors).to.deep.equal([]);
      // The two examples are among them: neither side of the property went untried.
      expect(seen.values).to.be.above(0);
      expect(seen.errors).to.be.above(100);
    });
  }
});
