import { expect } from 'chai';
import { locationOf, percentDecoded, percentEncoded } from '../../../src/config/percentEncoding.ts';

describe('percent-encoding', () => {
  it('gives back what it took', () => {
    expect(percentDecoded(percentEncoded('a/ü%💶'))).to.equal('a/ü%💶');
  });

  it('tells a caller of a lone surrogate', () => {
    expect(() => percentEncoded('\ud800')).to.throw('well-formed Unicode');
  });

  for (const text of ['%', '%2', '%zz', '%ff', 'a%C3']) {
    it(`decodes ${text} to nothing`, () => {
      expect(percentDecoded(text)).to.equal(undefined);
    });
  }

  it('leaves the Location out for an id that no path can hold', () => {
    expect(locationOf('/api/toy', 'a b')).to.deep.equal({ headers: { Location: '/api/toy/a%20b' } });
    expect(locationOf('/api/toy', 'a\ud800')).to.deep.equal({});
  });
});
