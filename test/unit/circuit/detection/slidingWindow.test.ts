import { expect } from 'chai';
import fc from 'fast-check';
import { SlidingWindow } from '../../../../src/circuit/detection/slidingWindow.ts';

const WINDOW_MS = 1000;

interface Happening {
  readonly afterMs: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const happenings = fc.array(
  fc.record({ afterMs: fc.oneof(fc.nat(150), fc.nat(3 * WINDOW_MS)), failed: fc.boolean(), slow: fc.boolean() }),
  { maxLength: 60, size: 'max' },
);

/** The same by remembering everything: what is younger than that, at that time. */
const naiveCounts = (seen: readonly (Happening & { at: number })[], now: number, youngerThanMs: number) => {
  const young = seen.filter(({ at }) => now - at < youngerThanMs);
  return {
    calls: young.length,
    failures: young.filter(({ failed }) => failed).length,
    slow: young.filter(({ slow }) => slow).length,
  };
};

describe('SlidingWindow', () => {
  it('counts nothing before it was told anything', () => {
    expect(new SlidingWindow(WINDOW_MS).at(123_456)).to.deep.equal({ calls: 0, failures: 0, slow: 0 });
  });

  it('sums what was added', () => {
    const window = new SlidingWindow(WINDOW_MS);

    window.add({ failed: true, slow: false }, 0);
    window.add({ failed: false, slow: true }, 10);

    expect(window.add({ failed: false, slow: false }, 20)).to.deep.equal({ calls: 3, failures: 1, slow: 1 });
  });

  it('keeps a call for nine tenths of its length at least, and never for all of it', () => {
    const window = new SlidingWindow(WINDOW_MS);
    window.add({ failed: true, slow: false }, 0);

    expect(window.at(899).calls).to.equal(1);
    expect(window.at(1000).calls).to.equal(0);
  });

  it('is empty after a clear', () => {
    const window = new SlidingWindow(WINDOW_MS);
    window.add({ failed: true, slow: true }, 0);

    window.clear();

    expect(window.at(1)).to.deep.equal({ calls: 0, failures: 0, slow: 0 });
  });

  it('agrees with a list that forgets nothing, to within the bucket that is just running out', () => {
    fc.assert(
      fc.property(fc.nat(10_000), happenings, (start, all) => {
        const window = new SlidingWindow(WINDOW_MS);
        const seen: (Happening & { at: number })[] = [];
        let now = start;
        for (const happening of all) {
          now += happening.afterMs;
          seen.push({ ...happening, at: now });
          const counted = { ...window.add(happening, now) };
          const least = naiveCounts(seen, now, 0.9 * WINDOW_MS);
          const most = naiveCounts(seen, now, WINDOW_MS);
          for (const key of ['calls', 'failures', 'slow'] as const) expect(counted[key], key).to.be.within(least[key], most[key]);
        }
      }),
    );
  });

  it('comes to the same sums whether it is looked at in between or not', () => {
    fc.assert(
      fc.property(happenings, fc.array(fc.nat(400), { maxLength: 20 }), (all, looks) => {
        const watched = new SlidingWindow(WINDOW_MS);
        const left = new SlidingWindow(WINDOW_MS);
        for (const window of [watched, left]) window.at(0);
        let now = 0;
        for (const [index, happening] of all.entries()) {
          // Looking on the way must not move the buckets' edges, as long as the window does not run empty.
          const step = Math.min(happening.afterMs, WINDOW_MS - 100);
          watched.at(now + Math.min(step, looks[index % Math.max(1, looks.length)] ?? 0));
          now += step;
          expect({ ...watched.add(happening, now) }).to.deep.equal({ ...left.add(happening, now) });
        }
      }),
    );
  });
});
