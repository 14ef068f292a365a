import { expect } from 'chai';
import { CircuitOpenError } from '../../../src/errors/upstreamErrors.ts';
import { MOST_OPERATION_CIRCUITS } from '../../../src/circuit/operationCircuitPool.ts';
import { minutes, seconds } from '../../../src/time/clock.ts';
import { down, failWith, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { byEvidence, callEach, callOf, stop } from '../../support/operationCalls.ts';

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `operation_${String(index)}`);

/** Whether an operation has kept what it knows: a suspicion from before. */
const SUSPECT = { openCount: 0, open: [], suspect: ['first'] };

describe('Pool of the circuits of operations', () => {
  const house = useBreakerHouse();

  it('forgets, beyond its bound, the circuit whose last call is longest ago', async () => {
    const breaker = house.breaker(byEvidence);
    await callEach(breaker, ['earlier', 'read'], succeed);
    await house.time.advance(1);
    await callEach(breaker, ['first', 'first'], failWith(down()));
    await house.time.advance(1);
    await callEach(breaker, ['read'], succeed);
    await house.time.advance(1);

    await callEach(breaker, names(MOST_OPERATION_CIRCUITS - 2), succeed);

    expect(breaker.snapshot().operations).to.deep.equal(SUSPECT);
  });

  it('tells of the end of a circuit that it forgets while open', async () => {
    const breaker = house.breaker(byEvidence);
    await stop(house, breaker, 'search', 'read');

    await callEach(breaker, names(MOST_OPERATION_CIRCUITS), succeed);

    expect(house.operationChanges.map(({ circuit, from, to, reason }) => ({ circuit, from, to, reason }))).to.deep.equal([
      { circuit: 'hubspot:search', from: 'closed', to: 'open', reason: 'failure_evidence' },
      { circuit: 'hubspot:search', from: 'open', to: 'closed', reason: 'crowded_out' },
    ]);
    expect(await callOf(breaker, 'search', succeed)).to.equal('contact');
  });

  it('bounds all services together', async () => {
    const hubspot = house.breaker(byEvidence);
    await callEach(hubspot, ['first', 'first'], failWith(down()));
    await house.time.advance(1);

    await callEach(house.breaker(byEvidence, 'lemlist'), names(MOST_OPERATION_CIRCUITS - 1), succeed);
    expect(hubspot.snapshot().operations).to.deep.equal(SUSPECT);
    await callEach(house.breaker(byEvidence, 'explorium'), ['one_more'], succeed);

    expect(hubspot.snapshot().operations.suspect).to.deep.equal([]);
  });

  it('lets the attempts of a forgotten circuit end in peace', async () => {
    const breaker = house.breaker(byEvidence);
    const attempt = new HeldAttempt();
    const call = callOf(breaker, 'first', attempt.begin);
    await house.time.advance(1);
    await callEach(breaker, names(MOST_OPERATION_CIRCUITS), succeed);

    attempt.succeed('contact');

    expect(await call).to.equal('contact');
  });

  it('forgets what nobody has called for an hour, and tells of it if that was open', async () => {
    const breaker = house.breaker(byEvidence);
    await stop(house, breaker, 'search', 'read');

    await house.time.advance(minutes(60) - seconds(1));
    expect(breaker.snapshot().operations.open).to.deep.equal(['search']);
    await house.time.advance(minutes(1));

    expect(breaker.snapshot().operations.open).to.deep.equal([]);
    expect(house.operationChanges.at(-1)).to.include({ circuit: 'hubspot:search', from: 'half_open', to: 'closed', reason: 'idle' });
  });

  it('keeps a circuit that is called, however old', async () => {
    const breaker = house.breaker(byEvidence);
    await stop(house, breaker, 'search', 'read');
    await house.time.advance(minutes(30));
    await callEach(breaker, ['search'], failWith(down()));

    await house.time.advance(minutes(59));

    expect(breaker.snapshot().operations.open).to.deep.equal(['search']);
  });

  it('looks at most once a minute', async () => {
    const breaker = house.breaker(byEvidence);
    await house.time.advance(seconds(30));
    await stop(house, breaker, 'search', 'read');
    await house.time.advance(minutes(60) - seconds(10));
    breaker.snapshot();

    await house.time.advance(seconds(20));

    expect(breaker.snapshot().operations.open).to.deep.equal(['search']);
    await house.time.advance(minutes(1));
    expect(breaker.snapshot().operations.open).to.deep.equal([]);
  });

  it('still refuses by a circuit that it made anew after forgetting it', async () => {
    const breaker = house.breaker(byEvidence);
    await callEach(breaker, ['search'], succeed);
    await house.time.advance(minutes(62));
    breaker.snapshot();

    await stop(house, breaker, 'search', 'read');

    expect(await errorOf(callOf(breaker, 'search', succeed), CircuitOpenError)).to.include({ circuit: 'hubspot:search' });
  });
});
