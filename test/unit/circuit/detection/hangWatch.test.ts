import { expect } from 'chai';
import { HangWatch } from '../../../../src/circuit/detection/hangWatch.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

interface Attempt {
  readonly name: string;
  readonly operation: string;
  slowAt: number;
}

describe('HangWatch', () => {
  // Registered first, so that it looks before virtual time is over.
  afterEach(() => {
    watch.stop();
    expect(time.pendingTimers, 'timers left').to.equal(0);
  });
  const time = useVirtualTime();
  let watch: HangWatch<Attempt>;
  /** What was reported, and when. */
  let reported: string[];

  beforeEach(() => {
    reported = [];
    watch = new HangWatch(systemClock, ({ name }) => reported.push(`${name} at ${String(systemClock.now())}`));
  });

  /** An attempt that begins now and is slow after so many ms. */
  const begin = (name: string, slowMs: number, operation = 'get_contact'): Attempt => {
    const attempt = { name, operation, slowAt: systemClock.now() + slowMs };
    watch.enter(attempt);
    return attempt;
  };

  it('reports an attempt the moment it becomes slow, and never again', async () => {
    begin('a', 500);

    await time.advance(499);
    const before = [...reported];
    await time.advance(1);
    const then = [...reported];
    await time.advance(60_000);

    expect(before).to.deep.equal([]);
    expect(then).to.deep.equal(['a at 500']);
    expect(reported).to.deep.equal(then);
  });

  it('reports each at its own moment, the oldest first', async () => {
    for (const name of ['a', 'b', 'c']) {
      begin(name, 500);
      await time.advance(100);
    }

    await time.advance(1000);

    expect(reported).to.deep.equal(['a at 500', 'b at 600', 'c at 700']);
  });

  it('reports all that began together together, in the order of their beginning', async () => {
    for (const name of ['a', 'b', 'c']) begin(name, 500);

    await time.advance(500);

    expect(reported).to.deep.equal(['a at 500', 'b at 500', 'c at 500']);
  });

  it('reports none that has ended', async () => {
    const [first, second] = [begin('a', 500), begin('b', 500)];
    begin('c', 500);
    watch.leave(first);
    await time.advance(400);
    watch.leave(second);

    await time.advance(1000);

    expect(reported).to.deep.equal(['c at 500']);
  });

  it('lets no patient attempt stand before an impatient one', async () => {
    begin('patient', 5000);
    begin('impatient', 500);

    await time.advance(500);
    const then = [...reported];
    await time.advance(4500);

    expect(then).to.deep.equal(['impatient at 500']);
    expect(reported).to.deep.equal(['impatient at 500', 'patient at 5000']);
  });

  it('watches each operation by itself', async () => {
    begin('read', 2000, 'get_contact');
    begin('search', 500, 'search_contacts');

    await time.advance(2000);

    expect(reported).to.deep.equal(['search at 500', 'read at 2000']);
  });

  it('needs one timer for an operation, however many attempts are in flight, and none for none', () => {
    const attempts = Array.from({ length: 100 }, () => begin('a', 500));
    const during = time.pendingTimers;

    for (const attempt of attempts) watch.leave(attempt);

    expect(during).to.equal(1);
    expect(time.pendingTimers).to.equal(0);
  });

  it('bears an attempt that leaves twice, or that it does not know', () => {
    const attempt = begin('a', 500);

    watch.leave(attempt);
    watch.leave(attempt);
    watch.leave({ name: 'stranger', operation: 'unknown', slowAt: 0 });

    expect(time.pendingTimers).to.equal(0);
  });

  it('reports nothing after it was stopped, and leaves no timer', async () => {
    begin('a', 500);
    begin('b', 500, 'search_contacts');

    watch.stop();
    const timers = time.pendingTimers;
    await time.advance(1000);

    expect(timers).to.equal(0);
    expect(reported).to.deep.equal([]);
  });

  describe('after a stall of 5 s', () => {
    it('excuses everyone in flight, of any operation', async () => {
      const attempts = [begin('a', 500), begin('b', 500), begin('c', 2000, 'search_contacts')];

      time.stall(5000);
      const then = [...reported];
      for (const attempt of attempts) watch.leave(attempt);
      await time.advance(10_000);

      expect(then).to.deep.equal([]);
      expect(reported).to.deep.equal([]);
    });

    it('excuses everyone in whatever order the timers run, also whose own was due first and runs last', async () => {
      begin('patient', 1000, 'search_contacts');
      begin('quick', 500);

      time.stall(5000);
      const then = [...reported];
      await time.advance(49);

      expect(then).to.deep.equal([]);
      expect(reported).to.deep.equal([]);
    });

    it('reports those that do not answer in the moment after it either', async () => {
      begin('a', 500);

      time.stall(5000);
      await time.advance(49);
      const before = [...reported];
      await time.advance(1);

      expect(before).to.deep.equal([]);
      expect(reported).to.deep.equal(['a at 5050']);
    });

    it('excuses once, however many operations were in flight', async () => {
      for (let index = 0; index < 10; index += 1) begin(`a${String(index)}`, 500, `operation ${String(index)}`);

      time.stall(5000);
      await time.advance(50);

      expect(reported).to.have.length(10);
    });

    it('treats later attempts as ever', async () => {
      watch.leave(begin('a', 500));
      time.stall(5000);
      begin('b', 500);

      await time.advance(500);

      expect(reported).to.deep.equal(['b at 5500']);
    });
  });
});
