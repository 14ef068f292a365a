import { expect } from 'chai';
import { CircuitOpenError, UpstreamRateLimitedError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, site, succeed } from '../../support/breakerHouse.ts';
import { useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('A fleet’s trial', () => {
  const house = useVirtualFleet();

  /** Three replicas, all half-open. */
  const halfOpen = async (): Promise<readonly [Replica, Replica, Replica]> => {
    const replicas = (await house.of(3)) as [Replica, Replica, Replica];
    await house.open(replicas);
    await house.time.advance(OPEN_MS);
    expect(house.states).to.deep.equal(['half_open', 'half_open', 'half_open']);
    return replicas;
  };

  /** Makes it fetch a lease. */
  const fetchLease = async (replica: Replica): Promise<void> => {
    await replica.call();
    await house.time.settle();
  };

  /** All replicas are called now and then, until the trial is over. @returns how many calls were let out. */
  const callAll = async (replicas: readonly Replica[], attemptOf: (replica: Replica) => () => Promise<unknown>): Promise<number> => {
    let probes = 0;
    for (let round = 0; round < 200 && replicas.some(({ state }) => state === 'half_open'); round += 1) {
      for (const replica of replicas) {
        if (replica.state !== 'half_open') continue;
        await replica.call(() => {
          probes += 1;
          return attemptOf(replica)();
        });
      }
      await house.time.advance(20);
    }
    return probes;
  };

  it('refuses the first who asks for a probe, and lets the next one out with the lease that was fetched', async () => {
    const [one] = await halfOpen();
    const first = await one.call();
    await house.time.settle();

    const next = await one.call();

    expect(first).to.be.instanceOf(CircuitOpenError).and.to.include({ reason: 'probing' });
    expect(next).to.equal('contact');
  });

  it('lets one probe out of all replicas, and one more with each success', async () => {
    const replicas = await halfOpen();
    for (const replica of replicas) await fetchLease(replica);
    const attempts = replicas.map(() => new HeldAttempt());

    const calls = replicas.map((replica, place) => replica.call(attempts[place]!.begin));

    expect(attempts.map(({ begun }) => begun)).to.deep.equal([1, 0, 0]);
    attempts[0]!.succeed('contact');
    await house.time.advance(200);
    const more = replicas.slice(1).map((replica, place) => replica.call(attempts[place + 1]!.begin));
    expect(attempts.map(({ begun }) => begun)).to.deep.equal([1, 1, 1]);
    for (const attempt of attempts) attempt.succeed('contact');
    await Promise.all([...calls, ...more]);
  });

  it('closes everywhere with the fifth good probe, whoever made them, and ramps', async () => {
    const replicas = await halfOpen();

    const probes = await callAll(replicas, () => succeed);

    expect(probes).to.equal(5);
    expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
    expect(replicas.map(({ breaker }) => breaker.snapshot().isRamping)).to.deep.equal([true, true, true]);
  });

  it('says how it closed: by probes of this replica’s, or by those of others', async () => {
    const [one, two] = await halfOpen();
    await callAll([one], () => succeed);
    await house.time.settle();

    expect(one.reasons.at(-1)).to.equal('closed: probe_succeeded');
    expect(two.reasons.at(-1)).to.equal('closed: fleet_recovered');
  });

  it('gives the lease back when the outcome says nothing either way', async () => {
    const [one, two] = await halfOpen();
    await fetchLease(one);
    await one.call(failWith(new UpstreamRateLimitedError(site)));

    await fetchLease(two);

    expect(await two.call()).to.equal('contact');
    expect(one.state).to.equal('half_open');
  });

  it('gives a lease back that nobody came to use, so that others get one', async () => {
    const [one, two] = await halfOpen();
    await fetchLease(one);
    await two.call();

    await house.time.advance(1300);

    expect(await two.call()).to.equal('contact');
  });

  it('keeps a lease coming where callers are rare', async () => {
    const [one] = await halfOpen();
    const answers: unknown[] = [];
    for (let made = 0; made < 6; made += 1) {
      answers.push(await one.call());
      await house.time.advance(seconds(7) + 300);
    }

    expect(answers).to.include('contact');
  });

  it('has a lease ready for the next caller where callers come', async () => {
    const [one] = await halfOpen();
    await fetchLease(one);
    const answers: unknown[] = [];
    while (one.state === 'half_open' && answers.length < 9) {
      answers.push(await one.call());
      await house.time.advance(950);
    }

    expect(one.state).to.equal('closed');
    expect(answers).to.deep.equal(answers.map(() => 'contact'));
  });

  it('leaves the leases to those who have callers', async () => {
    const [idle, busy] = await halfOpen();
    const isReady = idle.breaker.wantsProbe;
    await house.time.settle();
    const before = await busy.call();
    idle.breaker.giveWayToCallers();

    await house.time.advance(200);

    expect(isReady).to.equal(false);
    expect(before).to.be.instanceOf(CircuitOpenError);
    expect(await busy.call()).to.equal('contact');
  });

  it('is not held up by a replica that died with the lease in its hand', async () => {
    const [dead, two] = await halfOpen();
    await fetchLease(dead);
    dead.store.cut();
    dead.clock.pause();
    await two.call();

    await house.time.advance(ATTEMPT_TIMEOUT_MS + seconds(2) + 200);

    expect(await two.call()).to.equal('contact');
  });

  it('opens here at once when a probe fails, before the fleet has answered', async () => {
    const [one] = await halfOpen();
    await fetchLease(one);

    await one.call(failWith(down()));

    expect(one.state).to.equal('open');
    expect(one.reasons.at(-1)).to.equal('open: probe_failed');
  });

  it('stays away everywhere for as long as the service asked one replica to', async () => {
    const [one, two] = await halfOpen();
    await fetchLease(one);
    await one.call(failWith(down(seconds(30))));
    await house.time.settle();

    const { nextProbeAt } = two.breaker.snapshot();

    expect(nextProbeAt! - systemClock.wallTime()).to.be.at.least(seconds(30));
  });

  it('counts a refused credential as a probe that failed, and lets nobody try for a minute', async () => {
    const [one, two] = await halfOpen();
    await fetchLease(one);
    await one.call(failWith(new UpstreamUnauthorizedError(site, 401)));
    await house.time.settle();

    expect(one.reasons.at(-1)).to.equal('open: credential');
    expect(two.breaker.snapshot().nextProbeAt! - systemClock.wallTime()).to.be.at.least(minutes(1));
  });

  it('recovers although one replica fails with every probe it gets: those that are well go first', async () => {
    const replicas = await halfOpen();
    const [broken] = replicas;
    const attemptOf = (replica: Replica) => (replica === broken ? failWith(down()) : succeed);
    await fetchLease(broken);
    await callAll(replicas, attemptOf);
    expect(house.states).to.deep.equal(['open', 'open', 'open']);
    await house.time.advance(2 * OPEN_MS);

    await callAll(replicas, attemptOf);

    expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
  });

  it('asks for a lease about ten times a second at most, however many callers ask for a probe', async () => {
    const [one, two] = await halfOpen();
    await fetchLease(one);
    const attempt = new HeldAttempt();
    const call = one.call(attempt.begin);
    for (let made = 0; made < 450; made += 1) {
      await two.call();
      await house.time.advance(2);
    }
    attempt.succeed('contact');
    await call;

    expect(two.store.sent.filter((command) => command === 'lease').length).to.be.within(5, 13);
  });
});
