import { expect } from 'chai';
import type { FleetView } from '../../../src/contract/fleetStore.ts';
import { isUnfit, suspectsItselfOver, type SeenView } from '../../../src/fleet/selfSuspicion.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { fleetViewOf } from '../../support/fleetView.ts';

const open = snapshotOf({ name: 'hubspot', state: 'open', effectiveState: 'open' });
const seen = (changes: Partial<FleetView> = {}, seenAgoMs = 100): readonly SeenView[] => [
  { circuit: 'hubspot', view: fleetViewOf(changes), seenAgoMs },
];

describe('suspectsItselfOver', () => {
  it('names a circuit that is stopped here while two others are served', () => {
    expect(suspectsItselfOver([open], seen(), 0)).to.deep.equal(['hubspot']);
    expect(suspectsItselfOver([{ ...open, state: 'half_open' }], seen(), 0)).to.deep.equal(['hubspot']);
  });

  const innocent: Readonly<Record<string, readonly [circuit: typeof open, views: readonly SeenView[]]>> = {
    'that is closed': [snapshotOf({ name: 'hubspot' }), seen()],
    'that the whole fleet has opened': [open, seen({ state: 'open' })],
    'where one other alone is served': [open, seen({ othersWell: 1 })],
    'where as many others fail as are served': [open, seen({ othersWell: 2, othersIll: 2 })],
    'of which nobody has said anything for ten seconds': [open, seen({}, 10_001)],
    'of which nobody could be asked': [open, [{ circuit: 'hubspot', view: undefined, seenAgoMs: undefined }]],
    'that a person has stopped': [
      { ...open, override: { mode: 'forced_open', reason: 'maintenance', by: 'ops', until: 1, scope: 'replica' } as never },
      seen(),
    ],
  };
  for (const [name, [circuit, views]] of Object.entries(innocent)) {
    it(`leaves out one ${name}`, () => {
      expect(suspectsItselfOver([circuit], views, 0)).to.deep.equal([]);
    });
  }

  const now = 1_790_000_000_000;
  const stopped = (name: string, forMs: number) => ({ ...open, name, outageSince: now - forMs });
  const silent = (name: string, changes: Partial<FleetView> = {}): SeenView => ({
    circuit: name,
    view: fleetViewOf({ othersWell: 0, ...changes }),
    seenAgoMs: 100,
  });

  it('names several that are stopped here only while the others serve them from caches, and have asked nothing', () => {
    const circuits = ['hubspot', 'kit', 'lemlist'].map((name) => stopped(name, 20_000));

    const all = suspectsItselfOver(
      circuits,
      circuits.map(({ name }) => silent(name)),
      now,
    );
    const withOneProven = suspectsItselfOver(circuits.slice(0, 2), [...seen(), silent('kit')], now);

    expect(all).to.deep.equal(['hubspot', 'kit', 'lemlist']);
    expect(withOneProven).to.deep.equal(['hubspot', 'kit']);
  });

  const unproven: Readonly<Record<string, readonly [forMs: number, changes: Partial<FleetView>]>> = {
    'that stopped a moment ago: the others may meet the same soon': [19_999, {}],
    'against which another replica has evidence': [20_000, { othersIll: 1 }],
    'that the fleet has opened': [20_000, { state: 'open' }],
    'where there are not two others': [20_000, { replicas: 2 }],
  };
  for (const [which, [forMs, changes]] of Object.entries(unproven)) {
    it(`leaves out several ${which}`, () => {
      const circuits = [stopped('hubspot', forMs), stopped('kit', forMs)];

      expect(
        suspectsItselfOver(
          circuits,
          circuits.map(({ name }) => silent(name, changes)),
          now,
        ),
      ).to.deep.equal([]);
    });
  }

  it('takes silence about one service alone for nothing', () => {
    expect(suspectsItselfOver([stopped('hubspot', 60_000)], [silent('hubspot')], now)).to.deep.equal([]);
  });

  it('asks to be spared from two services on: one may have its own reasons', () => {
    expect([[], ['hubspot'], ['hubspot', 'lemlist']].map(isUnfit)).to.deep.equal([false, false, true]);
  });
});
