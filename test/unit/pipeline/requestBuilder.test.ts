import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidRequestError } from '../../../src/errors/requestErrors.ts';
import type { OperationRequest } from '../../../src/contract/operation.ts';
import { buildRequest, cacheKey, digest, targetFrom } from '../../../src/pipeline/requestBuilder.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { HttpRequest } from '../../../src/wire/transport.ts';

const target = targetFrom('https://api.acme.test', { Authorization: 'Bearer ours', 'User-Agent': 'gateway' });
const path = upstreamPath`/things/${'7'}`;

const build = (request: Partial<OperationRequest> = {}, headers?: Readonly<Record<string, string>>): HttpRequest =>
  buildRequest(target, { method: 'POST', idempotency: 'never' }, { path, ...request }, headers);

const anyCasing = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((letter, index) => (upper[index] === true ? letter.toUpperCase() : letter)).join(''));

describe('requestBuilder', () => {
  for (const [baseUrl, sent] of [
    ['https://api.acme.test', '/things/7'],
    ['https://api.acme.test/', '/things/7'],
    ['https://api.acme.test/v1', '/v1/things/7'],
    ['https://api.acme.test/v1/', '/v1/things/7'],
    ['https://api.acme.test/a/b//', '/a/b/things/7'],
  ] as const) {
    it(`puts the path below the base URL ${baseUrl}`, () => {
      const request = buildRequest(targetFrom(baseUrl, {}), { method: 'GET', idempotency: 'safe' }, { path });

      expect(request).to.include({ method: 'GET', origin: 'https://api.acme.test', path: sent, body: undefined });
    });
  }

  it('keeps the port of the base URL in the origin', () => {
    expect(targetFrom('http://127.0.0.1:4010/acme', {})).to.include({ origin: 'http://127.0.0.1:4010', prefix: '/acme' });
  });

  it('sends a body as JSON and says so', () => {
    const { headers, body } = build({ body: { name: 'Zoë', none: undefined } });

    expect(body).to.equal('{"name":"Zoë"}');
    expect(headers).to.include({ 'content-type': 'application/json', accept: 'application/json' });
  });

  it('sends neither a body nor its type where there is none', () => {
    const { headers, body } = build();

    expect(body).to.equal(undefined);
    expect(headers).to.not.have.property('content-type');
  });

  it('keeps what callers say of their patience to itself', () => {
    const { headers } = build({}, { 'X-Request-Timeout': '2', 'x-request-deadline': '2000', 'Grpc-Timeout': '2S', 'X-Trace': 'abc' });

    expect(Object.keys(headers)).to.deep.equal(['x-trace', 'accept', 'authorization', 'user-agent']);
  });

  it('adds a caller’s headers beside its own', () => {
    const { headers } = build({}, { 'X-Trace': 'abc' });

    expect(headers).to.deep.equal({ 'x-trace': 'abc', accept: 'application/json', authorization: 'Bearer ours', 'user-agent': 'gateway' });
  });

  it('lets no caller override or double the credential and the content type, however they are spelled', () => {
    fc.assert(
      fc.property(anyCasing('authorization'), anyCasing('content-type'), (credential, type) => {
        const { headers } = build({ body: {} }, { [credential]: 'Bearer theirs', [type]: 'text/plain' });

        const names = Object.keys(headers).filter((name) => ['authorization', 'content-type'].includes(name.toLowerCase()));
        expect(names.sort()).to.deep.equal(['authorization', 'content-type']);
        expect(headers).to.include({ authorization: 'Bearer ours', 'content-type': 'application/json' });
      }),
    );
  });

  for (const [name, value] of [
    ['Host', 'evil.test'],
    ['Content-Length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
    ['x trace', 'abc'],
    ['', 'abc'],
    ['x-trace', 'abc\r\nx-evil: 1'],
    ['x-trace', 'zażółć'],
  ] as const) {
    it(`refuses the header ${JSON.stringify(name)} with the value ${JSON.stringify(value)} as the caller's mistake`, () => {
      const adding = () => build({}, { [name]: value });

      expect(adding)
        .to.throw(InvalidRequestError)
        .that.satisfies((error: Error) => !error.message.includes(value));
    });
  }

  it('encodes query names and values, joins lists by commas, and leaves out what is absent', () => {
    const query = { q: 'a&b=c d', 'n[]': 5, yes: true, ids: ['x/1', 'y'], none: undefined };

    expect(build({ query }).path).to.equal('/things/7?q=a%26b%3Dc%20d&n%5B%5D=5&yes=true&ids=x%2F1,y');
  });

  it('adds no question mark where every value is absent', () => {
    expect(build({ query: { a: undefined } }).path).to.equal('/things/7');
  });

  it('gives a server back what was put into the query', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })), (query) => {
        const url = new URL(`https://api.acme.test${build({ query }).path}`);

        expect(url.hash).to.equal('');
        expect(url.pathname).to.equal('/things/7');
        expect([...url.searchParams].sort()).to.deep.equal(Object.entries(query).sort());
      }),
    );
  });

  it('refuses a query with broken Unicode as the caller’s mistake', () => {
    expect(() => build({ query: { q: 'a\ud800' } })).to.throw(InvalidRequestError);
  });
});

