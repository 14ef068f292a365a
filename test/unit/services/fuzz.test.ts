/**
 * Whatever callers send and whatever services answer, for every service there is and every operation it declares:
 * requests stay where they belong, and calls end in a value or in an error of ours.
 *
 * `SEED=7 npx mocha …` runs it with other chances; the title says which were used.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../src/errors/gatewayError.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { contentOf, receivedAnswer } from '../../../src/pipeline/receivedAnswer.ts';
import type { HttpRequest, HttpResponse } from '../../../src/wire/transport.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import type { Route, RouteInput } from '../../../src/web/route.ts';
import { anyInputFor, shapedBy } from '../../support/anyInput.ts';
import { fuzzedService, type FuzzedService } from '../../support/fuzzedService.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_122);
const RUNS_PER_OPERATION = 30;
const RUNS_PER_ROUTE = 40;

/** Where all operations of a service are: nothing may be sent elsewhere. */
const prefixes: Readonly<Record<keyof typeof serviceRegistry, RegExp>> = {
  hubspot: /^\/(?:crm\/(?:objects|associations)|account-info)\/2026-03\//u,
  lemlist: /^\/api\/(?:campaigns|leads|activities|contacts|team|v2\/unsubscribes)(?:[/?]|$)/u,
  explorium: /^\/v1\/(?:businesses|prospects|credits)(?:[/?]|$)/u,
  kit: /^\/v4\/(?:account|subscribers|tags|forms|sequences|bulk)(?:[/?]|$)/u,
  sendgrid: /^\/v3\/(?:scopes|mail|marketing|asm|suppression)(?:[/?]|$)/u,
  mailchimp: /^\/3\.0\/(?:ping|lists|batches)(?:[/?]|$)/u,
};

/** In answers; must be in no error. */
const PRIVATE = 'ada.lovelace@private.example';

/** An empty body for what JSON does not know. */
const json = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
const anyBody = fc.oneof(
  fc.json({ maxDepth: 3 }).map((text) => text.replaceAll('"a"', `"${PRIVATE}"`)),
  fc.constantFrom('', ' ', 'null', '[]', '{}', '{"id":', 'Retry later', `<html><body>${PRIVATE}</body></html>`, `"${PRIVATE}"`),
  fc.constant(`{"errors":["${PRIVATE}"],"message":"${PRIVATE}","detail":"${PRIVATE}"}`),
  fc.constant(`[${`"${PRIVATE}",`.repeat(3_000)}1]`),
  fc.string({ unit: 'binary' }),
);
const anyStatus = fc.oneof(
  fc.constantFrom(200, 200, 201, 202, 204, 207, 400, 401, 402, 403, 404, 409, 413, 422, 423, 429, 477, 500, 503),
  fc.integer({ min: 100, max: 599 }),
);
const headerValue = fc.constantFrom('0', '-1', '7', '1e99', '@9e9', PRIVATE, 'Fri, 06 Nov 2026 08:49:47 GMT', '299 - "x"', 'text/html');
const headerName = fc.constantFrom(
  'content-type',
  'retry-after',
  'deprecation',
  'sunset',
  'warning',
  'x-ratelimit-remaining',
  'x-ratelimit-limit',
);
const anyHeaders = fc.dictionary(headerName, headerValue, { maxKeys: 3 });
const anyAnswer: fc.Arbitrary<HttpResponse> = fc.record({ status: anyStatus, headers: anyHeaders, body: anyBody });

/** Half of the time what the operation's own schema has, or nearly. */
const answerTo = (operation: Operation<unknown> | undefined): fc.Arbitrary<HttpResponse> => {
  if (operation === undefined) return anyAnswer;
  const likely = fc.record({
    status: fc.constantFrom(200, 200, 201, 207),
    headers: anyHeaders,
    body: shapedBy(operation.answer).map(json),
  });
  return fc.oneof(likely, anyAnswer);
};

/** All that logs and callers may see of an error. */
const told = (error: GatewayError): string => JSON.stringify([error.message, { ...error, cause: undefined }]);

const expectOurs = (outcome: Error): void => {
  expect(outcome, outcome.stack).to.be.instanceOf(GatewayError);
  expect(told(outcome as GatewayError)).to.not.include(PRIVATE);
};

