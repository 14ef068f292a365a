import { expect } from 'chai';
import fastCheck from 'fast-check';
import { canonicalJson } from '../../../src/config/canonicalJson.ts';
import type { Fault } from '../../../src/errors/requestErrors.ts';
import { idempotencyKeyIn, jobIdAfter, keyedRequest, type KeyedRequest, type RepeatableRequest } from '../../../src/web/idempotencyKey.ts';

const read = (header: string | readonly string[] | undefined): { key: string | undefined; faults: readonly Fault[] } => {
  const faults: Fault[] = [];
  return { key: idempotencyKeyIn(header, faults), faults };
};

const request: RepeatableRequest = {
  caller: 'crm-sync',
  method: 'POST',
  route: '/api/toy/things',
  path: '/api/toy/things',
  query: {},
  body: { email: 'ada@example.com', tags: ['a', 'b'], kind: 'lead' },
};

describe('Idempotency-Key header', () => {
  for (const [header, key] of [
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"with\\"quote\\\\"', 'with"quote\\'],
    ['!', '!'],
    ['k'.repeat(255), 'k'.repeat(255)],
  ] as const) {
    it(`is read from ${header.slice(0, 40)}, ${String(header.length)} long`, () => {
      expect(read(header)).to.deep.equal({ key, faults: [] });
    });
  }

  for (const [title, header] of [
    ['nothing between quotes', '""'],
    ['nothing at all', ''],
    ['a space', 'two words'],
    ['a space in quotes', '"two words"'],
    ['an open quote', '"open'],
    ['a quote that closes too early', '"a"b"'],
    ['parameters', '"key";v=1'],
    ['an escape of what needs none', '"a\\b"'],
    ['letters beyond ASCII', 'schlüssel'],
    ['a tab', 'a\tb'],
    ['256 characters', 'k'.repeat(256)],
    ['two of them', 'one, two'],
    ['two of them in a list', ['one', 'two']],
  ] as const) {
    it(`is refused for ${title}, without a word of it`, () => {
      const { key, faults } = read(header);

      expect(key).to.equal(undefined);
      expect(faults).to.deep.equal([
        { at: 'header idempotency-key', message: 'must be 1 to 255 visible ASCII characters, in quotes or without' },
      ]);
    });
  }

  it('may be missing', () => {
    expect(read(undefined)).to.deep.equal({ key: undefined, faults: [] });
  });
});

describe('keyed request', () => {
  let first: KeyedRequest;

  before(async () => {
    first = await keyedRequest('key-1', request);
  });

  it('is the same for the same JSON, however it is written', async () => {
    const again = await keyedRequest('key-1', { ...request, body: { kind: 'lead', tags: ['a', 'b'], email: 'ada@example.com' } });

    expect(again).to.deep.equal(first);
  });

  it('is another one under the same key for another body, query or path', async () => {
    const others = [
      await keyedRequest('key-1', { ...request, body: { ...(request.body as object), kind: 'customer' } }),
      await keyedRequest('key-1', { ...request, body: { ...(request.body as object), tags: ['b', 'a'] } }),
      await keyedRequest('key-1', { ...request, body: undefined }),
      await keyedRequest('key-1', { ...request, query: { dry: '1' } }),
      await keyedRequest('key-1', { ...request, path: '/api/toy/things/2' }),
    ];

    expect(others.map(({ key }) => key)).to.deep.equal(Array(5).fill(first.key));
    expect(new Set([first, ...others].map(({ fingerprint }) => fingerprint))).to.have.property('size', 6);
    expect(new Set([first, ...others].map(({ jobId }) => jobId))).to.have.property('size', 6);
  });

  it('is under another key for another caller, method, route or key', async () => {
    const others = [
      await keyedRequest('key-1', { ...request, caller: 'reports' }),
      await keyedRequest('key-1', { ...request, method: 'PUT' }),
      await keyedRequest('key-1', { ...request, route: '/api/toy/things/:id' }),
      await keyedRequest('key-2', request),
    ];

    expect(new Set([first, ...others].map(({ key }) => key))).to.have.property('size', 5);
    expect(new Set([first, ...others].map(({ fingerprint }) => fingerprint))).to.have.property('size', 5);
  });

  it('shows neither the key nor what is written', () => {
    const texts = JSON.stringify(first);

    expect(texts).not.to.match(/key-1|ada|lead|crm-sync/u);
  });

  it('has a job id of the right form for each of its writes, and no two alike', () => {
    const ids = [0, 1, 2].map((before) => jobIdAfter(first.jobId, before));

    expect(ids[0]).to.equal(first.jobId);
    expect(new Set(ids)).to.have.property('size', 3);
    for (const id of ids) expect(id).to.match(/^job_[\w-]{22,43}$/u);
  });
});

describe('canonical JSON', () => {
  it('reads back as the value it was made of', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.jsonValue(), (value) => {
        const sent: unknown = JSON.parse(JSON.stringify(value));

        expect(JSON.parse(canonicalJson(sent))).to.deep.equal(sent);
      }),
    );
  });

  it('does not depend on the order of members', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.dictionary(fastCheck.string(), fastCheck.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());

        expect(canonicalJson(reversed)).to.equal(canonicalJson(value));
      }),
    );
  });

  it('keeps members apart that only look alike', () => {
    const texts = [{ a: 1 }, { a: '1' }, { a: null }, {}, [], ['a', 1], { 'a":1,"b': 2 }, { a: 1, b: 2 }, null, 'null'].map(canonicalJson);

    expect(new Set(texts)).to.have.property('size', texts.length);
  });
});
