import { expect } from 'chai';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import type { CachedAnswer } from '../../../src/cache/responseCache.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

/** Fresh for half a minute, and stale for another. */
const answer = (value: unknown): CachedAnswer => {
  const storedAt = systemClock.now();
  return { value, storedAt, freshUntil: storedAt + 30_000, staleUntil: storedAt + 60_000 };
};

describe('MemoryCache, purged', () => {
  const time = useVirtualTime();
  let cache: MemoryCache;

  beforeEach(() => {
    cache = new MemoryCache(systemClock, 2900);
  });

  afterEach(() => {
    cache.close();
  });

  it('forgets what bears the label, and tells how much that was', () => {
    cache.set('a', answer('a'), ['hubspot', 'contact 7']);
    cache.set('b', answer('b'), ['hubspot']);
    cache.set('c', answer('c'), ['lemlist']);

    expect(cache.purge('hubspot')).to.equal(2);
    expect(cache.purge('hubspot')).to.equal(0);
    expect([cache.get('a'), cache.get('b'), cache.get('c')?.value]).to.deep.equal([undefined, undefined, 'c']);
    expect(cache.size).to.equal(1);
  });

  it('goes by the labels of the last write', () => {
    cache.set('a', answer('a'), ['contact 7']);
    cache.set('a', answer('a'), ['contact 8']);

    expect(cache.purge('contact 7')).to.equal(0);
    expect(cache.purge('contact 8')).to.equal(1);
  });

  it('counts nothing that was evicted or is over', async () => {
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, answer(key), ['hubspot']);
    const kept = cache.purge('hubspot');
    cache.set('a', answer('a'), ['hubspot']);
    await time.advance(120_000);

    expect(kept).to.equal(3);
    expect(cache.purge('hubspot')).to.equal(0);
  });

  it('tells who asked before a purge, and only of what was purged', () => {
    const [seven, eight] = [cache.ask(['hubspot', 'contact 7']), cache.ask(['hubspot', 'contact 8'])];

    cache.purge('contact 7');
    const after = cache.ask(['hubspot', 'contact 7']);

    expect([seven, eight, after].map(({ isOutdated }) => isOutdated)).to.deep.equal([true, false, false]);
  });

  it('tells who asked of a purge of what the answer turned out to be about', () => {
    const ask = cache.ask(['hubspot', 'contact jane@example.com']);

    cache.purge('contact 7');

    expect(ask.isOutdated).to.equal(false);
    expect([ask.outdatedIn(['contact 7']), ask.outdatedIn(['contact 8'])]).to.deep.equal([true, false]);
  });

  it('holds who asked before more purges than it remembers for outdated, and nobody else', () => {
    const before = cache.ask(['contact 7']);
    for (let purge = 0; purge <= 4000; purge += 1) cache.purge(`contact other ${String(purge)}`);
    const after = cache.ask(['contact 7']);

    expect([before.isOutdated, after.isOutdated]).to.deep.equal([true, false]);
  });

  it('tells everybody who asked when everything is forgotten, or outdated', () => {
    const first = cache.ask(['hubspot']);
    cache.clear();
    const second = cache.ask(['hubspot']);
    cache.outdate();

    expect([first.isOutdated, second.isOutdated]).to.deep.equal([true, true]);
  });

  it('outdated, has nothing fresh, but keeps what may be stale for as long as before', async () => {
    cache.set('a', answer('a'), ['hubspot']);
    await time.advance(10_000);

    cache.outdate();

    const outdatedAt = systemClock.now();
    await time.advance(5000);
    cache.outdate();

    expect(cache.get('a')).to.include({ value: 'a', freshUntil: outdatedAt });
    expect(cache.purge('hubspot')).to.equal(1);
    cache.set('a', answer('a'));
    cache.outdate();
    await time.advance(60_000);
    expect(cache.get('a')).to.equal(undefined);
  });
});
