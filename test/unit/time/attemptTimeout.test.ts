import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { withAttemptTimeout, type Cuttable } from '../../../src/time/attemptTimeout.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const timedOut = new Error('timed out');

describe('withAttemptTimeout', () => {
  // Registered first, so that it looks before virtual time is over.
  afterEach(() => {
    expect(time.pendingTimers, 'timers left').to.equal(0);
  });
  const time = useVirtualTime();

  const within = <T>(attempt: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    withAttemptTimeout(attempt, { timeoutMs: 100, signal, onTimeout: () => timedOut }, systemClock);

  it('hands over the value', async () => {
    expect(await within(async () => Promise.resolve('contact'))).to.equal('contact');
  });

  it('hands over the very error, even one that is no Error', async () => {
    const error = new Error('down');
    const thrown: unknown = await within(async () => {
      await Promise.resolve();
      const oddity: unknown = 'odd';
      throw oddity;
    }).catch((reason: unknown) => reason);

    expect(
      await errorOf(
        within(async () => Promise.reject(error)),
        Error,
      ),
    ).to.equal(error);
    expect(thrown).to.equal('odd');
  });

  it('cleans up after an attempt that throws at once', async () => {
    const error = new Error('a bug');

    const call = within(() => {
      throw error;
    });

    expect(await errorOf(call, Error)).to.equal(error);
  });

  it('ends an attempt when its time is over, and tells it why', async () => {
    const attempt = new HeldAttempt();
    const error = errorOf(within(attempt.begin), Error);

    await time.advance(99);
    const before = attempt.signal?.aborted;
    await time.advance(1);

    expect(before).to.equal(false);
    expect(await error).to.equal(timedOut);
    expect(attempt.signal?.reason).to.equal(timedOut);
  });

  it('settles in time even if the attempt ignores its signal, and what it says later goes nowhere', async () => {
    const deaf = new HeldAttempt();
    const error = errorOf(within(deaf.begin), Error);
    await time.advance(100);

    deaf.fail(new Error('too late'));
    await time.settle();

    expect(await error).to.equal(timedOut);
  });

  it('leaves behind how the attempt is cut off early, with what error', async () => {
    const attempt = new HeldAttempt();
    const cuttable: Cuttable = {};
    const limits = { timeoutMs: 100, onTimeout: () => timedOut, cuttable };
    const error = errorOf(withAttemptTimeout(attempt.begin, limits, systemClock), Error);
    const cutOff = new Error('cut off');

    cuttable.cut?.(cutOff);

    expect(await error).to.equal(cutOff);
    expect(attempt.signal?.reason).to.equal(cutOff);
  });

  describe('after the process has stood still', () => {
    it('gives the answer that has arrived meanwhile a moment to be read', async () => {
      const attempt = new HeldAttempt();
      const call = within(attempt.begin);

      time.stall(5000);
      await time.advance(49);
      attempt.succeed('contact');

      expect(await call).to.equal('contact');
    });

    it('times out when there is none', async () => {
      const error = errorOf(within(new HeldAttempt().begin), Error);

      time.stall(5000);
      await time.advance(50);

      expect(await error).to.equal(timedOut);
    });

    it('ends during that moment as soon as the outer signal aborts', async () => {
      const outer = new AbortController();
      const error = errorOf(within(new HeldAttempt().begin, outer.signal), Error);
      time.stall(5000);
      const hungUp = new Error('hung up');

      outer.abort(hungUp);

      expect(await error).to.equal(hungUp);
    });
  });

  it('gives each attempt a signal of its own', async () => {
    const [slow, quick] = [new HeldAttempt(), new HeldAttempt()];
    const error = errorOf(within(slow.begin), Error);
    await time.advance(50);
    const call = within(quick.begin);

    await time.advance(50);
    await error;
    quick.succeed('contact');

    expect(await call).to.equal('contact');
    expect(quick.signal?.aborted).to.equal(false);
  });

  it('ends as soon as the outer signal aborts, with its reason', async () => {
    const outer = new AbortController();
    const attempt = new HeldAttempt();
    const error = errorOf(within(attempt.begin, outer.signal), Error);
    const hungUp = new Error('hung up');

    outer.abort(hungUp);

    expect(await error).to.equal(hungUp);
    expect(attempt.signal?.reason).to.equal(hungUp);
  });

  it('makes no attempt under a signal that has aborted', async () => {
    const attempt = new HeldAttempt();

    const error = await errorOf(within(attempt.begin, AbortSignal.abort(new Error('hung up'))), Error);

    expect(error.message).to.equal('hung up');
    expect(attempt.begun).to.equal(0);
  });

  it('makes an error of a reason that is none', async () => {
    const error = await errorOf(within(new HeldAttempt().begin, AbortSignal.abort('enough')), Error);

    expect(error).to.deep.include({ message: 'aborted', cause: 'enough' });
  });

  it('leaves no listener on the outer signal, however it ends', async () => {
    const { signal } = new AbortController();

    await within(async () => Promise.resolve('contact'), signal);
    await errorOf(
      within(async () => Promise.reject(new Error('down')), signal),
      Error,
    );
    const late = errorOf(within(new HeldAttempt().begin, signal), Error);
    await time.advance(100);
    await late;

    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });
});
