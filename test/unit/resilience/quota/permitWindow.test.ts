import { expect } from 'chai';
import { PermitWindow } from '../../../../src/resilience/quota/permitWindow.ts';

/** Takes and ends so many permits at one moment. */
const use = (window: PermitWindow, now: number, count: number): void => {
  for (let taken = 0; taken < count; taken += 1) {
    window.take(now, 1);
    window.ended(now, 1);
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
    window.ended(700, 1);

    const readyAt = window.readyAt(800, 1);

    expect(readyAt).to.equal(1700);
  });

  it('takes back a permit that no attempt used', () => {
    const window = new PermitWindow(1, 1000);
    window.take(0, 1);
    window.untake(1);

    const used = window.used(0);

    expect(used).to.equal(0);
  });

  it('weighs permits', () => {
    const window = new PermitWindow(200, 1000);
    window.take(0, 150);
    window.ended(0, 150);

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
