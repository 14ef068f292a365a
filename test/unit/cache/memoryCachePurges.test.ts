import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

const namesOfTheirOwn = (count: number, index: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${String(index)}-${String(at)}`, at])));

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

  describe('with thousands of answers', () => {
    const fill = (): void => {
      cache = new MemoryCache(systemClock, 5_000_000);
      for (let index = 0; index < 3000; index += 1) cache.set(String(index), answer(index), ['hubspot', `hubspot #${String(index)}`]);
    };

    it('answers none of them any more at once, and frees their memory in turns of the event loop', async () => {
      fill();

      const purged = cache.purge('hubspot');
      const kept = Array.from({ length: 3000 }, (_, index) => cache.get(String(index))).filter((each) => each !== undefined);
      fill();
      cache.purge('hubspot');
      const before = cache.size;
      cache.set('7', answer('new'), ['hubspot']);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);

      expect([purged, kept.length]).to.deep.equal([3000, 0]);
      expect(before).to.be.within(2000, 2999);
      expect([cache.size, cache.get('7')?.value]).to.deep.equal([1, 'new']);
    });

    it('frees the memory of what is over in turns, too', async () => {
      fill();

      await time.advance(60_000);
      const before = cache.size;
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);

      expect(before).to.be.greaterThan(0);
      expect(cache.size).to.equal(0);
    });

    it('holds no more heap than it counts, whatever their shape', function () {
      this.timeout(30_000);
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const heap = (): number => {
        collect();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const shapes: Readonly<Record<string, (index: number) => string>> = {
        'tiny answers': (index) => String(index),
        'empty objects': () => JSON.stringify(Array.from({ length: 300 }, () => ({}))),
        'fractions among words': (index) => JSON.stringify(Array.from({ length: 300 }, (_, at) => (at % 2 === 0 ? at + index / 3 : 'a'))),
        'a name of its own': (index) => `{"n${String(index)}":1}`,
        'a hundred names of their own': (index) => namesOfTheirOwn(100, index),
        'hundreds of names of their own': (index) => namesOfTheirOwn(345, index),
        'short texts': (index) => JSON.stringify(Array.from({ length: 300 }, (_, at) => `${String(index)} ${String(at)}`)),
        'long texts of wide characters': (index) => JSON.stringify(`${'ж'.repeat(20_000)}${String(index)}`),
        'lists in lists': () => JSON.stringify(Array.from({ length: 200 }, () => [[]])),
      };

      for (const [shape, make] of Object.entries(shapes)) {
        cache = new MemoryCache(systemClock, 8_000_000);
        const before = heap();
        for (let index = 0; index < 20_000 && cache.bytes < 7_900_000; index += 1) {
          cache.set(`a key of ${String(index)}`, answer(JSON.parse(make(index))), ['hubspot', 'hubspot get', `hubspot #${String(index)}`]);
        }
        const grown = heap() - before;

        expect(grown, shape).to.be.at.most(cache.bytes);
        cache.close();
      }
    });
  });
});
