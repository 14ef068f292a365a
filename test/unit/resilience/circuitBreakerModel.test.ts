import { expect } from 'chai';
import fc from 'fast-check';
import { CircuitOpenError, UpstreamRateLimitedError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/resilience/circuitBreaker.ts';
import type { OverrideMode } from '../../../src/resilience/circuitState.ts';
import { minutes, systemClock } from '../../../src/time/clock.ts';
import { BreakerHouse, down, LEASE_MS, OPEN_MS, site, succeed } from '../../support/breakerHouse.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { ReferenceCircuit, type Admission, type Ending } from '../../support/referenceCircuit.ts';

type Step =
  | { readonly does: 'call' | 'release' | 'reset' }
  | { readonly does: 'settle'; readonly which: number; readonly ending: Ending }
  | { readonly does: 'advance'; readonly ms: number }
  | { readonly does: 'impose'; readonly mode: OverrideMode; readonly forMs: number };

/** One call: the attempt behind it if it was let through, and how often it settled with what. */
interface TrackedCall {
  readonly attempt: HeldAttempt;
  /** What the reference says of it: `unjudged` passed by an override. */
  readonly admission: Admission | 'unjudged' | 'unseen' | undefined;
  readonly outcomes: unknown[];
  ending: Ending | undefined;
}

const errors: Readonly<Record<Exclude<Ending, 'success'>, Error>> = {
  failure: down(),
  ignored: new UpstreamRateLimitedError(site),
  unauthorized: new UpstreamUnauthorizedError(site, 401),
};

const endings = fc.oneof(
  { weight: 4, arbitrary: fc.constant('failure' as const) },
  { weight: 2, arbitrary: fc.constantFrom('success' as const, 'ignored' as const) },
  { weight: 2, arbitrary: fc.constant('unauthorized' as const) },
);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ does: fc.constant('call' as const) }) },
    { weight: 12, arbitrary: fc.record({ does: fc.constant('settle' as const), which: fc.nat(20), ending: endings }) },
    { weight: 6, arbitrary: fc.record({ does: fc.constant('advance' as const), ms: fc.oneof(fc.nat(2 * OPEN_MS), fc.nat(minutes(3))) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('impose' as const),
        mode: fc.constantFrom<OverrideMode>('forced_open', 'disabled', 'metrics_only'),
        forMs: fc.nat(10_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('release' as const, 'reset' as const) }) },
  ),
  { minLength: 20, maxLength: 120, size: 'max' },
);

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A real circuit and the reference, taken through the same steps. */
class Comparison {
  readonly house = new BreakerHouse();
  readonly reference = new ReferenceCircuit();
  readonly calls: TrackedCall[] = [];
  readonly #breaker: CircuitBreaker;

  constructor() {
    this.house.start();
    this.#breaker = this.house.breaker();
  }

  async take(step: Step): Promise<void> {
    if (step.does === 'call') this.#call();
    else if (step.does === 'settle') this.#settle(step.which, step.ending);
    else if (step.does === 'advance') await this.house.time.advance(step.ms);
    else if (step.does === 'impose') this.house.impose(this.#breaker, step.mode, step.forMs);
    else if (step.does === 'release') this.#breaker.release();
    else this.#reset();
    await settled();
  }

  /** What has to hold after every step. */
  check(): void {
    const now = systemClock.now();
    const snapshot = this.#breaker.snapshot();
    expect(snapshot.state, 'state').to.equal(this.reference.stateAt(now));
    expect(snapshot.epoch, 'epoch').to.equal(this.reference.epochAt(now));
    const { fired, success, failure, ignored, rejected } = snapshot.calls;
    expect(fired, 'counts add up').to.equal(success + failure + ignored + rejected);
    const ended = this.calls.filter(({ admission, outcomes }) => admission !== 'unseen' && outcomes.length > 0);
    expect(fired, 'each counted once').to.equal(ended.length);
    for (const call of this.calls) this.#checkCall(call);
    const probes = this.calls.filter(
      ({ admission, ending }) => typeof admission === 'object' && admission.isProbe && admission.epoch === snapshot.epoch && ending === undefined,
    );
    expect(probes.length, 'probes out').to.be.at.most(1);
  }

  /** With a service that is well, and nobody in the way, it closes: however many attempts still hang. */
  async recover(): Promise<number> {
    const startedAt = systemClock.now();
    this.#breaker.release();
    while (this.#breaker.snapshot().state !== 'closed' && systemClock.now() - startedAt < minutes(5)) {
      await this.#breaker.call(succeed, site).catch(() => undefined);
      await this.house.time.advance(500);
    }
    return systemClock.now() - startedAt;
  }

  /** Ends whatever is still under way, and checks that it settles, once. */
  async end(): Promise<void> {
    for (const { attempt } of this.calls) attempt.succeed('contact');
    await settled();
    for (const { outcomes } of this.calls) expect(outcomes).to.have.length(1);
    this.house.stop();
  }

  #call(): void {
    const attempt = new HeldAttempt();
    const { override } = this.#breaker.snapshot();
    const call: TrackedCall = { attempt, admission: this.#admission(override?.mode), outcomes: [], ending: undefined };
    this.calls.push(call);
    const keep = (outcome: unknown): void => {
      call.outcomes.push(outcome);
    };
    this.#breaker.call(attempt.begin, site).then(keep, keep);
    expect(attempt.begun, 'let through').to.equal(call.admission === undefined ? 0 : 1);
  }

  #admission(mode: OverrideMode | undefined): TrackedCall['admission'] {
    if (mode === 'disabled') return 'unseen';
    if (mode === 'forced_open') return undefined;
    return this.reference.admit(systemClock.now()) ?? (mode === 'metrics_only' ? 'unjudged' : undefined);
  }

  #settle(which: number, ending: Ending): void {
    const underWay = this.calls.filter((call) => call.admission !== undefined && call.ending === undefined);
    const call = underWay[which % Math.max(1, underWay.length)];
    if (call === undefined) return;
    call.ending = ending;
    if (ending === 'success') call.attempt.succeed('contact');
    else call.attempt.fail(errors[ending]);
    if (typeof call.admission === 'object') this.reference.settle(call.admission, ending, systemClock.now());
  }

  #reset(): void {
    this.#breaker.reset();
    this.reference.reset(systemClock.now());
  }

  #checkCall({ admission, ending, outcomes }: TrackedCall): void {
    if (admission === undefined) expect(outcomes[0], 'refused').to.be.instanceOf(CircuitOpenError);
    else if (ending === undefined) expect(outcomes, 'still under way').to.deep.equal([]);
    else expect(outcomes, 'its own outcome').to.deep.equal([ending === 'success' ? 'contact' : errors[ending]]);
    expect(outcomes.length).to.be.at.most(1);
  }
}

/** The longest way back: a credential's open time, a lost probe, and the longest open time after it. */
const RECOVERY_MS = minutes(1) + LEASE_MS + 8 * OPEN_MS + 2 * 500;

describe('Circuit breaker, taken through any steps', () => {
  it('agrees with the reference, gives each call its own outcome once, counts it once, and always recovers', async function () {
    this.timeout(30_000);
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const comparison = new Comparison();
        try {
          for (const step of all) {
            await comparison.take(step);
            comparison.check();
          }
          expect(await comparison.recover(), 'time to recover').to.be.at.most(RECOVERY_MS);
          await comparison.end();
        } finally {
          comparison.house.time.restore();
        }
      }),
      { numRuns: 100 },
    );
  });
});
