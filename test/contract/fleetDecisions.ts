/** The contract of a fleet store: when the circuit of a fleet opens, and what is told of it. */
import { expect } from 'chai';
import type { FleetView } from '../../src/contract/fleetStore.ts';
import { openTimeMs } from '../../src/circuit/recovery/openTime.ts';
import { bad, dueBy, freshCircuit, freshLease, openedBy, successesUntilClosed, well, type FleetRig } from './fleetRig.ts';

/** Reports of so many replicas, those from `from` on. */
const reportAll = async (rig: FleetRig, circuit: ReturnType<typeof freshCircuit>, scores: readonly number[]): Promise<FleetView> => {
  let view: FleetView | undefined;
  for (const [index, score] of scores.entries())
    view = await rig.join(`replica${String(index)}`).report(circuit, { score, reason: `r${String(index)}` });
  return view!;
};
const times = (count: number, score: number): readonly number[] => Array.from({ length: count }, () => score);

export const fleetDecisions = (rig: () => FleetRig): void => {
  it('knows nothing of a circuit at first: closed, no epoch, nobody there', async () => {
    const view = await rig().join('one').view(freshCircuit());

    expect(view).to.deep.equal({
      state: 'closed',
      epoch: 0,
      remainingMs: 0,
      openings: 0,
      reason: '',
      replicas: 0,
      othersWell: 0,
      othersIll: 0,
      override: undefined,
    });
  });

  it('is never opened by one replica alone, however bad and however often', async () => {
    const circuit = freshCircuit();
    const one = rig().join('one');

    const views = [];
    for (let time = 0; time < 20; time += 1) views.push(await one.report(circuit, bad));

    expect(views.every(({ state, epoch, replicas }) => state === 'closed' && epoch === 0 && replicas === 1)).to.equal(true);
  });

  it('is opened by two of two, for the reason of the one who completed the quorum, for half to the whole of the open time', async () => {
    const circuit = freshCircuit();
    const before = await rig().join('one').report(circuit, { score: 1, reason: 'first' });
    const view = await rig().join('other').report(circuit, { score: 1, reason: 'second' });

    expect(before.state).to.equal('closed');
    expect(view).to.include({ state: 'open', openings: 1, reason: 'second', replicas: 2 });
    expect(view.epoch).to.be.above(0);
    expect(view.remainingMs).to.be.within(2000, 5000);
  });

  it('tells every replica the same of the decision, also those that have not reported', async () => {
    const circuit = freshCircuit();
    const { view } = await openedBy(rig(), circuit);

    const seen = await rig().join('third').view(circuit);

    expect(seen).to.include({ state: 'open', epoch: view.epoch, openings: 1, reason: bad.reason, replicas: 2 });
    expect(seen.remainingMs).to.be.at.most(view.remainingMs);
  });

  it('is opened by half the evidence of neither of two', async () => {
    const view = await reportAll(rig(), freshCircuit(), [1, 0.49]);

    expect(view.state).to.equal('closed');
  });

  it('counts nobody for more than a share: one of ten, or two of ten, however bad, do not open', async () => {
    const circuit = freshCircuit();
    await reportAll(rig(), circuit, times(10, 0));

    const views = [await reportAll(rig(), circuit, [1]), await reportAll(rig(), circuit, [1, 1])];
    const opened = await reportAll(rig(), circuit, [1, 1, 1]);

    expect(views.map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
    expect(opened).to.include({ state: 'open', reason: 'r2', replicas: 10 });
  });

  for (const [replicas, quorum] of [
    [2, 2],
    [3, 2],
    [6, 2],
    [7, 3],
    [10, 3],
    [11, 4],
    [30, 9],
  ] as const) {
    it(`asks for the evidence of ${String(quorum)} of ${String(replicas)}`, async () => {
      const circuit = freshCircuit();
      await reportAll(rig(), circuit, times(replicas, 0));

      const tooFew = await reportAll(rig(), circuit, times(quorum - 1, 1));
      const enough = await reportAll(rig(), circuit, times(quorum, 1));

      expect(tooFew.state).to.equal('closed');
      expect(enough.state).to.equal('open');
    });
  }

  it('is not opened by many who have each next to nothing', async () => {
    const view = await reportAll(rig(), freshCircuit(), times(10, 0.12));

    expect(view.state).to.equal('closed');
  });

  it('takes the worth of one failure for a vote: what few have seen adds up', async () => {
    const circuit = freshCircuit();
    await reportAll(rig(), circuit, times(6, 0));

    const tooLittle = await reportAll(rig(), circuit, [1, 0.3]);
    const seen = await rig().join('replica0').report(circuit, { score: 0.4, reason: '' });
    const opened = await reportAll(rig(), circuit, [0.4, 0.4, 0.4]);

    expect([tooLittle.state, seen.state, opened.state]).to.deep.equal(['closed', 'closed', 'open']);
    expect([tooLittle.othersIll, seen.othersIll]).to.deep.equal([1, 0]);
  });

  it('forgets a replica that has not reported for 15 s: neither it nor its evidence counts', async () => {
    const circuit = freshCircuit();
    await rig().join('gone').report(circuit, bad);
    await rig().pass(14_000);
    const still = await rig().join('here').report(circuit, well);
    await rig().pass(2000);

    const view = await rig().join('here').report(circuit, bad);

    expect(still).to.include({ replicas: 2, othersIll: 1 });
    expect(view).to.include({ state: 'closed', replicas: 1, othersIll: 0 });
  });

  it('tells how many of the others are well and how many ill, the asking one left out', async () => {
    const circuit = freshCircuit();
    for (const name of ['a', 'b', 'c']) await rig().join(name).report(circuit, well);
    await rig().join('silent').report(circuit, { score: 0, reason: '' });
    await rig().join('longAgo').report(circuit, { score: 0, succeededAgoMs: 10_500, reason: '' });
    const ill = await rig()
      .join('ill')
      .report(circuit, { ...bad, succeededAgoMs: 0 });

    const seen = await rig().join('a').view(circuit);
    const fromOutside = await rig().join('outside').view(circuit);

    expect(ill).to.include({ replicas: 6, othersWell: 3, othersIll: 0 });
    expect(seen).to.include({ replicas: 6, othersWell: 2, othersIll: 1 });
    expect(fromOutside).to.include({ replicas: 6, othersWell: 3, othersIll: 1 });
  });

  it('takes a replica for well for ten seconds after a success', async () => {
    const circuit = freshCircuit();
    await rig()
      .join('one')
      .report(circuit, { ...well, succeededAgoMs: 4000 });

    await rig().pass(5000);
    const early = await rig().join('other').view(circuit);
    await rig().pass(2000);
    const late = await rig().join('other').view(circuit);

    expect([early.othersWell, late.othersWell]).to.deep.equal([1, 0]);
  });

  it('is not changed by reports while it is open, or half-open', async () => {
    const circuit = freshCircuit();
    const { one, other, view } = await dueBy(rig(), circuit);

    const open = await one.report(circuit, bad);
    await one.lease(circuit, freshLease(view), 5000);
    await one.report(circuit, bad);
    const halfOpen = await other.report(circuit, bad);

    expect(open).to.include({ state: 'open', epoch: view.epoch, openings: 1, remainingMs: 0 });
    expect(halfOpen).to.include({ state: 'half_open', epoch: view.epoch, openings: 1 });
  });

  it('forgets the evidence with each decision: after a recovery, two must see it anew', async () => {
    const circuit = freshCircuit();
    const { one, other } = await openedBy(rig(), circuit);
    await one.reset(circuit);

    const first = await one.report(circuit, bad);
    const second = await other.report(circuit, bad);

    expect(first).to.include({ state: 'closed', othersIll: 0 });
    expect(second.state).to.equal('open');
  });

  it('keeps the circuits of one name, but of other accounts or policies, apart', async () => {
    const circuit = freshCircuit();
    await openedBy(rig(), circuit);

    const seen = await rig()
      .join('one')
      .report({ ...circuit, fingerprint: 'another' }, bad);

    expect(seen).to.include({ state: 'closed', epoch: 0, replicas: 1 });
  });

  it('stays open longer each time in a row, up to its cap, as a circuit of one process does', async () => {
    const circuit = freshCircuit();
    const { one, view } = await openedBy(rig(), circuit);

    const views = [view];
    for (let opening = 2; opening <= 5; opening += 1) {
      await rig().pass(views.at(-1)!.remainingMs + 1);
      const lease = freshLease(views.at(-1)!);
      await one.lease(circuit, lease, 5000);
      views.push(await one.settle(circuit, lease, { kind: 'failure' }));
    }

    for (const [index, { remainingMs, openings }] of views.entries()) {
      expect(openings).to.equal(index + 1);
      expect(remainingMs).to.be.within(
        openTimeMs(circuit, index, () => 0) - 500,
        openTimeMs(circuit, index, () => 1),
      );
    }
  });

  it('ends the row of openings when a recovery has lasted two minutes, and not before', async () => {
    const circuit = freshCircuit();
    const { one, other } = await dueBy(rig(), circuit);
    await successesUntilClosed(one, circuit, 0.02);

    await rig().pass(110_000);
    const early = await one.view(circuit);
    await rig().pass(20_000);
    const late = await one.view(circuit);
    await one.report(circuit, bad);
    const opened = await other.report(circuit, bad);

    expect([early.openings, late.openings, opened.openings]).to.deep.equal([1, 0, 1]);
  });

  it('remembers what was decided for as long as anybody reports', async () => {
    const circuit = freshCircuit();
    const { one, view } = await openedBy(rig(), circuit);
    await rig().pass(3_590_000);
    await one.report(circuit, well);
    await rig().pass(3_590_000);

    const seen = await one.view(circuit);

    expect(seen).to.include({ state: 'open', epoch: view.epoch, replicas: 0 });
  });

  it('begins each opening and each closing with a larger epoch, also after all was forgotten', async () => {
    const circuit = freshCircuit();
    const { one, other, view: opened } = await openedBy(rig(), circuit);
    const closed = await one.reset(circuit);
    await one.report(circuit, bad);
    const again = await other.report(circuit, bad);

    await rig().flush();
    const forgotten = await one.view(circuit);
    await one.report(circuit, bad);
    const anew = await other.report(circuit, bad);

    const epochs = [opened, closed, again, anew].map(({ epoch }) => epoch);
    expect(forgotten).to.include({ state: 'closed', epoch: 0 });
    expect(epochs).to.deep.equal([...new Set(epochs)].sort((first, second) => first - second));
  });
};
