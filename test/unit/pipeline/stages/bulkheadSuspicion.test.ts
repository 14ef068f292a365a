import { expect } from 'chai';
import type { Answer } from '../../../../src/contract/call.ts';
import { Bulkhead } from '../../../../src/pipeline/stages/bulkhead.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { answerOf, contextOf } from '../../../support/callContexts.ts';
import { HeldAttempt } from '../../../support/heldAttempt.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

describe('Bulkhead of a suspect service', () => {
  const time = useVirtualTime();
  const ten = { startConcurrent: 10, minConcurrent: 2, maxConcurrent: 10, maxQueued: 10, maxWaitMs: 100 };
  let isSuspect: boolean;
  let told: boolean[];
  let bulkhead: Bulkhead;

  beforeEach(() => {
    isSuspect = false;
    told = [];
    bulkhead = new Bulkhead({
      policy: ten,
      clock: systemClock,
      isSuspect: () => isSuspect,
      onCrowded: (isCrowded) => told.push(isCrowded),
    });
  });

  const enter = (count: number): { readonly work: HeldAttempt<Answer<string>>; readonly calls: readonly Promise<Answer<string>>[] } => {
    const work = new HeldAttempt<Answer<string>>();
    return { work, calls: Array.from({ length: count }, () => bulkhead.stage(async () => work.begin())(contextOf())) };
  };

  it('lets in seven tenths of its limit, never fewer than its minimum', () => {
    isSuspect = true;
    const small = new Bulkhead({ policy: { ...ten, startConcurrent: 2, maxConcurrent: 2 }, clock: systemClock, isSuspect: () => true });

    expect([bulkhead.limit, small.limit]).to.deep.equal([7, 2]);
  });

  it('lets those who wait go first once the suspicion is over', async () => {
    isSuspect = true;
    const first = enter(8);
    const during = bulkhead.inFlight;
    isSuspect = false;
    const later = enter(1);
    await time.settle();

    expect([during, bulkhead.inFlight]).to.deep.equal([7, 9]);
    for (const { work } of [first, later]) work.succeed(answerOf('contact'));
    await Promise.all([...first.calls, ...later.calls]);
    expect(bulkhead.inFlight).to.equal(0);
  });

  it('tells when more than four fifths are in use, and when no longer; once each', async () => {
    const most = enter(8);
    const before = [...told];
    const rest = enter(2);
    const full = [...told];
    rest.work.succeed(answerOf('contact'));
    await Promise.all(rest.calls);
    most.work.succeed(answerOf('contact'));
    await Promise.all(most.calls);

    expect([before, full, told]).to.deep.equal([[], [true], [true, false]]);
  });
});
