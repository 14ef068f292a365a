import { expect } from 'chai';
import { PermitWindow } from '../../../src/quota/permitWindow.ts';

/** Takes and ends so many permits at one moment. */
const use = (window: PermitWindow, now: number, count: number): void => {
  for (let taken = 0; taken < count; taken += 1) {
    window.take(now, 1);
    window.ended(now, 1, 'answered');
  }
};

describe('permitWindow', () => {
  it('gives half of a limit at once', () => {
    const window = new PermitWindow(100, 10_000);
    use(window, 0, 49);

    const readyAt = window.readyAt(0, 1);

    expect(readyAt).to.be.at.most(0);
  });

  it('spreads the other half over the time until permits come back', () => {
    const window = new PermitWindow(100, 10_000);
    use(window, 0, 50);

    const readyAt = window.readyAt(0, 1);

    expect(readyAt).to.equal(200);
  });

  it('gives all of a limit of less than two seconds at once, and no more', () => {
    const window = new PermitWindow(5, 1000);
    use(window, 0, 5);

    const readyAt = window.readyAt(10, 1);

    expect(readyAt).to.equal(1000);
  });

  it('keeps a permit until a whole window after its attempt ended', () => {
    const window = new PermitWindow(1, 1000);
    window.take(0, 1);
    window.ended(700, 1, 'answered');

    const readyAt = window.readyAt(800, 1);

    expect(readyAt).to.equal(1700);
  });

  it('takes back a permit that no attempt used', () => {
    const window = new PermitWindow(1, 1000);
    window.take(0, 1);
    window.ended(0, 1, 'unsent');

    const used = window.used(0);

    expect(used).to.equal(0);
  });

  it('weighs permits', () => {
    const window = new PermitWindow(200, 1000);
    window.take(0, 150);
    window.ended(0, 150, 'answered');

    const [light, heavy] = [window.readyAt(1, 50), window.readyAt(1, 51)];

    expect(light).to.equal(1);
    expect(heavy).to.equal(1000);
  });

  it('lets what is heavier than the whole limit through an empty window', () => {
    const window = new PermitWindow(10, 1000);

    const readyAt = window.readyAt(0, 50);

    expect(readyAt).to.equal(0);
  });

  it('leaves a share to others', () => {
    const window = new PermitWindow(10, 1000);
    use(window, 0, 8);

    const [drain, interactive] = [window.readyAt(1, 1, 0.8), window.readyAt(1, 1)];

    expect(drain).to.equal(1000);
    expect(interactive).to.equal(1);
  });

  it('counts what the service says is used by others, until it has had time to come back', () => {
    const window = new PermitWindow(10, 1000);
    use(window, 0, 2);
    window.usedSeen(0, 10, 1000);

    const [used, later] = [window.used(500), window.used(1000)];

    expect(used).to.equal(10);
    expect(later).to.equal(0);
  });

  it('ignores a service that knows of fewer than we used', () => {
    const window = new PermitWindow(10, 1000);
    use(window, 0, 4);
    window.usedSeen(0, 1, 1000);

    const used = window.used(1);

    expect(used).to.equal(4);
  });

  it('has no limit while nobody knows one', () => {
    const window = new PermitWindow(Number.POSITIVE_INFINITY, 60_000);
    use(window, 0, 5000);

    const readyAt = window.readyAt(0, 1);

    expect(readyAt).to.be.at.most(0);
  });

  it('tells whoever waits behind others when its turn comes, windows ahead', () => {
    const window = new PermitWindow(10, 1000);
    use(window, 0, 10);

    const turn = window.estimate(0, 25, 1);

    expect(turn).to.equal(3000);
  });
});

