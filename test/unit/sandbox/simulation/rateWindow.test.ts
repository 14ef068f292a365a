import { expect } from 'chai';
import { RateWindow, RateWindows } from '../../../../sandbox/simulation/rateWindow.ts';

describe('rate window of a simulator', () => {
  it('rolls: a request is forgotten when its own time is over', () => {
    const window = new RateWindow({ limit: 2, lengthMs: 10, kind: 'rolling' });

    const taken = [0, 6, 9, 10, 11].map((now) => window.take(now));

    expect(taken).to.deep.equal([true, true, false, true, false]);
    expect([window.resetsAt(11), window.freeAt(11, 1), window.freeAt(11, 3)]).to.deep.equal([16, 16, 21]);
  });

  it('begins a fixed window with the first request after the last', () => {
    const window = new RateWindow({ limit: 1, lengthMs: 10, kind: 'fixed' });

    const taken = [3, 12, 13].map((now) => window.take(now));

    expect(taken).to.deep.equal([true, false, true]);
    expect(window.resetsAt(13)).to.equal(23);
  });

  it('begins an aligned window by the clock', () => {
    const window = new RateWindow({ limit: 1, lengthMs: 10, kind: 'aligned' });

    expect([3, 9, 10].map((now) => window.take(now))).to.deep.equal([true, false, true]);
  });

  it('takes many at once or none, and can be used up', () => {
    const window = new RateWindow({ limit: 5, lengthMs: 10, kind: 'rolling' });

    const tooMany = window.take(0, 6);
    const some = window.take(0, 3);
    window.exhaust(1);

    expect([tooMany, some, window.remaining(1), window.remaining(10)]).to.deep.equal([false, true, 0, 3]);
  });

  it('counts for each key apart', () => {
    const windows = new RateWindows();
    const limit = { limit: 1, lengthMs: 10, kind: 'fixed' } as const;

    expect([windows.of('a', limit).take(0), windows.of('a', limit).take(0), windows.of('b', limit).take(0)]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });
});
