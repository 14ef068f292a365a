import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { CallCancelledError, DeadlineExceededError } from '../../../../src/errors/upstreamErrors.ts';
import type { Answer } from '../../../../src/contract/call.ts';
import { deadline } from '../../../../src/pipeline/stages/deadline.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { answerOf, contextOf } from '../../../support/callContexts.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { HeldAttempt } from '../../../support/heldAttempt.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

describe('Deadline stage', () => {
  // Registered first, so that it looks before virtual time is over.
  afterEach(() => {
    expect(time.pendingTimers, 'timers left').to.equal(0);
  });
  const time = useVirtualTime();
  let work: HeldAttempt<Answer<string>>;

  beforeEach(() => {
    work = new HeldAttempt();
  });

  const call = (deadlineIn: number, callerSignal?: AbortSignal): Promise<Answer<string>> =>
    deadline(systemClock)(({ signal }) => work.begin(signal))(contextOf({ deadlineAt: systemClock.now() + deadlineIn, callerSignal }));

  it('hands over an answer that comes in time', async () => {
    const answer = call(100);
    await time.advance(99);

    work.succeed(answerOf('contact'));

    expect((await answer).value).to.equal('contact');
    expect(work.signal?.aborted).to.equal(false);
  });

  it('hands over an error that comes in time', async () => {
    const down = new Error('down');
    const error = errorOf(call(100), Error);

    work.fail(down);

    expect(await error).to.equal(down);
  });

  it('ends the call when the patience is over, and tells what is under way', async () => {
    const error = errorOf(call(100), DeadlineExceededError);

    await time.advance(100);

    expect(await error).to.include({ code: 'deadline_exceeded', deadlineMs: 100 });
    expect(work.signal?.reason).to.equal(await error);
  });

  it('answers in time even if nobody heeds the signal', async () => {
    const error = errorOf(call(100), DeadlineExceededError);
    await time.advance(100);
    await error;

    work.fail(new Error('too late'));
    await time.settle();

    expect(work.begun).to.equal(1);
  });

  for (const deadlineIn of [0, -1]) {
    it(`begins nothing with ${String(deadlineIn)} ms left`, async () => {
      await errorOf(call(deadlineIn), DeadlineExceededError);

      expect(work.begun).to.equal(0);
    });
  }

  it('ends the call when the caller hangs up, and says that it was the caller', async () => {
    const caller = new AbortController();
    const error = errorOf(call(100, caller.signal), CallCancelledError);

    caller.abort();

    expect(work.signal?.reason).to.equal(await error);
    expect(getEventListeners(caller.signal, 'abort')).to.deep.equal([]);
  });

  it('begins nothing for a caller who has hung up already, even if the deadline is over, too', async () => {
    await errorOf(call(0, AbortSignal.abort()), CallCancelledError);

    expect(work.begun).to.equal(0);
  });

  it('leaves no listener on the signal of a caller who stays', async () => {
    const caller = new AbortController();
    const answer = call(100, caller.signal);

    work.succeed(answerOf('contact'));
    await answer;
    await time.settle();

    expect(getEventListeners(caller.signal, 'abort')).to.deep.equal([]);
  });
});
