import { expect } from 'chai';
import { pathFault } from '../../../src/web/pathGuard.ts';

describe('path guard', () => {
  for (const path of [
    '/',
    '/health',
    '/api/lemlist/leads/a%40b.co',
    '/api/hubspot/contacts/J%C3%BCrgen',
    `/x/${'a'.repeat(512)}`,
    '/x/...',
  ]) {
    it(`lets ${path.slice(0, 40)} pass`, () => {
      expect(pathFault(path)).to.equal(undefined);
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['/x/%zz', 'hexadecimal'],
    ['/x/100%', 'hexadecimal'],
    ['/x/a%2Fb', 'slash'],
    ['/x/a%5cb', 'backslash'],
    ['/x/%00', 'control character'],
    ['/x/a%0d%0ab', 'control character'],
    ['/x/%ff', 'UTF-8'],
    ['/x/../y', 'step'],
    ['/x/%2e%2E/y', 'step'],
    ['/x/.', 'step'],
    [`/x/${'a'.repeat(10_000)}`, '512 characters'],
  ];
  for (const [path, why] of refused) {
    it(`refuses ${path.slice(0, 40)} and says why`, () => {
      expect(pathFault(path)).to.have.property('message').that.contains(why);
    });
  }
});
