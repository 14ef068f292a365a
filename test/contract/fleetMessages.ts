/** The contract of a fleet store: what a person imposes, who leaves, who is told, and a store that cannot be had. */
import { expect } from 'chai';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { FleetOverride, FleetStore } from '../../src/contract/fleetStore.ts';
import { errorOf } from '../support/errorOf.ts';
import { bad, dueBy, freshCircuit, freshLease, openedBy, well, type FleetRig } from './fleetRig.ts';

const override: FleetOverride = { mode: 'forced_open', reason: 'their status page says so: 5 %', by: 'key_1', leftMs: 60_000 };

const listening = (store: FleetStore) => {
  const heard = { changed: [] as string[], returned: 0 };
  store.listen({
    changed: (name) => heard.changed.push(name),
    returned: () => {
      heard.returned += 1;
    },
  });
  return heard;
};

export const fleetMessages = (rig: () => FleetRig): void => {
  it('imposes an override on every replica, which ends by itself', async () => {
    const circuit = freshCircuit();
    const imposed = await rig().join('one').impose(circuit, override);
    const seen = await rig().join('other').view(circuit);
    await rig().pass(60_001);
    const over = await rig().join('other').view(circuit);

    expect(imposed).to.include({ state: 'closed', epoch: 0 });
    expect(seen.override).to.deep.include({ mode: 'forced_open', reason: override.reason, by: 'key_1' });
    expect(seen.override?.leftMs).to.be.within(58_000, 60_000);
    expect(over.override).to.equal(undefined);
  });

  it('keeps the last override of two, ends it early when it is released, and the circuit goes on beneath', async () => {
    const circuit = freshCircuit();
    const one = rig().join('one');
    await one.impose(circuit, override);
    const second = await one.impose(circuit, { ...override, mode: 'disabled', leftMs: 1000 });
    await openedBy(rig(), circuit);
    const released = await rig().join('other').release(circuit);

    expect(second.override).to.include({ mode: 'disabled' });
    expect(second.override?.leftMs).to.be.at.most(1000);
    expect(released).to.include({ state: 'open', override: undefined });
  });

  it('is closed by a person, whatever it was, with no override, no openings and nothing held against the service', async () => {
    const circuit = freshCircuit();
    const { one, view } = await dueBy(rig(), circuit);
    const lease = freshLease(view);
    await one.lease(circuit, lease, 5000);
    await one.impose(circuit, override);

    const reset = await one.reset(circuit);
    const late = await one.settle(circuit, lease, { kind: 'failure' });

    expect(reset).to.include({ state: 'closed', openings: 0, remainingMs: 0, override: undefined });
    expect(reset.epoch).to.be.above(view.epoch);
    expect(late).to.include({ state: 'closed', epoch: reset.epoch });
  });

  it('counts a replica that has left no more, nor its evidence, and frees its probes', async () => {
    const [circuit, second] = [freshCircuit(), freshCircuit()];
    const { one, other, view } = await dueBy(rig(), circuit);
    await one.report(second, bad);
    await one.lease(circuit, freshLease(view), 60_000);

    await one.leave([circuit, second]);
    const { granted, view: after } = await other.lease(circuit, freshLease(view), 5000);
    const alone = await other.report(second, bad);

    expect(granted).to.equal(true);
    expect(after.replicas).to.equal(1);
    expect(alone).to.include({ state: 'closed', replicas: 1 });
  });

  it('tells every other replica of each change, by the name of the circuit', async () => {
    const circuit = freshCircuit();
    const heard = listening(rig().join('listener'));
    const { one, view } = await openedBy(rig(), circuit);
    await rig().heard();
    const opened = heard.changed.length;
    await one.scouted(circuit, view.epoch);
    await one.lease(circuit, freshLease(view), 5000);
    await one.impose(circuit, override);
    await one.release(circuit);
    await one.reset(circuit);
    await rig().heard();

    expect(opened).to.equal(1);
    expect(heard.changed).to.deep.equal(Array.from({ length: 6 }, () => circuit.name));
  });

  it('tells nobody of a report that changes nothing, and nobody of what he did himself', async () => {
    const circuit = freshCircuit();
    const self = rig().join('self');
    const heard = listening(self);
    const quiet = listening(rig().join('quiet'));

    await self.report(circuit, well);
    await rig().heard();
    const told = [...quiet.changed];
    await self.reset(circuit);
    await rig().heard();

    expect(told).to.deep.equal([]);
    expect(heard.changed).to.deep.equal([]);
    expect(quiet.changed).to.deep.equal([circuit.name]);
  });

  it('rejects at once while it cannot be had, but for leaving; and tells of its return, once', async () => {
    const circuit = freshCircuit();
    const one = rig().join('one');
    const heard = listening(one);
    await rig().down();

    const wasUp = one.isUp;
    const begun = performance.now();
    const asked = [
      one.view(circuit),
      one.report(circuit, bad),
      one.lease(circuit, { id: 'any', epoch: 0 }, 1000),
      one.scout(circuit, 0, 1000),
      one.settle(circuit, { id: 'any', epoch: 0 }, { kind: 'ignored' }),
      one.scouted(circuit, 0),
      one.impose(circuit, override),
      one.release(circuit),
      one.reset(circuit),
    ];
    for (const each of asked) await errorOf(each, SharedStateUnavailableError);
    const ms = performance.now() - begun;
    await one.leave([circuit]);
    const early = heard.returned;
    await rig().up();

    expect([wasUp, one.isUp]).to.deep.equal([false, true]);
    expect([early, heard.returned]).to.deep.equal([0, 1]);
    expect(ms).to.be.below(1000);
    expect(await one.view(circuit)).to.include({ state: 'closed' });
  });
};
