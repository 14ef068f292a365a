import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidRequestError } from '../../../src/errors/requestErrors.ts';
import { lastValueIn, upstreamPath } from '../../../src/pipeline/upstreamPath.ts';

/** The path as a server would split it, or `undefined` where the id is refused. */
const segmentsOf = (id: string): readonly string[] | undefined => {
  try {
    const url = new URL(`https://api.acme.test${upstreamPath`/things/${id}/parts`}`);
    return `${url.pathname}${url.search}${url.hash}`.split('/');
  } catch (error) {
    if (error instanceof InvalidRequestError) return undefined;
    throw error;
  }
};

const printable = fc.constantFrom('.', '..', '/', '\\', '%', '%2f', '%2e', '?', '#', '&', ';', ' ', '@', ':', 'é', '💥', 'a');
const nasty = fc.oneof(printable, fc.constantFrom('\t', '\n', '\0', '\u007f', '\ud800'));

describe('upstreamPath', () => {
  it('leaves an ordinary id as it is', () => {
    const path = upstreamPath`/things/${'cam_A1-b2'}/parts/${'7'}`;

    expect(path).to.equal('/things/cam_A1-b2/parts/7');
  });

  for (const id of ['../admin', 'a/b', 'a%2fb', '%2e%2e', 'a?b=c', 'a#b', 'a\\b', '..;', ' ', '//evil.test', 'x@evil.test']) {
    it(`keeps the hostile id ${JSON.stringify(id)} in its place`, () => {
      const segments = segmentsOf(id);

      expect(segments).to.have.length(4);
      expect(segments?.map(decodeURIComponent)).to.deep.equal(['', 'things', id, 'parts']);
    });
  }

  for (const [what, id] of [
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a NUL', 'a\0b'],
    ['a line feed', 'a\nb'],
    ['a DEL', 'a\u007f'],
    ['a lone surrogate', 'a\ud800'],
    ['513 characters', 'x'.repeat(513)],
    ['10,000 characters', 'x'.repeat(10_000)],
  ] as const) {
    it(`refuses an id that is ${what}, without repeating it`, () => {
      const build = () => upstreamPath`/things/${id}`;

      expect(build)
        .to.throw(InvalidRequestError)
        .that.satisfies((error: Error) => id.length < 3 || !error.message.includes(id));
    });
  }

  it('takes an id of 512 characters', () => {
    const id = 'x'.repeat(512);

    expect(upstreamPath`/things/${id}`).to.equal(`/things/${id}`);
  });

  it('refuses any id or keeps it one segment that decodes to itself', () => {
    const joined = fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join(''));
    const anyId = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), joined);
    let kept = 0;

    fc.assert(
      fc.property(anyId, (id) => {
        const segments = segmentsOf(id);
        if (segments === undefined) return;
        kept += 1;
        expect(segments.map(decodeURIComponent)).to.deep.equal(['', 'things', id, 'parts']);
      }),
      { numRuns: 2_000 },
    );
    expect(kept).to.be.above(500);
  });

  it('refuses control characters, and of other ASCII only the steps of a path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 4 }), (id) => {
        const isPlain = /^[\x20-\x7e]+$/u.test(id) && id !== '.' && id !== '..';

        expect(segmentsOf(id) !== undefined).to.equal(isPlain);
      }),
    );
  });

  it('gives the value it ends in back as it was', () => {
    expect(lastValueIn(upstreamPath`/people/${'a/b?c@d%41'}`)).to.equal('a/b?c@d%41');
  });
});
