import { expect } from 'chai';
import { CircuitOpenError } from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { guarded } from '../../../src/contract/events.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { minutes, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, policy, PROBES, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { byEvidence, callEach, callOf, ENOUGH, siteOf, stop } from '../../support/operationCalls.ts';

describe('Circuits of operations, in the hands of people', () => {
  const house = useBreakerHouse();
  let breaker: CircuitBreaker;

  beforeEach(async () => {
    breaker = house.breaker(byEvidence);
    await stop(house, breaker, 'search', 'read');
  });

  const refusalOf = async (operation: string): Promise<CircuitOpenError> => errorOf(callOf(breaker, operation, succeed), CircuitOpenError);

  it('stand back behind a service that is forced open: the refusal is the override’s', async () => {
    house.impose(breaker, 'forced_open');

    expect(await refusalOf('search')).to.include({ circuit: 'hubspot', reason: 'forced_open' });
  });

  it('let everything pass, unjudged, while the service’s circuit is disabled', async () => {
    house.impose(breaker, 'disabled');

    expect(await callOf(breaker, 'search', succeed)).to.equal('contact');
    await callEach(breaker, Array<string>(2 * ENOUGH).fill('list'), failWith(down()));

    expect(breaker.snapshot().operations).to.deep.equal({ openCount: 1, open: ['search'], suspect: [] });
  });

  it('let everything pass and go on judging while the service’s circuit only measures', async () => {
    house.impose(breaker, 'metrics_only');

    expect(await callOf(breaker, 'search', succeed)).to.equal('contact');
    await house.time.advance(OPEN_MS);
    await callEach(breaker, Array<string>(PROBES).fill('search'), succeed);

    expect(house.operationChanges.at(-1)).to.include({ to: 'closed', reason: 'probe_succeeded' });
  });

  it('are closed by a reset of the service’s circuit', async () => {
    breaker.reset();

    expect(house.operationChanges.at(-1)).to.include({ circuit: 'hubspot:search', to: 'closed', reason: 'reset' });
    expect(await callOf(breaker, 'search', succeed)).to.equal('contact');
  });

  it('judge by changed thresholds as long as the service’s circuit does, also where they are made later', async () => {
    await house.time.advance(minutes(1));
    breaker.changeDetection(
      { strategy: 'consecutive', failures: 2 },
      { reason: 'noisy', by: 'oncall', until: systemClock.wallTime() + minutes(1) },
    );
    const failTwice = async (operation: string): Promise<void> => {
      await callEach(breaker, [operation], failWith(down()));
      await callEach(breaker, ['read'], succeed);
      await callEach(breaker, [operation], failWith(down()));
    };

    await failTwice('list');
    await house.time.advance(minutes(1));
    await failTwice('count');

    expect(house.operationChanges.filter(({ to }) => to === 'open').map(({ operation, reason }) => [operation, reason])).to.deep.equal([
      ['search', 'failure_evidence'],
      ['list', 'consecutive_failures'],
    ]);
  });
});

describe('Circuits of operations at the end', () => {
  const house = useBreakerHouse();

  it('refuse in the service’s name, and leave no timer behind', async () => {
    const breaker = house.breaker(byEvidence);
    await stop(house, breaker, 'search', 'read');
    const attempt = new HeldAttempt();
    const call = callOf(breaker, 'read', attempt.begin);

    house.factory.shutdown();

    expect(house.time.pendingTimers).to.equal(0);
    expect(await errorOf(callOf(breaker, 'search', succeed), CircuitOpenError)).to.include({ circuit: 'hubspot', reason: 'shutdown' });
    attempt.succeed('contact');
    expect(await call).to.equal('contact');
  });

  it('harm no call when a listener to their changes throws', async () => {
    const thrown: unknown[] = [];
    const onListenerError = (error: unknown): void => {
      thrown.push(error);
    };
    const listener = {
      operationCircuitChanged: (): never => {
        throw new Error('a listener fails');
      },
    };
    const events = guarded([listener], onListenerError);
    const factory = new CircuitBreakerFactory({ clock: systemClock, random: () => 0, events, onListenerError });
    const breaker = factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: { ...policy, ...byEvidence } });

    await stop(house, breaker, 'search', 'read');
    const refusal = await errorOf(breaker.callOperation(succeed, siteOf('search')), CircuitOpenError);
    factory.shutdown();

    expect(refusal.circuit).to.equal('hubspot:search');
    expect(thrown).to.have.length(1);
  });
});
