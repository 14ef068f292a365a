import { expect } from 'chai';
import { SharedStateUnavailableError } from '../../../src/errors/sharedStateErrors.ts';
import { FleetLink } from '../../../src/fleet/fleetLink.ts';
import type { FleetView } from '../../../src/contract/fleetStore.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { errorOf } from '../../support/errorOf.ts';
import { fleetViewOf } from '../../support/fleetView.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { ScriptedFleetStore } from '../../support/scriptedFleetStore.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('FleetLink', () => {
  const time = useVirtualTime();
  let store: ScriptedFleetStore;
  let seen: number[];
  let link: FleetLink;
  /** What looks are answered with, in order. */
  let looks: HeldAttempt<FleetView>[];

  beforeEach(() => {
    store = new ScriptedFleetStore();
    looks = [new HeldAttempt(), new HeldAttempt()];
    let asked = 0;
    store.view = () => {
      asked += 1;
      return looks[asked - 1]!.begin();
    };
    seen = [];
    const circuit = { name: 'hubspot', fingerprint: 'f', openForMs: 1, openForCapMs: 1 };
    link = new FleetLink({ store, circuit, clock: systemClock, onView: ({ epoch }) => seen.push(epoch) });
  });

  const view = (epoch: number): FleetView => fleetViewOf({ epoch });

  it('tells no view that was asked for before a decision of ours', async () => {
    const settled = new HeldAttempt<FleetView>();
    store.onSettle = () => settled.begin();
    const look = link.view();
    const decision = link.settle({ id: 'lease', epoch: 1 }, { kind: 'success' });

    looks[0]!.succeed(view(1));
    await look;
    const before = [...seen];
    settled.succeed(view(2));
    await decision;

    expect([before, seen]).to.deep.equal([[], [2]]);
  });

  it('tells no view that another has overtaken', async () => {
    const both = Promise.all([link.view(), link.view()]);
    looks[1]!.succeed(view(2));
    await time.settle();
    looks[0]!.succeed(view(1));
    await both;

    expect(seen).to.deep.equal([2]);
  });

  it('is in touch from the first answer on, until a command fails', async () => {
    const before = link.isInTouch;
    const [first, second] = [link.view(), link.view()];
    looks[0]!.succeed(view(1));
    await first;
    const during = link.isInTouch;
    looks[1]!.fail(new SharedStateUnavailableError('down'));
    await errorOf(second, SharedStateUnavailableError);

    expect([before, during, link.isInTouch]).to.deep.equal([false, true, false]);
  });

  it('stays in touch when an earlier command fails late', async () => {
    const [first, second] = [link.view(), link.view()];
    looks[1]!.succeed(view(1));
    await second;
    looks[0]!.fail(new SharedStateUnavailableError('late'));
    await errorOf(first, SharedStateUnavailableError);

    expect(link.isInTouch).to.equal(true);
  });

  it('gives a silent store half a second', async () => {
    const look = errorOf(link.view(), SharedStateUnavailableError);
    await time.advance(499);
    const timers = time.pendingTimers;
    await time.advance(1);

    expect(timers).to.equal(1);
    expect(await look).to.include({ reason: 'no_answer' });
  });

  it('leaves no timer behind an answer, nor after it was closed, and tells nothing from then on', async () => {
    const [first, second] = [link.view(), link.view()];
    looks[0]!.succeed(view(1));
    await first;
    await time.settle();
    const timers = time.pendingTimers;
    link.close();
    const after = time.pendingTimers;
    looks[1]!.succeed(view(2));
    await second;

    expect([timers, after]).to.deep.equal([1, 0]);
    expect(seen).to.deep.equal([1]);
    expect(link.isUp).to.equal(false);
  });
});
