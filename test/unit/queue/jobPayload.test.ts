import { expect } from 'chai';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { readPayload, writePayload } from '../../../src/queue/jobPayload.ts';

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
