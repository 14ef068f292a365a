/** The contract of a fleet store: leases of probes, what they show, and looks out of turn. */
import { expect } from 'chai';
import { Sprt } from '../../src/circuit/recovery/sprt.ts';
import { dueBy, freshCircuit, freshLease, openedBy, successesUntilClosed, type FleetRig } from './fleetRig.ts';

/** How many successes a trial of one process asks for. */
const successesOf = (usualRatio: number): number => {
  const test = new Sprt(usualRatio);
  let successes = 1;
  while (test.record(false) === 'undecided') successes += 1;
  return successes;
};

export const fleetProbes = (rig: () => FleetRig): void => {
  it('grants no probe before the open time is over, nor while closed', async () => {
    const circuit = freshCircuit();
    const closed = await rig().join('one').lease(circuit, { id: 'early', epoch: 0 }, 5000);
    const { one, view } = await openedBy(rig(), circuit);

    const open = await one.lease(circuit, freshLease(view), 5000);

    expect([closed.granted, open.granted]).to.deep.equal([false, false]);
    expect(closed.view.state).to.equal('closed');
    expect(open.view).to.include({ state: 'open', epoch: view.epoch });
  });

  it('becomes half-open with the first probe asked for after the open time', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);

    const before = await one.view(circuit);
    const { granted, view: after } = await one.lease(circuit, freshLease(view), 5000);

    expect(before).to.include({ state: 'open', remainingMs: 0 });
    expect(granted).to.equal(true);
    expect(after).to.include({ state: 'half_open', epoch: view.epoch, openings: 1 });
  });

  it('grants one probe to thirty replicas that race for it', async () => {
    const circuit = freshCircuit();
    const { view } = await dueBy(rig(), circuit);
    const names = Array.from({ length: 30 }, (_, index) => `racer${String(index)}`);

    const answers = await Promise.all(names.map((name) => rig().join(name).lease(circuit, freshLease(view), 5000)));

    expect(answers.filter(({ granted }) => granted)).to.have.length(1);
  });

  it('lets one more probe out with each success', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    let held = [freshLease(view)];
    await one.lease(circuit, held[0]!, 60_000);

    const out: number[] = [];
    for (let successes = 1; successes <= 3; successes += 1) {
      await one.settle(circuit, held[0]!, { kind: 'success' });
      held = held.slice(1);
      for (let time = 0; time < 10; time += 1) {
        const lease = freshLease(view);
        if ((await one.lease(circuit, lease, 60_000)).granted) held.push(lease);
      }
      out.push(held.length);
    }

    expect(out).to.deep.equal([2, 3, 4]);
  });

  it('frees the place of a probe whose time ran out, and does not hear it any more', async () => {
    const circuit = freshCircuit();
    const { one, other, view } = await dueBy(rig(), circuit);
    const [lost, next] = [freshLease(view), freshLease(view)];
    await one.lease(circuit, lost, 2000);

    const early = await other.lease(circuit, next, 5000);
    await rig().pass(2001);
    const late = await other.lease(circuit, next, 5000);
    const unheard = await one.settle(circuit, lost, { kind: 'failure' });
    const heard = await other.settle(circuit, next, { kind: 'failure' });

    expect([early.granted, late.granted]).to.deep.equal([false, true]);
    expect(unheard).to.include({ state: 'half_open', epoch: view.epoch });
    expect(heard.state).to.equal('open');
  });

  it('does not hear a probe whose time ran out even where nobody took its place', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    const lease = freshLease(view);
    await one.lease(circuit, lease, 2000);

    await rig().pass(2001);
    const after = await one.settle(circuit, lease, { kind: 'failure' });

    expect(after).to.include({ state: 'half_open', epoch: view.epoch, openings: 1 });
  });

  for (const isSettled of [false, true]) {
    it(`frees the place of one probe whose time ran out while others are out, ${isSettled ? 'though it was settled late' : 'without a word of it'}`, async () => {
      const circuit = freshCircuit();
      const { one, other, view } = await dueBy(rig(), circuit);
      const [first, short] = [freshLease(view), freshLease(view)];
      await one.lease(circuit, first, 5000);
      await one.settle(circuit, first, { kind: 'success' });
      await one.lease(circuit, freshLease(view), 60_000);
      await other.lease(circuit, short, 2000);

      await rig().pass(2001);
      const unheard = isSettled ? await other.settle(circuit, short, { kind: 'failure' }) : view;
      const answers = [await one.lease(circuit, freshLease(view), 5000), await one.lease(circuit, freshLease(view), 5000)];

      expect(unheard.epoch).to.equal(view.epoch);
      expect(answers.map(({ granted }) => granted)).to.deep.equal([true, false]);
    });
  }

  it('begins each trial with nobody out, whoever was out in the one before', async () => {
    const circuit = freshCircuit();
    const { one, other, view } = await dueBy(rig(), circuit);
    const [first, second, forgotten] = [freshLease(view), freshLease(view), freshLease(view)];
    await one.lease(circuit, first, 5000);
    await one.settle(circuit, first, { kind: 'success' });
    await one.lease(circuit, second, 5000);
    await other.lease(circuit, forgotten, 600_000);
    const opened = await one.settle(circuit, second, { kind: 'failure' });
    await rig().pass(opened.remainingMs + 1);

    const answers = [await one.lease(circuit, freshLease(opened), 5000), await one.lease(circuit, freshLease(opened), 5000)];

    expect(answers.map(({ granted }) => granted)).to.deep.equal([true, false]);
  });

  it('grants nothing under another epoch, and hears nothing of one', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    const stale = { id: 'stale', epoch: view.epoch - 1 };
    const lease = freshLease(view);

    const refused = await one.lease(circuit, stale, 5000);
    await one.lease(circuit, lease, 5000);
    const after = await one.settle(circuit, { ...lease, epoch: view.epoch - 1 }, { kind: 'failure' });

    expect(refused).to.deep.include({ granted: false });
    expect(refused.view.state).to.equal('open');
    expect(after).to.include({ state: 'half_open', epoch: view.epoch });
  });

  it('hears nothing of a lease that was never granted, and nothing twice', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    const [lease, invented] = [freshLease(view), freshLease(view)];
    await one.lease(circuit, lease, 5000);

    const first = await one.settle(circuit, invented, { kind: 'failure' });
    for (let time = 0; time < 10; time += 1) await one.settle(circuit, lease, { kind: 'success' });
    const last = await one.view(circuit);

    expect(first.state).to.equal('half_open');
    expect(last.state).to.equal('half_open');
  });

  it('opens again with any failure, for longer, as a row of its own', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    const lease = freshLease(view);
    await one.lease(circuit, lease, 5000);

    const after = await one.settle(circuit, lease, { kind: 'failure' });

    expect(after).to.include({ state: 'open', openings: 2, reason: 'probe_failed' });
    expect(after.epoch).to.be.above(view.epoch);
    expect(after.remainingMs).to.be.within(4500, 10_000);
  });

  it('stays open for what the service asked for with the failure, if that is longer, but five minutes at most between two trials', async () => {
    const askedFor = async (retryAfterMs: number): Promise<number> => {
      const circuit = freshCircuit();
      const { one, view } = await dueBy(rig(), circuit);
      const lease = freshLease(view);
      await one.lease(circuit, lease, 5000);
      return (await one.settle(circuit, lease, { kind: 'failure', retryAfterMs })).remainingMs;
    };

    const [little, much, tooMuch] = [await askedFor(1000), await askedFor(100_000), await askedFor(9_000_000)];

    expect(little).to.be.within(4500, 10_000);
    expect(much).to.be.within(99_000, 110_000);
    expect(tooMuch).to.be.within(299_000, 300_000);
  });

  for (const usualRatio of [0.02, 0.08, 0.15]) {
    it(`closes after as many successes as one process asks for, where ${String(usualRatio * 100)} % of calls usually fail`, async () => {
      const circuit = freshCircuit();
      const { one, view } = await dueBy(rig(), circuit);

      const successes = await successesUntilClosed(one, circuit, usualRatio);
      const closed = await one.view(circuit);

      expect(successes).to.equal(successesOf(usualRatio));
      expect(closed).to.include({ state: 'closed', openings: 1, remainingMs: 0 });
      expect(closed.epoch).to.be.above(view.epoch);
    });
  }

  it('takes an ignored outcome for nothing, and gives its place back', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);

    for (let time = 0; time < 10; time += 1) {
      const lease = freshLease(view);
      const { granted } = await one.lease(circuit, lease, 5000);
      const after = await one.settle(circuit, lease, { kind: 'ignored' });
      expect([granted, after.state]).to.deep.equal([true, 'half_open']);
    }
  });

  it('sends one replica of all to look while open, once in so many ms', async () => {
    const circuit = freshCircuit();
    const { one, other, view } = await openedBy(rig(), circuit);
    const look = () => Promise.all([one, other].map((store) => store.scout(circuit, view.epoch, 1000)));

    const first = await look();
    await rig().pass(1001);
    const second = await look();

    for (const answers of [first, second]) expect(answers.filter(Boolean)).to.have.length(1);
  });

  it('sends nobody to look while closed or half-open, or under another epoch', async () => {
    const circuit = freshCircuit();
    const closed = await rig().join('one').scout(circuit, 0, 1000);
    const { one, view } = await dueBy(rig(), circuit);
    const stale = await one.scout(circuit, view.epoch - 1, 1000);
    await one.lease(circuit, freshLease(view), 5000);
    const halfOpen = await one.scout(circuit, view.epoch, 1000);

    expect([closed, stale, halfOpen]).to.deep.equal([false, false, false]);
  });

  it('drops what is left of the open time when a look has found the service well', async () => {
    const circuit = freshCircuit();
    const { one, other, view } = await openedBy(rig(), circuit);

    const stale = await one.scouted(circuit, view.epoch - 1);
    const after = await one.scouted(circuit, view.epoch);
    const { granted } = await other.lease(circuit, freshLease(view), 5000);

    expect(stale.remainingMs).to.be.above(0);
    expect(after).to.include({ state: 'open', epoch: view.epoch, remainingMs: 0 });
    expect(granted).to.equal(true);
  });
};
