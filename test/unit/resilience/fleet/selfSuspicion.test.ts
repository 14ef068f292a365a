import { expect } from 'chai';
import type { FleetView } from '../../../../src/resilience/fleet/fleetStore.ts';
import { isUnfit, suspectsItselfOver, type SeenView } from '../../../../src/resilience/fleet/selfSuspicion.ts';
import { snapshotOf } from '../../../support/circuitSnapshot.ts';
import { fleetViewOf } from '../../../support/fleetView.ts';

const open = snapshotOf({ name: 'hubspot', state: 'open', effectiveState: 'open' });
const seen = (changes: Partial<FleetView> = {}, seenAgoMs = 100): readonly SeenView[] => [{ circuit: 'hubspot', view: fleetViewOf(changes), seenAgoMs }];

describe('suspectsItselfOver', () => {
  it('names a circuit that is stopped here while two others are served', () => {
    expect(suspectsItselfOver([open], seen())).to.deep.equal(['hubspot']);
    expect(suspectsItselfOver([{ ...open, state: 'half_open' }], seen())).to.deep.equal(['hubspot']);
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
      expect(suspectsItselfOver([circuit], views)).to.deep.equal([]);
    });
  }

  it('asks to be spared from two services on: one may have its own reasons', () => {
    expect([[], ['hubspot'], ['hubspot', 'lemlist']].map(isUnfit)).to.deep.equal([false, false, true]);
  });
});
