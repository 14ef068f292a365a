import { expect } from 'chai';
import { Openings } from '../../../../src/circuit/recovery/openings.ts';
import { minutes, seconds, systemClock } from '../../../../src/time/clock.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const policy = { openForMs: seconds(5), openForCapMs: seconds(30) };

describe('Openings', () => {
  const time = useVirtualTime();
  let openings: Openings;

  beforeEach(() => {
    openings = new Openings(policy, systemClock, () => 1);
  });

  it('grow longer from one to the next, up to the cap', () => {
    expect([1, 2, 3, 4, 5].map(() => openings.add())).to.deep.equal([5, 10, 20, 30, 30].map(seconds));
    expect(openings.inARow).to.equal(5);
  });

  it('last as long as the service asks for', () => {
    expect(openings.add(seconds(60))).to.equal(seconds(66));
  });

  it('go on with the row that others have counted', () => {
    openings.add();
    openings.closed();

    openings.follow(2);

    expect(openings.inARow).to.equal(2);
    expect(openings.add()).to.equal(seconds(20));
  });

  it('stay a row while recoveries are short', async () => {
    openings.add();
    openings.closed();
    await time.advance(minutes(2) - 1);

    expect(openings.inARow).to.equal(1);
    expect(openings.add()).to.equal(seconds(10));
  });

  it('begin a new row after a lasting recovery', async () => {
    openings.add();
    openings.add();
    openings.closed();
    await time.advance(minutes(2));

    expect(openings.inARow).to.equal(0);
    expect(openings.add()).to.equal(seconds(5));
  });

  it('take no time spent open for a recovery', async () => {
    openings.add();
    openings.closed();
    openings.add();
    await time.advance(minutes(10));

    expect(openings.inARow).to.equal(2);
  });

  it('are forgotten by a person’s word', () => {
    openings.add();

    openings.clear();

    expect(openings.inARow).to.equal(0);
    expect(openings.add()).to.equal(seconds(5));
  });
});
