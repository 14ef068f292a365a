import { inspect } from 'node:util';
import { expect } from 'chai';
import type sinon from 'sinon';
import { createAttemptLoop } from '../../../../src/pipeline/stages/retry.ts';
import type { HttpRequest } from '../../../../src/wire/transport.ts';
import { fakeTime, rejectionOf } from '../../../support/httpHouse.ts';

const request: HttpRequest = { method: 'POST', origin: 'https://api.acme.test', path: '/things', headers: {}, body: '{"a":1}' };

/** Attempts that fail with each of the errors in turn, then succeed. */
const attempts = (...errors: readonly unknown[]) => {
  const times: number[] = [];
  return {
    times,
    attempt: async (): Promise<{ readonly id: string }> => {
      times.push(Date.now());
      const error = errors[times.length - 1];
      if (error !== undefined) throw error as Error;
      return { id: '7' };
    },
  };
};

const always = (delayMs: number) => (): number => delayMs;

describe('the retry loop', () => {
  let clock: sinon.SinonFakeTimers;
  const loop = createAttemptLoop();
  const forever = new AbortController().signal;

  beforeEach(() => {
    clock = fakeTime();
  });

  afterEach(() => {
    clock.restore();
  });

  it('gives the value of the first attempt as it is, without asking for a delay', async () => {
    const value = Object.freeze({ id: '7' });
    let asked = 0;

    const answer = await loop.run(
      request,
      () => Promise.resolve(value),
      () => (asked += 1),
      forever,
    );

    expect(answer).to.equal(value);
    expect(asked).to.equal(0);
  });

  for (const value of [undefined, null, '', '{"looks":"like JSON"}', 0, false, [1], Buffer.from('x')]) {
    it(`gives ${inspect(value)} back untouched`, async () => {
      expect(await loop.run(request, () => Promise.resolve(value), always(0), forever)).to.equal(value);
    });
  }

  it('waits exactly as long as it is told before each further attempt', async () => {
    const { attempt, times } = attempts(new Error('one'), new Error('two'), new Error('three'));
    const delays = [100, 2_500, 1];

    const answer = loop.run(request, attempt, () => delays.shift(), forever);
    await clock.tickAsync(99);
    const before = times.length;
    await clock.tickAsync(5_000);

    expect(await answer).to.deep.equal({ id: '7' });
    expect(before).to.equal(1);
    expect(times).to.deep.equal([0, 100, 2_600, 2_601]);
  });

  it('asks the rule once for each failure, with the failure itself', async () => {
    const errors = [new Error('one'), { not: 'an Error' }, 'a string'];
    const asked: unknown[] = [];

    const answer = loop.run(request, attempts(...errors).attempt, (error) => asked.push(error), forever);
    await clock.tickAsync(100);
    await answer;

    expect(asked).to.deep.equal(errors);
    expect(asked[0]).to.equal(errors[0]);
  });

  for (const last of [new Error('the last'), 'a string', Object.assign(new Error('like one of axios'), { code: 'ECONNABORTED' })]) {
    it(`ends with the last attempt’s error itself: ${String(last)}`, async () => {
      const { attempt, times } = attempts(new Error('one'), last);

      const rejection = rejectionOf(loop.run(request, attempt, (error) => (error === last ? undefined : 10), forever));
      await clock.tickAsync(10);

      expect(await rejection).to.equal(last);
      expect(times).to.have.length(2);
    });
  }

  it('repeats as often as the rule says, whatever the method and the libraries’ own opinion', async () => {
    const errors = Array.from({ length: 25 }, (_, index) => Object.assign(new Error(String(index)), { code: 'ERR_CANCELED' }));
    const { attempt, times } = attempts(...errors);

    const answer = loop.run(request, attempt, always(1), forever);
    await clock.tickAsync(100);

    expect(await answer).to.deep.equal({ id: '7' });
    expect(times).to.have.length(26);
  });

  it('never repeats a failure by itself, not even a connection reset', async () => {
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    const { attempt, times } = attempts(reset);

    expect(await rejectionOf(loop.run(request, attempt, () => undefined, forever))).to.equal(reset);
    await clock.tickAsync(60_000);
    expect(times).to.have.length(1);
  });

  it('ends a pause at once when the signal aborts, with its reason and without another attempt', async () => {
    const { attempt, times } = attempts(new Error('one'));
    const controller = new AbortController();
    const reason = new Error('the caller hung up');

    const rejection = rejectionOf(loop.run(request, attempt, always(60_000), controller.signal));
    await clock.tickAsync(1_000);
    controller.abort(reason);

    expect(await rejection).to.equal(reason);
    expect(Date.now()).to.equal(1_000);
    await clock.tickAsync(120_000);
    expect(times).to.have.length(1);
    expect(clock.countTimers()).to.equal(0);
  });

  it('makes no attempt when the signal has aborted before', async () => {
    const { attempt, times } = attempts();
    const reason = new Error('too late');

    expect(await rejectionOf(loop.run(request, attempt, always(0), AbortSignal.abort(reason)))).to.equal(reason);
    expect(times).to.have.length(0);
  });

  it('ends with the reason when the signal aborts during an attempt', async () => {
    const controller = new AbortController();
    const reason = new Error('the deadline');
    const attempt = (): Promise<never> => {
      controller.abort(reason);
      return Promise.reject(new Error('whatever the attempt makes of it'));
    };

    expect(await rejectionOf(loop.run(request, attempt, always(0), controller.signal))).to.equal(reason);
  });

  it('ends with what the rule throws instead of hanging', async () => {
    const bug = new Error('a bug in the rule');
    const broken = (): number => {
      throw bug;
    };

    expect(await rejectionOf(loop.run(request, attempts(new Error('one')).attempt, broken, forever))).to.equal(bug);
  });

  it('keeps the loops of concurrent calls apart', async () => {
    const [one, other] = [attempts(new Error('one')), attempts(new Error('two'), new Error('three'))];

    const answers = [loop.run(request, one.attempt, always(100), forever), loop.run(request, other.attempt, always(30), forever)];
    await clock.tickAsync(100);
    await Promise.all(answers);

    expect([one.times, other.times]).to.deep.equal([
      [0, 100],
      [0, 30, 60],
    ]);
  });
});
