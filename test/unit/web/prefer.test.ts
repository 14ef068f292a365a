import { expect } from 'chai';
import { preferencesIn } from '../../../src/web/prefer.ts';

describe('Prefer header', () => {
  for (const prefer of [
    'respond-async',
    'Respond-Async, wait=10',
    'wait=10,respond-async',
    'return=minimal; foo="a, b", respond-async',
    'respond-async=""; note="x"',
  ]) {
    it(`asks for the queue by ${prefer}`, () => {
      expect(preferencesIn({ prefer })).to.deep.equal({ strict: false, respondAsync: true });
    });
  }

  for (const prefer of [
    'respond-asynchronously',
    'respond-async=false',
    'note="respond-async"',
    'note="a, respond-async, b"',
    'wait=10',
    ',;="',
    '',
  ]) {
    it(`does not ask for the queue by ${prefer === '' ? 'nothing' : prefer}`, () => {
      expect(preferencesIn({ prefer }).respondAsync).to.equal(false);
    });
  }

  it('may wish for several things, in one line or in more', () => {
    const both = { strict: true, respondAsync: true };

    expect(preferencesIn({ prefer: 'respond-async, handling=strict' })).to.deep.equal(both);
    expect(preferencesIn({ prefer: ['handling=strict', 'respond-async'] })).to.deep.equal(both);
  });

  it('means the first of two that contradict each other', () => {
    expect(preferencesIn({ prefer: 'handling=lenient, handling=strict' }).strict).to.equal(false);
    expect(preferencesIn({ prefer: 'handling=strict, handling=lenient' }).strict).to.equal(true);
  });

  it('is read in a blink, however it is made', () => {
    const prefer = 'a="\\"'.repeat(20_000);
    const startedAt = performance.now();

    preferencesIn({ prefer });

    expect(performance.now() - startedAt).to.be.below(500);
  });
});
