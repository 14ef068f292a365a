import { expect } from 'chai';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { isTooLarge, MAX_PAYLOAD_BYTES, readPayload, writePayload } from '../../../src/queue/jobPayload.ts';

describe('the payload of a job', () => {
  for (const [what, request] of [
    ['a body and a query', { path: upstreamPath`/things`, query: { force: true, ids: ['1', '2'] }, body: { name: 'one' }, weight: 3 }],
    ['no body, such as a removal', { path: upstreamPath`/things/7` }],
    ['a body of null', { path: upstreamPath`/things/7`, body: null }],
  ] as const) {
    it(`is read as it was written, with ${what}`, () => {
      const payload = readPayload(writePayload({ request, mayHaveHappened: true }));

      expect(payload).to.deep.equal({ request, mayHaveHappened: true });
    });
  }

  it('is known to be too large by its texts, wherever they stand and however many they are, without being written', () => {
    const half = 'x'.repeat(MAX_PAYLOAD_BYTES / 2);
    const unreadable = { toJSON: () => expect.fail('it was written') };
    const bodies = [
      half + half + 'x',
      { deep: [{ er: [half, half, 'x'] }], unreadable },
      Array<string>(MAX_PAYLOAD_BYTES + 1).fill('x'),
      [half, half],
      { number: 7 },
      null,
      undefined,
    ];

    expect(bodies.map((body) => isTooLarge({ path: upstreamPath`/things`, body }))).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  for (const text of [
    '',
    'no JSON',
    '{"request":{"path":"https://elsewhere.example"},"mayHaveHappened":false}',
    '{"request":{"path":"/things"}}',
  ]) {
    it(`is refused where it is none, and not repeated: ${text === '' ? 'an empty text' : text}`, () => {
      expect(() => readPayload(text)).to.throw(/^the payload of a job is not of this version$/u);
    });
  }
});
