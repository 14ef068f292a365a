import { expect } from 'chai';
import { isObject, listIn, textIn, textsIn } from '../../../../sandbox/simulation/fields.ts';

const odd = { text: 'a', number: 1, list: ['a', { toString: 'b' }, 'c'], none: null };

describe('the members of a body at a simulator', () => {
  it('are texts and lists only where they are some', () => {
    expect([textIn(odd, 'text'), textIn(odd, 'number'), textIn(odd, 'absent')]).to.deep.equal(['a', '', '']);
    expect([listIn(odd, 'list').length, listIn(odd, 'text').length]).to.deep.equal([3, 0]);
    expect(textsIn(odd, 'list')).to.deep.equal(['a', 'c']);
  });

  it('are objects only if they are neither null nor lists', () => {
    expect([odd, odd.none, odd.list, odd.text].map(isObject)).to.deep.equal([true, false, false, false]);
  });
});