const scope = { service: 'acme', account: 'main' };
const key = (request: Partial<OperationRequest>, headers?: Readonly<Record<string, string>>): string =>
  cacheKey(scope, 'search', { wire: build(request), body: request.body }, headers);

const shuffled = (value: Readonly<Record<string, unknown>>): Record<string, unknown> => Object.fromEntries(Object.entries(value).reverse());

describe('cacheKey', () => {
  it('is the same for equal bodies, whatever the order of their fields', () => {
    const body = fc.dictionary(fc.string(), fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()));

    fc.assert(
      fc.property(body, (one) => {
        const other = shuffled(
          Object.fromEntries(
            Object.entries(one).map(([name, part]) => [
              name,
              typeof part === 'object' && part !== null && !Array.isArray(part) ? shuffled(part as Record<string, unknown>) : part,
            ]),
          ),
        );

        expect(key({ body: other })).to.equal(key({ body: one }));
      }),
    );
  });

  for (const [what, one, other] of [
    ['the order of a list', { body: { ids: [1, 2] } }, { body: { ids: [2, 1] } }],
    ['a field', { body: { a: 1 } }, { body: { a: 2 } }],
    ['where a field stands', { body: { a: { b: 1 }, c: {} } }, { body: { a: {}, c: { b: 1 } } }],
    ['the type of a value', { body: { a: '1' } }, { body: { a: 1 } }],
    ['a query value', { query: { a: '1' } }, { query: { a: '2' } }],
    ['the path', { path: upstreamPath`/things/${'1'}` }, { path: upstreamPath`/things/${'2'}` }],
    ['having a body', {}, { body: {} }],
  ] as const) {
    it(`differs with ${what}`, () => {
      expect(key(one)).to.not.equal(key(other));
    });
  }

  it('differs with a caller’s headers, but not with their spelling', () => {
    expect(key({}, { 'X-Language': 'pl' })).to.equal(key({}, { 'x-language': 'pl' }));
    expect(key({}, { 'x-language': 'pl' })).to.not.equal(key({}, { 'x-language': 'de' }));
    expect(key({}, { 'x-language': 'pl' })).to.not.equal(key({}));
  });

  it('is never shared by two services, operations or accounts', () => {
    const name = fc.constantFrom('acme', 'acme_two', 'get', 'get_two', 'search');
    const account = fc.constantFrom('one', 'two').map(digest);
    const place = fc.record({ service: name, operation: name, account, id: fc.constantFrom('1', '2') });

    fc.assert(
      fc.property(place, place, (one, other) => {
        const [first, second] = [one, other].map(({ operation, id, ...where }) =>
          cacheKey(where, operation, { wire: build({ path: upstreamPath`/things/${id}` }), body: undefined }),
        );

        expect(first === second).to.equal(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('does not show a person’s data that a body holds', () => {
    expect(key({ body: { email: 'ada@example.com' } })).to.not.include('ada');
  });
});

describe('digest', () => {
  it('names a credential without telling it', () => {
    expect(digest('secret-key'))
      .to.match(/^[\w-]{22}$/u)
      .and.to.not.include('secret');
    expect(digest('secret-key')).to.equal(digest('secret-key')).and.to.not.equal(digest('secret-kez'));
  });
});
