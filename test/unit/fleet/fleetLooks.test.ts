import { expect } from 'chai';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, succeed } from '../../support/breakerHouse.ts';
import { fleetPolicy, LOOK_MS, useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';
import { seededRandom } from '../../support/seededRandom.ts';

/** Open for so long that only a look can find out. */
const policy = { ...fleetPolicy, circuit: { ...fleetPolicy.circuit, openForMs: minutes(20), openForCapMs: minutes(20) } };
/** Between two looks of a replica, where they fail at once. */
const AFTER_FAILURE_MS = 0.6 * LOOK_MS;

describe('A fleet’s looks', () => {
  const house = useVirtualFleet();
  let isWell: boolean;
  let looks: number[];

  beforeEach(() => {
    isWell = false;
    looks = [];
    const random = seededRandom(1);
    // So that replicas do not look in step.
    Object.defineProperty(house, 'chance', { get: random, set: () => undefined, configurable: true });
  });

  const look = async (): Promise<unknown> => {
    looks.push(systemClock.now());
    return isWell ? succeed() : failWith(down())();
  };

  /** Open, and somebody is turned away all the time. */
  const open = async (count: number): Promise<readonly Replica[]> => {
    const replicas = await house.of(count, { look, policy });
    await house.open(replicas);
    looks = [];
    return replicas;
  };

  const pass = async (ms: number, replicas: readonly Replica[]): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      for (const replica of replicas) await replica.call();
      await house.time.advance(250);
    }
  };

  for (const count of [3, 10]) {
    it(`are about as many of ${String(count)} replicas as of one`, async () => {
      const replicas = await open(count);

      await pass(minutes(2), replicas);

      const ofOne = minutes(2) / AFTER_FAILURE_MS;
      expect(looks.length).to.be.within(0.8 * ofOne, 1.25 * ofOne);
    });
  }

  it('are each replica’s own where the store is gone', async () => {
    const replicas = await open(3);
    house.fleet.down();

    await pass(minutes(1), replicas);

    expect(looks.length).to.be.within((2.7 * minutes(1)) / AFTER_FAILURE_MS, (3.3 * minutes(1)) / AFTER_FAILURE_MS);
    isWell = true;
    await pass(seconds(5), replicas);
    expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
  });

  it('begin the trial everywhere, as soon as one has found the service well', async () => {
    const replicas = await open(3);
    isWell = true;

    await pass(LOOK_MS + seconds(2), replicas);

    expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
  });

  it('find a service within five seconds and a trial that nobody asks for', async () => {
    await open(3);
    await house.time.advance(minutes(1));
    isWell = true;

    await house.time.advance(seconds(6));

    expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
  });

  for (const [title, lose] of [
    [
      'is down by then',
      () => {
        house.fleet.down();
      },
    ],
    [
      'loses the word',
      (replica: Replica) => {
        replica.store.scouted = () => Promise.reject(new Error('lost'));
      },
    ],
  ] as const) {
    it(`recover a replica by itself where the store grants a look, and ${title}`, async () => {
      const [one] = (await open(3)) as [Replica, Replica, Replica];
      const granted = await one.looks.mayLook(LOOK_MS);
      lose(one);
      isWell = true;

      await one.looks.foundWell();
      await house.time.advance(10);

      expect(granted).to.equal(true);
      expect(one.reasons.slice(0, 2)).to.deep.equal(['open: failure_evidence', 'half_open: open_time_over']);
    });
  }

  it('recover although the looks of one replica always fail', async () => {
    const broken = house.replica({ look: failWith(down()), policy });
    const others = await house.of(2, { look, policy });
    await house.open([broken, ...others]);
    isWell = true;

    await pass(seconds(30), [broken, ...others]);

    expect(others.map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
  });
});
