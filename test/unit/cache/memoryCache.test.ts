import { expect } from 'chai';
import fc from 'fast-check';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import type { CachedAnswer } from '../../../src/cache/responseCache.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

/** An answer put in now, and gone after so long. */
const answer = (value: unknown, livesForMs = 60_000): CachedAnswer => {
  const storedAt = systemClock.now();
  return { value, storedAt, freshUntil: storedAt + livesForMs / 2, staleUntil: storedAt + livesForMs };
};

/** What an answer takes under a name of one character, as it is counted. */
const ENTRY_BYTES = 400 + 26 + 26;

describe('MemoryCache', () => {
  const time = useVirtualTime();
  let cache: MemoryCache;

  beforeEach(() => {
    cache = new MemoryCache(systemClock, 3 * ENTRY_BYTES + 10);
  });

  afterEach(() => {
    cache.close();
  });

  const keysKept = (keys: readonly string[]): readonly string[] => keys.filter((key) => cache.get(key) !== undefined);

  it('hands out the very thing that was put in, not a clone', () => {
    const kept = answer({ id: '7' });

    cache.set('key', kept);

    expect(cache.get('key')).to.equal(kept);
    expect(cache.get('key')?.value).to.equal(kept.value);
  });

  it('knows nothing of a key that was never set', () => {
    expect(cache.get('key')).to.equal(undefined);
  });

  it('keeps an answer until it may not even be stale any more', async () => {
    cache.set('key', answer('contact', 1000));

    await time.advance(999);
    const before = cache.get('key')?.value;
    await time.advance(1);

    expect(before).to.equal('contact');
    expect(cache.get('key')).to.equal(undefined);
    expect(cache.size).to.equal(0);
  });

  it('does not take in what is over already', () => {
    cache.set('key', answer('contact', 0));

    expect(cache.size).to.equal(0);
  });

  it('lives by the monotonic clock: a wall clock set back keeps nothing alive', async () => {
    cache.set('key', answer('contact', 1000));

    time.setWallClock(systemClock.wallTime() - 86_400_000);
    await time.advance(1000);

    expect(cache.get('key')).to.equal(undefined);
  });

  it('never holds more than its limit: what was put in longest ago makes room', () => {
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, answer(key));

    expect(cache.size).to.equal(3);
    expect(keysKept(['a', 'b', 'c', 'd'])).to.deep.equal(['b', 'c', 'd']);
  });

  it('counts a new answer for a known key as put in just now, and as no further one', () => {
    for (const key of ['a', 'b', 'c', 'a', 'd']) cache.set(key, answer(key));

    expect(cache.size).to.equal(3);
    expect(keysKept(['a', 'b', 'c', 'd'])).to.deep.equal(['a', 'c', 'd']);
  });

  it('sweeps out what is over, without being asked for it', async () => {
    cache.set('key', answer('contact', 1000));

    await time.advance(120_000);

    expect(cache.size).to.equal(0);
  });

  it('forgets everything at once, and goes on', () => {
    cache.set('a', answer('a'));

    cache.clear();
    cache.set('b', answer('b'));

    expect(keysKept(['a', 'b'])).to.deep.equal(['b']);
    expect(cache.size).to.equal(1);
  });

  for (const [what, key, value, labels] of [
    ['many tiny answers', '', null, []],
    ['objects without a field', '', Array.from({ length: 200 }, () => ({})), []],
    ['long texts', '', 'x'.repeat(20_000), []],
    ['long names', 'k'.repeat(5000), null, []],
    ['many labels', '', null, Array.from({ length: 100 }, (_, index) => `acme #${String(index)}`)],
  ] as const) {
    it(`stays within its bytes with ${what}, and counts them down again`, () => {
      cache = new MemoryCache(systemClock, 500_000);
      for (let index = 0; index < 2000; index += 1) cache.set(`${key}${String(index)}`, answer(value), [...labels, String(index)]);
      const [full, size] = [cache.bytes, cache.size];
      cache.set(`${key}1999`, answer(value), [...labels, '1999']);
      const again = cache.bytes;
      for (let index = 0; index < 2000; index += 1) cache.purge(String(index));

      expect(full).to.be.within(400_000, 500_000);
      expect(size).to.be.below(1000);
      expect(again).to.be.at.most(full);
      expect([cache.bytes, cache.size]).to.deep.equal([0, 0]);
    });
  }

  it('keeps no answer that is too large, and not the older one in its place either', () => {
    cache = new MemoryCache(systemClock);
    cache.set('key', answer('small'));

    cache.set('key', answer('x'.repeat(70_000)));

    expect(cache.get('key')).to.equal(undefined);
    expect([cache.size, cache.bytes]).to.deep.equal([0, 0]);
  });

  it('weighs what is far too large without looking at all of it', () => {
    const looked: string[] = [];
    const parts = Array.from({ length: 100 }, (_, index) => ({
      get text() {
        looked.push(String(index));
        return 'x'.repeat(60_000);
      },
    }));

    cache.set('key', answer(parts));

    expect(cache.size).to.equal(0);
    expect(looked.length).to.be.below(5);
  });

  it('leaves no timer when it is closed', () => {
    cache.close();

    expect(time.pendingTimers).to.equal(0);
  });

  it('agrees with a list of the last writes, whatever is put in, in whatever order', () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'constructor'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...keys), { maxLength: 40, size: 'max' }), (writes) => {
        cache.clear();
        for (const [index, key] of writes.entries()) cache.set(key, answer(index));

        const lastWrites = [...new Set([...writes].reverse())].slice(0, 3);
        expect(cache.size).to.equal(lastWrites.length);
        expect(keysKept(keys).toSorted()).to.deep.equal(lastWrites.toSorted());
        for (const key of lastWrites) expect(cache.get(key)?.value).to.equal(writes.lastIndexOf(key));
      }),
    );
  });
});
