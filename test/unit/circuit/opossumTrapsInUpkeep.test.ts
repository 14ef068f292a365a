/** What circuits cost, and what they leave behind. Which trap is proven where: `opossumTraps.test.ts`. */
import { expect } from 'chai';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, policy, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('Opossum’s traps in upkeep', () => {
  const house = useBreakerHouse();

  it('11: the time of the next probe counts from the opening, not from the birth of the circuit', async () => {
    const breaker = house.breaker();
    await house.time.advance(10 * OPEN_MS);

    await house.trip(breaker);

    expect(breaker.snapshot().nextProbeAt).to.equal(systemClock.wallTime() + OPEN_MS);
  });

  it('25: a hundred circuits share one timer, and warn of no listeners', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => {
      warnings.push(name);
    };
    process.on('warning', onWarning);
    const before = house.time.pendingTimers;

    for (let made = 0; made < 100; made += 1) house.breaker({}, `circuit ${String(made)}`);
    const timers = house.time.pendingTimers;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('warning', onWarning);

    expect(before).to.equal(1);
    expect(timers).to.equal(1);
    expect(warnings).to.deep.equal([]);
  });

  it('27: asking for a circuit a thousand times makes one', () => {
    const asked = Array.from({ length: 1000 }, () => house.breaker());

    expect(new Set(asked).size).to.equal(1);
    expect(house.factory.states()).to.have.length(1);
  });

  it('27: a call that ends leaves no timer, however it ends', async () => {
    const action = house.factory.create('reports', async (_signal: AbortSignal, ending: 'well' | 'badly') =>
      ending === 'well' ? succeed() : Promise.reject(down()),
    );
    const before = house.time.pendingTimers;

    await action.fire('well');
    await errorOf(action.fire('badly'), Error);

    expect(house.time.pendingTimers).to.equal(before);
  });

  it('30: changing a policy object after the fact changes no circuit', async () => {
    const mine = structuredClone(policy);
    const breaker = house.factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: mine });

    mine.openForMs = seconds(9);
    mine.detection = { strategy: 'consecutive', failures: 1 };
    await house.calls(breaker, 1, failWith(down()));
    const afterOne = breaker.snapshot().state;
    await house.calls(breaker, 2, failWith(down()));

    expect(afterOne).to.equal('closed');
    expect(breaker.snapshot().nextProbeAt).to.equal(systemClock.wallTime() + OPEN_MS);
  });

  it('34: however many use a circuit, it has the listeners it was born with', async () => {
    const breaker = house.breaker();
    const before = breaker.observed.eventNames();

    for (let user = 0; user < 50; user += 1) {
      house.factory.create('hubspot', new HeldAttempt().begin, { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: policy });
    }
    await breaker.call(succeed, site);

    expect(breaker.observed.eventNames()).to.deep.equal(before);
  });
});
