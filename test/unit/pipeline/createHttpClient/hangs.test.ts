import { expect } from 'chai';
import { rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

/** Half the attempt timeout of the house. */
const SLOW_MS = 2_000;

describe('a client whose service hangs', () => {
  const rig = httpRig();
  const sequential = {
    policy: { circuit: { detection: { strategy: 'cusum', threshold: 10 } }, bulkhead: { maxConcurrent: 100, maxQueued: 100 } },
  } as const;

  it('opens its circuit and gives reads their fallback at the moment they are overdue, long before their time-out', async () => {
    rig.open(sequential, found, 'hang');
    await rig.read();
    await rig.clock.tickAsync(1_001);
    const read = rig.read();
    const others = Array.from({ length: 6 }, () => rejectionOf(rig.get()));

    await rig.clock.tickAsync(SLOW_MS);

    expect(await read).to.deep.include({ id: '7', _fallback: true });
    expect(await Promise.all(others)).to.satisfy((errors: readonly { code: string }[]) =>
      errors.every(({ code }) => code === 'circuit_open'),
    );
    expect(rig.wire.signals.slice(1).every(({ aborted }) => aborted)).to.equal(true);
    expect(rig.house.breaker.snapshot()).to.include({ state: 'open', reason: 'slow_evidence' });
  });

  it('opens although its few permits cannot be evidence enough, once all who hold one hang and nobody else gets one', async () => {
    rig.open(
      { policy: { ...sequential.policy, bulkhead: { minConcurrent: 2, startConcurrent: 3, maxConcurrent: 3, maxWaitMs: 100 } } },
      'hang',
    );
    const held = Array.from({ length: 3 }, () => rejectionOf(rig.get()));
    await rig.clock.tickAsync(SLOW_MS);
    const before = rig.house.breaker.snapshot().state;
    const refused = rejectionOf(rig.get());

    await rig.clock.tickAsync(100);

    expect(before).to.equal('closed');
    expect(await refused).to.include({ code: 'bulkhead_full' });
    expect(rig.house.breaker.snapshot()).to.include({ state: 'open', reason: 'all_hanging' });
    expect(await Promise.all(held)).to.satisfy((errors: readonly { code: string }[]) =>
      errors.every(({ code }) => code === 'circuit_open'),
    );
  });

  it('stays closed while one who holds a permit may still be in time', async () => {
    rig.open(
      { policy: { ...sequential.policy, bulkhead: { minConcurrent: 2, startConcurrent: 3, maxConcurrent: 3, maxQueued: 0 } } },
      'hang',
    );
    const held = Array.from({ length: 2 }, () => rejectionOf(rig.get()));
    await rig.clock.tickAsync(SLOW_MS - 50);
    held.push(rejectionOf(rig.get()));
    await rig.clock.tickAsync(50);

    const refused = await rejectionOf(rig.get());

    expect(refused).to.include({ code: 'bulkhead_full' });
    expect(rig.house.breaker.snapshot().state).to.equal('closed');
    await rig.clock.tickAsync(20 * SLOW_MS);
    await Promise.all(held);
  });

  it('leaves a write alone that must not be repeated: nobody knows what will become of it', async () => {
    rig.open(sequential, 'hang');
    const write = rejectionOf(rig.create());
    const reads = Array.from({ length: 6 }, () => rejectionOf(rig.get()));
    await rig.clock.tickAsync(SLOW_MS);
    await Promise.all(reads);
    const aborted = rig.wire.signals[0]?.aborted;

    await rig.clock.tickAsync(SLOW_MS);

    expect(aborted).to.equal(false);
    expect(await write).to.include({ code: 'outcome_unknown' });
  });

  it('sends nothing more to it, and permits are free again', async () => {
    rig.open(sequential, 'hang');
    const reads = Array.from({ length: 7 }, () => rejectionOf(rig.get()));
    await rig.clock.tickAsync(SLOW_MS);
    await Promise.all(reads);

    const error = await rejectionOf(rig.get());

    expect(error).to.include({ code: 'circuit_open' });
    expect(rig.wire.sent).to.have.length(7);
    expect(rig.house.http.getLimits().bulkhead.inFlight).to.equal(0);
  });
});
