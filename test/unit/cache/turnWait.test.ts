import { expect } from 'chai';
import { TurnWait, type Waiter } from '../../../src/cache/turnWait.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

type Turn = 'ours' | 'theirs' | 'open';

const deadlineIn = (ms: number): Waiter['earliestDeadline'] => {
  const at = systemClock.now() + ms;
  return () => at;
};

describe('TurnWait', () => {
  const time = useVirtualTime();
  let wait: TurnWait;
  let looks: number[];

  beforeEach(() => {
    wait = new TurnWait(systemClock);
    looks = [];
  });

  /** Waits for a turn that ends after so many ms, and tells how long that took, and whose turn it was in the end. */
  const waitFor = async (endsAfterMs: number, wishes: Partial<Waiter> = {}): Promise<{ tookMs: number; turn: Turn }> => {
    const startedAt = systemClock.now();
    const { signal } = new AbortController();
    const waiter = { service: 'hubspot', operation: 'get_contact', earliestDeadline: () => startedAt + 60_000, signal, ...wishes };
    const waiting = wait.whileTheirs<{ turn: Turn }>({ turn: 'theirs' }, waiter, async () => {
      const elapsed = systemClock.now() - startedAt;
      looks.push(elapsed);
      return Promise.resolve({ turn: elapsed < endsAfterMs ? 'theirs' : 'open' });
    });
    const ended = waiting.then(({ turn }) => ({ turn, tookMs: systemClock.now() - startedAt }));
    await time.advance(5000);
    return ended;
  };

  it('notices an answer at most a quarter later than it came, and looks seldom for that', async () => {
    for (const endsAfterMs of [5, 50, 200, 700]) {
      looks = [];

      const { tookMs, turn } = await waitFor(endsAfterMs);

      expect(turn).to.equal('open');
      expect(tookMs).to.be.within(endsAfterMs, Math.max(10, endsAfterMs * 1.25 + 1));
      expect(looks.length).to.be.below(25);
    }
  });

  it('does not wait at all where it is nobody else’s turn', async () => {
    const seen = { turn: 'ours' };
    const waiter = { service: 'hubspot', operation: 'get_contact', earliestDeadline: () => 60_000, signal: new AbortController().signal };

    expect(await wait.whileTheirs(seen, waiter, () => Promise.reject(new Error()))).to.equal(seen);
  });

  it('gives up after a second', async () => {
    expect(await waitFor(Infinity)).to.deep.equal({ tookMs: 1000, turn: 'theirs' });
  });

  it('gives up after half of the time that is left', async () => {
    expect(await waitFor(Infinity, { earliestDeadline: deadlineIn(300) })).to.deep.equal({ tookMs: 150, turn: 'theirs' });
  });

  it('gives up for one with little time who joins the wait of a patient one', async () => {
    const startedAt = systemClock.now();
    const joinedAt = startedAt + 100;
    const earliestDeadline = (): number => (systemClock.now() < joinedAt ? startedAt + 60_000 : joinedAt + 300);

    const { tookMs } = await waitFor(Infinity, { earliestDeadline });

    expect(tookMs).to.be.within(200, 250);
  });

  it('gives up after four times what such questions usually take', async () => {
    for (const ms of [40, 60, 50, 50]) wait.learn('hubspot', 'get_contact', ms);

    const { tookMs } = await waitFor(Infinity);

    expect(tookMs).to.be.within(160, 240);
    expect((await waitFor(Infinity, { operation: 'another' })).tookMs).to.equal(1000);
    expect((await waitFor(Infinity, { service: 'another' })).tookMs).to.equal(1000);
  });

  it('waits a tenth of a second even for what is usually there at once', async () => {
    wait.learn('hubspot', 'get_contact', 1);

    expect((await waitFor(Infinity)).tookMs).to.equal(100);
  });

  it('ends with its signal, and leaves nothing behind', async () => {
    const { tookMs } = await waitFor(Infinity, { signal: AbortSignal.abort() });

    expect(tookMs).to.equal(0);
    expect(time.pendingTimers).to.equal(0);
  });
});
