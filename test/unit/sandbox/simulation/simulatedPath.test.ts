import { expect } from 'chai';
import { variablesIn } from '../../../../sandbox/simulation/simulatedPath.ts';

const segments = '/lists/:list/members/:member'.split('/');

describe('a path at a simulator', () => {
  it('gives its variable parts, decoded', () => {
    expect(variablesIn('/lists/7/members/a%40b.c', segments)).to.deep.equal({ list: '7', member: 'a@b.c' });
  });

  for (const [what, path] of [
    ['is shorter', '/lists/7/members'],
    ['is longer', '/lists/7/members/x/tags'],
    ['has other words', '/lists/7/people/x'],
    ['leaves a variable part empty', '/lists//members/x'],
    ['cannot be decoded', '/lists/7/members/%ff'],
  ] as const) {
    it(`is another endpoint's if it ${what}`, () => {
      expect(variablesIn(path, segments)).to.equal(undefined);
    });
  }
});