describe('permitWindow of a limit that is shared', () => {
  it('keeps to its share, whatever is left of the limit', () => {
    const window = new PermitWindow(10, 1000);
    window.setShare(4);
    use(window, 0, 4);

    const readyAt = window.readyAt(1, 1);

    expect(readyAt).to.equal(1000);
  });

  it('gives nothing while it has no share, nor to what is heavier than the share', () => {
    const window = new PermitWindow(100, 1000);
    window.setShare(0);
    const none = window.readyAt(0, 1);
    window.setShare(40);

    const [fitting, heavy] = [window.readyAt(0, 40), window.readyAt(0, 41)];

    expect(none).to.equal(Number.POSITIVE_INFINITY);
    expect(fitting).to.be.at.most(0);
    expect(heavy).to.equal(Number.POSITIVE_INFINITY);
  });

  it('has no share any more when the lease is over, though nobody has said so', () => {
    const window = new PermitWindow(10, 1000);
    window.setShare(5, 3000);

    const shares = [2999, 3000].map((now) => window.share(now));

    expect(shares).to.deep.equal([5, 0]);
  });

  it('compares what others use with the limit, not with the share', () => {
    const window = new PermitWindow(10, 1000);
    window.setShare(5);
    window.usedSeen(0, 7, 1000);
    use(window, 0, 3);

    const readyAt = window.readyAt(1, 1);

    expect(readyAt).to.equal(1000);
  });

  it('gives one permit in five windows for a fifth of a permit', () => {
    const window = new PermitWindow(20, 2000);
    window.setShare(0.2);
    use(window, 0, 1);

    const readyAt = window.readyAt(2500, 1);

    expect(readyAt).to.equal(10_000);
  });

  it('does not begin at once with a part of a permit where it is told when to begin', () => {
    const window = new PermitWindow(20, 2000);
    window.beginAt(-4000);
    window.setShare(0.2);

    const readyAt = window.readyAt(0, 1);

    expect(readyAt).to.equal(6000);
  });

  it('tells which share a permit needs, and when what is too much will be back', () => {
    const window = new PermitWindow(100, 10_000);
    window.setShare(50);
    use(window, 0, 20);
    use(window, 3000, 10);

    const needed = [window.shareFor(4000, 5), window.shareFor(4000, 2, 0.8)];
    const falls = [window.fallsInMs(4000, 30), window.fallsInMs(4000, 10), window.fallsInMs(4000, 9)];

    expect(needed).to.deep.equal([35, 40]);
    expect(falls).to.deep.equal([0, 6000, 9000]);
  });

  it('does not know when what is under way will be back', () => {
    const window = new PermitWindow(100, 10_000);
    window.take(0, 3);

    const falls = window.fallsInMs(0, 2);

    expect(falls).to.equal(undefined);
  });

  it('lets half of the limit go as it comes, whoever uses it, however small the share', () => {
    const window = new PermitWindow(100, 10_000);
    window.setShare(20);
    window.others = 30;
    use(window, 0, 19);
    const quiet = window.readyAt(0, 1);
    window.others = 80;

    const crowded = window.readyAt(0, 1);

    expect(quiet).to.be.at.most(0);
    expect(crowded).to.be.greaterThan(0);
  });
});

describe('permitWindow of connections', () => {
  const SUSPECT_MS = 120_000;
  const open = (window: PermitWindow, count: number): void => {
    for (let taken = 0; taken < count; taken += 1) window.take(0, 1);
  };

  it('has a permit back with the answer', () => {
    const window = new PermitWindow(10, 0, SUSPECT_MS);
    open(window, 10);
    const full = window.readyAt(0, 1);
    window.ended(50, 1, 'answered');

    const readyAt = window.readyAt(50, 1);

    expect(full).to.be.greaterThan(0);
    expect(readyAt).to.be.at.most(50);
  });

  it('suspects an abandoned one until the service has certainly let go of it', () => {
    const window = new PermitWindow(10, 0, SUSPECT_MS);
    open(window, 10);
    for (let ended = 0; ended < 4; ended += 1) window.ended(1000, 1, 'abandoned');

    const [suspect, ready, later] = [window.suspect(1000), window.readyAt(1000, 1), window.suspect(1000 + SUSPECT_MS)];

    expect([suspect, later]).to.deep.equal([4, 0]);
    expect(ready).to.be.greaterThan(1000);
  });

  it('leaves one to be used, though all are suspect', () => {
    const window = new PermitWindow(10, 0, SUSPECT_MS);
    open(window, 10);
    for (let ended = 0; ended < 10; ended += 1) window.ended(1000, 1, 'abandoned');
    const first = window.readyAt(1000, 1);
    window.take(1000, 1);

    const second = window.readyAt(1000, 1);

    expect(first).to.be.at.most(1000);
    expect(second).to.be.greaterThan(1000);
  });

  it('was never open where the attempt never began', () => {
    const window = new PermitWindow(1, 0, SUSPECT_MS);
    open(window, 1);
    window.ended(0, 1, 'unsent');

    const used = window.used(0);

    expect(used).to.equal(0);
  });
});
