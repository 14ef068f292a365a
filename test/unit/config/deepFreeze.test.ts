import { expect } from 'chai';
import { deepFreeze, deepFreezeInTurns } from '../../../src/config/deepFreeze.ts';

describe('deepFreeze', () => {
  it('freezes to the depth, in place', () => {
    const value = { list: [{ name: 'a' }], empty: null };

    expect(deepFreeze(value)).to.equal(value);
    expect([value, value.list, value.list[0]].every((part) => Object.isFrozen(part))).to.equal(true);
  });

  it('leaves plain values as they are', () => {
    expect([1, 'a', null, undefined, true].map(deepFreeze)).to.deep.equal([1, 'a', null, undefined, true]);
  });

  it('comes to an end with what holds itself', () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;

    expect(Object.isFrozen(deepFreeze(ring))).to.equal(true);
  });

  it('freezes a small value at once, and a large one in turns', async () => {
    const [small, large] = [{ a: [{ b: 1 }] }, Array.from({ length: 1_000 }, (_, index) => ({ inner: { index } }))];

    const forSmall = deepFreezeInTurns(small);
    await deepFreezeInTurns(large);

    expect(forSmall).to.equal(undefined);
    expect([small.a[0], ...large.flatMap((row) => [row, row.inner])].every((part) => Object.isFrozen(part))).to.equal(true);
  });
});