/** The request is where the service is, and a reader of URLs sees the same path: nothing in it climbs or breaks out. */
const expectInPlace = ({ origin, path }: HttpRequest, { origin: own }: FuzzedService, prefix: RegExp): void => {
  expect(origin).to.equal(own);
  expect(path).to.match(prefix);
  const [pathname = '', ...query] = path.split('?');
  expect(query.length).to.be.at.most(1);
  expect(new URL(origin + path).pathname).to.equal(pathname);
  expect(path).to.match(/^[\x21-\x7e]*$/u);
  for (const segment of pathname.split('/')) expect(decodeURIComponent(segment)).to.not.match(/^\.{1,2}$/u);
};

interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const caller = { id: 'fuzz', scopes: new Set<string>() };

/** The input as the route's schemas pass it on; `undefined` where they refuse it. */
const accepted = ({ params, query, body }: Route, input: Input): RouteInput<never, never, never> | undefined => {
  const parsed = [params?.safeParse(input.params), query?.safeParse(input.query), body?.safeParse(input.body)];
  if (parsed.some((each) => each?.success === false)) return undefined;
  const [ofParams, ofQuery, ofBody] = parsed.map((each) => each?.data);
  return { params: ofParams, query: ofQuery, body: ofBody, call: {}, caller } as unknown as RouteInput<never, never, never>;
};

/** Input that chance would hardly find: rules that a schema's shape does not show. */
const sound: Readonly<Record<string, Input>> = {
  '/campaigns/:campaignId/leads': { params: { campaignId: 'cam_A1b2C3d4' }, query: {}, body: { email: 'ada@example.com' } },
  '/mail/send': {
    params: {},
    query: {},
    body: {
      personalizations: [{ to: [{ email: 'ada@example.com' }] }],
      from: { email: 'sales@example.com' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'A word.' }],
    },
  },
  '/contacts/bulk': { params: {}, query: {}, body: { contacts: [{ email: 'ada@example.com' }] } },
};

const inputFor = (route: Route): fc.Arbitrary<Input> => {
  const any = fc.record({ params: anyInputFor(route.params), query: anyInputFor(route.query), body: anyInputFor(route.body) });
  const known = sound[route.path];
  return known === undefined ? any : fc.oneof(any, fc.constant(known));
};

const routesOf = (service: Service): readonly Route[] => {
  const { routes, close } = fuzzedService(service, () => ({ status: 204, headers: {}, body: '' }));
  close();
  return routes;
};

const outcomeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

for (const [name, service] of Object.entries<Service>(serviceRegistry)) {
  describe(`Any input and any answer, ${service.title} (SEED=${String(SEED)})`, function () {
    this.timeout(60_000);
    const prefix = prefixes[name as keyof typeof prefixes];

    for (const operation of service.operations) {
      it(`${operation.name}: any answer ends in a value that fits the schema, or in an error of ours`, async () => {
        await fc.assert(
          fc.asyncProperty(answerTo(operation), async (answer) => {
            const house = fuzzedService(service, () => answer);

            const call = { headers: {}, strict: true };
            const outcome = await outcomeOf(() => house.http.send(operation, service.health.request, call));

            house.close();
            expect(house.listenerErrors).to.deep.equal([]);
            if (outcome instanceof Error) expectOurs(outcome);
            else expect(operation.answer.safeParse((operation.content ?? contentOf)(receivedAnswer(answer))).success).to.equal(true);
          }),
          { seed: SEED, numRuns: RUNS_PER_OPERATION },
        );
      });
    }

    for (const [index, { method, path, queueable }] of routesOf(service).entries()) {
      it(`${method} ${path}${queueable === true ? ' (may wait)' : ''}: any input stays in its place or is refused`, async () => {
        let reached = 0;

        await fc.assert(
          fc.asyncProperty(fc.gen(), async (draw) => {
            const house = fuzzedService(service, (operation) => draw(() => answerTo(operation)));
            const route = house.routes[index]!;
            const input = accepted(route, draw(inputFor, route));

            const outcome = input === undefined ? undefined : await outcomeOf(() => route.handle(input));

            house.close();
            reached += house.sent.length;
            if (outcome instanceof Error) expectOurs(outcome);
            for (const request of house.sent) expectInPlace(request, house, prefix);
          }),
          { seed: SEED, numRuns: RUNS_PER_ROUTE },
        );
        expect(reached, 'no input was ever sent').to.be.above(0);
      });
    }
  });
}
