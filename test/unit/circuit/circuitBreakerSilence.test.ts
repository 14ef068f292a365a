import { expect } from 'chai';
import {
  CallCancelledError,
  DeadlineExceededError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { minutes, seconds } from '../../../src/time/clock.ts';
import { failWith, policy, site, useBreakerHouse } from '../../support/breakerHouse.ts';

const TIMEOUT_MS = seconds(4);
const cusum: DetectionPolicy = { strategy: 'cusum', threshold: 10 };
const strategies: readonly DetectionPolicy[] = [
  cusum,
  { strategy: 'rate', windowMs: seconds(10), minimumCalls: 100, failureRatePercent: 50, slowRatePercent: 50 },
  { strategy: 'consecutive', failures: 20 },
];
const leave = (): Error => new CallCancelledError(site);
const timeOut = (): Error => new UpstreamTimeoutError(site, TIMEOUT_MS);

describe('Circuit breaker of a service that answers nobody', () => {
  const house = useBreakerHouse();
  const breakerOf = (detection: DetectionPolicy): CircuitBreaker =>
    house.factory.breaker('hubspot', { attemptTimeoutMs: TIMEOUT_MS, circuit: { ...policy, detection } });

  /** Attempts that end so after so long each, one after the other, until one is refused. @returns how many were made. */
  const attemptsUntilOpen = async (breaker: CircuitBreaker, end: () => Error, afterMs: number, pauseMs = 0): Promise<number> => {
    let made = 0;
    while (breaker.state === 'closed' && made < 40) {
      made += 1;
      await house.callLasting(breaker, afterMs, end());
      await house.time.advance(pauseMs);
    }
    return made;
  };

  for (const detection of strategies) {
    for (const [who, end] of [
      ['callers who hang up', leave],
      ['deadlines that end', (): Error => new DeadlineExceededError(site, 1000)],
    ] as const) {
      it(`opens after eight ${who} within a second, by the ${detection.strategy} strategy`, async () => {
        const breaker = breakerOf(detection);

        expect(await attemptsUntilOpen(breaker, end, 1000)).to.equal(8);
        expect(breaker.snapshot()).to.include({ state: 'open', reason: 'no_answers' });
      });
    }
  }

  it('opens after three time-outs, however long there is between them', async () => {
    const breaker = breakerOf(cusum);

    expect(await attemptsUntilOpen(breaker, timeOut, TIMEOUT_MS, minutes(10))).to.equal(3);
  });

  it('takes a time-out among answers for a whole failure, like any other', async () => {
    const [slow, refused] = [breakerOf(cusum), house.breaker({ detection: cusum }, 'kit')];

    await house.callLasting(slow, TIMEOUT_MS, timeOut());
    await house.calls(refused, 1, failWith(new UpstreamUnavailableError(site, 'connect', 'not_sent')));

    expect(refused.snapshot().suspicion).to.be.closeTo(0.32, 0.01);
    expect(slow.snapshot().suspicion).to.be.closeTo(1 / 3, 0.01);
  });

  for (const [what, answer] of [
    ['a value', undefined],
    ['a refusal', new UpstreamRejectedError(site, 404)],
    ['a rate limit', new UpstreamRateLimitedError(site)],
  ] as const) {
    it(`stays closed, however many leave early, while others get ${what}`, async () => {
      const breaker = breakerOf(cusum);

      for (let caller = 0; caller < 40; caller += 1) {
        await house.callLasting(breaker, 600, leave());
        await house.callLasting(breaker, 300, answer);
      }

      expect(breaker.state).to.equal('closed');
    });
  }

  it('takes no notice of callers who leave sooner than an answer may be expected', async () => {
    const breaker = breakerOf(cusum);

    for (const afterMs of [5, 100, 499]) for (let caller = 0; caller < 20; caller += 1) await house.callLasting(breaker, afterMs, leave());

    expect(breaker.snapshot()).to.include({ state: 'closed', suspicion: 0 });
  });

  it('waits for twice the usual latency where that is longer than half a second', async () => {
    const breaker = breakerOf(cusum);
    for (let call = 0; call < 40; call += 1) await house.callLasting(breaker, 600);

    for (let caller = 0; caller < 20; caller += 1) await house.callLasting(breaker, 1100, leave());
    const early = breaker.state;
    const late = await attemptsUntilOpen(breaker, leave, 1300);

    expect([early, late]).to.deep.equal(['closed', 8]);
  });

  it('gives the probe back when its caller leaves, and opens again when four have left without an answer', async () => {
    const breaker = breakerOf(cusum);
    await attemptsUntilOpen(breaker, leave, 1000);
    await house.time.advance(minutes(1));

    const states = [];
    for (let caller = 0; caller < 4; caller += 1) {
      await house.callLasting(breaker, 600, leave());
      states.push(breaker.state);
    }

    expect(states).to.deep.equal(['half_open', 'half_open', 'half_open', 'open']);
  });
});
