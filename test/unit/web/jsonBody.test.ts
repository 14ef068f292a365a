import { expect } from 'chai';
import { nestingOf } from '../../../src/web/jsonBody.ts';

const nesting = (text: string): number => nestingOf(Buffer.from(text));

describe('JSON nesting', () => {
  it('counts lists and objects', () => {
    expect(nesting('{"a":[[1],{"b":[]}]}')).to.equal(4);
    expect(nesting('[[],[],[]]')).to.equal(2);
    expect(nesting('1')).to.equal(0);
  });

  it('is not deceived by brackets in strings', () => {
    expect(nesting('{"a":"[[[[\\"[[[["}')).to.equal(1);
    expect(nesting('["\\\\",[["["]]]')).to.equal(3);
  });
});
