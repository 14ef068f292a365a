import { expect } from 'chai';
import type { CircuitBreaker } from '../../../../src/circuit/circuitBreaker.ts';
import { RecoveryProber } from '../../../../src/circuit/recovery/recoveryProber.ts';
import { minutes, seconds, systemClock } from '../../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, policy, succeed, useBreakerHouse } from '../../../support/breakerHouse.ts';

describe('RecoveryProber of a service that few ask for', () => {
  // Registered first, so that the house finds nothing left behind.
  afterEach(() => {
    prober.stop();
    stopFactory();
  });

  const house = useBreakerHouse();
  let prober: RecoveryProber;
  let breaker: CircuitBreaker;
  let stopFactory: () => void;
  /** When it looked, ms after the opening. */
  let asked: number[];

  beforeEach(async () => {
    asked = [];
    let openedAt = 0;
    const factory = house.createFactory([
      {
        circuitChanged: (event) => {
          prober.circuitChanged(event);
        },
      },
    ]);
    stopFactory = () => {
      factory.shutdown();
    };
    const circuit = { ...policy, openForMs: minutes(20), openForCapMs: minutes(20) };
    breaker = factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit });
    const attempt = async (): Promise<never> => {
      asked.push(Math.round(systemClock.now() - openedAt));
      return Promise.reject(down());
    };
    prober = new RecoveryProber({ breaker, everyMs: 2500, attempt, clock: systemClock, random: () => 0.5 });
    await house.trip(breaker);
    openedAt = systemClock.now();
  });

  const turnAway = (): void => {
    prober.circuitCalled('hubspot', 'reject');
  };

  it('looks more rarely while nobody is turned away', async () => {
    await house.time.advance(seconds(12));

    expect(asked).to.deep.equal([3750, 7500, 11_250]);
  });

  it('looks at once for a caller who is turned away when the next look would have been due', async () => {
    await house.time.advance(1000);
    prober.circuitCalled('lemlist', 'reject');
    prober.circuitCalled('hubspot', 'failure');
    await house.time.advance(2000);
    const before = [...asked];

    turnAway();
    await house.time.advance(1);

    expect([before, asked]).to.deep.equal([[], [3000]]);
  });

  it('looks once for many of them', async () => {
    await house.time.advance(3000);

    for (let each = 0; each < 20; each += 1) turnAway();
    await house.time.advance(2400);

    expect(asked).to.deep.equal([3000]);
  });

  it('does not look sooner because more are turned away', async () => {
    for (let each = 0; each < 24; each += 1) {
      turnAway();
      await house.time.advance(100);
    }

    expect(asked).to.deep.equal([]);
  });

  it('is not called from its rest once the circuit has closed', async () => {
    await house.time.advance(3000);
    prober.circuitChanged({ circuit: 'hubspot', from: 'open', to: 'closed', reason: 'reset', at: 0, lastedMs: 0 });

    turnAway();
    await house.time.advance(seconds(10));

    expect(asked).to.deep.equal([]);
  });

  it('spares the first caller after a long silence the wait for a service that its check finds failing, and only the first', async () => {
    breaker.recoverNow();
    await house.time.advance(seconds(10));

    const before = breaker.snapshot().state;
    await house.calls(breaker, 1, succeed);
    const spared = breaker.snapshot().calls.rejected;
    await house.time.advance(1000);
    await house.calls(breaker, 1, succeed);

    expect(before).to.equal('half_open');
    expect(spared).to.equal(1);
    expect(breaker.snapshot().calls.rejected).to.equal(1);
    expect(breaker.snapshot().recovery?.trial?.good).to.equal(1);
  });
});
