import { expect } from 'chai';
import { InFlight } from '../../../src/circuit/inFlight.ts';
import { passageOf, type Passage } from '../../../src/circuit/passage.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const SLOW_MS = 500;

describe('InFlight', () => {
  const time = useVirtualTime();
  let inFlight: InFlight;
  let slow: Passage[];
  /** Operations whose attempts were cut off. */
  let cut: string[];

  beforeEach(() => {
    slow = [];
    cut = [];
    inFlight = new InFlight(systemClock, (passage) => slow.push(passage));
  });

  const enter = (operation: string, isCuttable = true): Passage => {
    const cuttable = isCuttable ? { cut: ({ message }: Error) => void cut.push(message) } : undefined;
    const passage = passageOf({ operation, cuttable }, { epoch: 0, startedAt: systemClock.now(), slowMs: SLOW_MS });
    inFlight.enter(passage);
    return passage;
  };
  const cutOverdue = (): void => {
    inFlight.cutOverdue((operation) => new Error(operation));
  };

  it('tells of each attempt that becomes slow', async () => {
    const passage = enter('get_contact');

    await time.advance(SLOW_MS);

    expect(slow).to.deep.equal([passage]);
  });

  it('cuts off those that are overdue and may be cut, once', async () => {
    enter('get_contact');
    enter('create_contact', false);
    await time.advance(SLOW_MS);
    enter('search_contacts');

    cutOverdue();
    cutOverdue();

    expect(cut).to.deep.equal(['get_contact']);
  });

  it('cuts off nothing that has ended, late or not', async () => {
    const [late, early] = [enter('late'), enter('early')];
    inFlight.leave(early);
    await time.advance(SLOW_MS);
    inFlight.leave(late);

    cutOverdue();

    expect(cut).to.deep.equal([]);
  });

  it('bears an attempt that has not yet said how it is cut off', async () => {
    inFlight.enter(passageOf({ operation: 'get_contact', cuttable: {} }, { epoch: 0, startedAt: 0, slowMs: SLOW_MS }));
    await time.advance(SLOW_MS);

    expect(cutOverdue).not.to.throw();
  });

  it('keeps nothing once it is stopped', async () => {
    enter('overdue');
    await time.advance(SLOW_MS);
    enter('under way');

    inFlight.stop();
    cutOverdue();

    expect(time.pendingTimers).to.equal(0);
    expect(cut).to.deep.equal([]);
  });
});
