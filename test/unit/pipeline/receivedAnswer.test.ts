import { inspect } from 'node:util';
import { expect } from 'chai';
import sinon from 'sinon';
import { boundedAnswer, contentOf, receivedAnswer } from '../../../src/pipeline/receivedAnswer.ts';

const received = (body: string) => receivedAnswer({ status: 200, headers: {}, body });

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('receivedAnswer', () => {
  for (const [what, body] of [
    ['JSON', '{"a":1}'],
    ['no JSON', '<html>'],
  ] as const) {
    it(`parses ${what} once, however often it is asked, and not before`, () => {
      const parse = sinon.spy(JSON, 'parse');
      try {
        const answer = received(body);
        const before = parse.callCount;

        const first = answer.json();
        const second = answer.json();

        expect(second).to.equal(first);
        expect([before, parse.callCount]).to.deep.equal([0, 1]);
      } finally {
        parse.restore();
      }
    });
  }
});

describe('boundedAnswer', () => {
  const bounded = async (body: string, values?: number) => {
    const { answer, excess } = await boundedAnswer({ status: 200, headers: {}, body }, values);
    return { json: answer.json(), excess };
  };

  it('finds no JSON where the nesting would exhaust the stack of whoever walks it', async () => {
    expect(await bounded(nested(200_000), 1_000_000)).to.deep.equal({ json: undefined, excess: 'depth' });
    expect(await bounded(`{"a":${nested(1_100)}}`)).to.deep.equal({ json: undefined, excess: 'depth' });
  });

  it('reads nothing of an answer with more values than its operation may have', async () => {
    const rows = JSON.stringify(Array.from({ length: 5_000 }, (_, index) => ({ index })));

    expect(await bounded(rows, 9_000)).to.deep.equal({ json: undefined, excess: 'values' });
    expect((await bounded(rows, 11_000)).json).to.have.length(5_000);
  });

  it('reads JSON that is merely long or deep', async () => {
    expect((await bounded(nested(400))).json).to.be.an('array');
    expect((await bounded(JSON.stringify(['x'.repeat(1_000_000)]))).json).to.have.length(1);
  });
});

describe('contentOf', () => {
  for (const [body, content] of [
    ['{"a":1}', { a: 1 }],
    ['[]', []],
    ['0', 0],
    ['false', false],
    ['"text"', 'text'],
    ['null', null],
    [' null\n', null],
    ['', undefined],
    ['OK', 'OK'],
    ['nullish', 'nullish'],
    ['<html>', '<html>'],
    ['{"a":', '{"a":'],
  ] as const) {
    it(`shows ${JSON.stringify(body)} as ${inspect(content)}`, () => {
      expect(contentOf(received(body))).to.deep.equal(content);
    });
  }
});
