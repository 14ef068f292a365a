import { expect } from 'chai';
import { UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, site, succeed } from '../../support/breakerHouse.ts';
import { fleetPolicy, useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';

describe('A fleet’s opening', () => {
  const house = useVirtualFleet();
  const three = async (): Promise<readonly [Replica, Replica, Replica]> => (await house.of(3)) as [Replica, Replica, Replica];

  it('comes of what several replicas have seen, though none of them has seen enough', async () => {
    const [one, two, other] = await three();
    await one.calls(2, failWith(down()));
    await two.calls(2, failWith(down()));

    await house.hear();

    expect(house.states).to.deep.equal(['open', 'open', 'open']);
    expect(other.reasons).to.deep.equal(['open: fleet_quorum']);
    expect(other.breaker.snapshot()).to.include({ openings: 1, reason: 'fleet_quorum' });
  });

  it('does not come of one replica that fails alone, however badly and however long', async () => {
    const [broken, ...others] = await three();
    for (let round = 0; round < 60; round += 1) {
      await broken.calls(5, failWith(down()));
      for (const other of others) await other.call();
      await house.time.advance(500);
    }

    expect(broken.reasons).to.include('open: failure_evidence');
    expect(others.map(({ changes }) => changes)).to.deep.equal([[], []]);
  });

  it('is the replica’s own where it is alone: its circuit opens and recovers as one without a fleet', async () => {
    const broken = house.replica();
    await broken.trip();
    await house.time.advance(2 * OPEN_MS);

    await broken.calls(5, succeed);

    expect(broken.reasons).to.deep.equal(['open: failure_evidence', 'half_open: open_time_over', 'closed: probe_succeeded']);
  });

  it('lets a replica that opened alone, while the others are well, recover by its own trial', async () => {
    const [broken] = await three();
    await broken.trip();
    await house.time.advance(2 * OPEN_MS);

    await broken.calls(5, succeed);

    expect(broken.state).to.equal('closed');
    expect(broken.store.sent).not.to.include('lease');
  });

  it('sets the open time of those that had opened already', async () => {
    const [one, two] = await three();
    await one.trip();
    await house.time.advance(600);
    await two.trip();
    await house.hear();
    const ends = house.replicas.map(({ breaker }) => breaker.snapshot().nextProbeAt);

    await house.time.advance(OPEN_MS - 200);

    expect(Math.max(...ends.map((end) => Math.abs(end! - ends[0]!)))).to.be.at.most(20);
    expect(house.states).to.deep.equal(['open', 'open', 'open']);
    expect(one.reasons).to.deep.equal(['open: failure_evidence']);
  });

  it('does not cut short what the service asked for, or what a refused credential stopped', async () => {
    const [asked, refused, other] = await three();
    await asked.calls(4, failWith(down(seconds(30))));
    await refused.calls(3, failWith(new UpstreamUnauthorizedError(site, 401)));
    await house.hear();

    await house.time.advance(seconds(25));

    expect(other.reasons[0]).to.match(/^open: /u);
    expect(other.state).to.equal('half_open');
    expect([asked.state, refused.state]).to.deep.equal(['open', 'open']);
  });

  it('keeps a reason that asking again does not mend', async () => {
    const [one, two, other] = await three();
    const refuse = failWith(new UpstreamUnauthorizedError(site, 401));
    await one.calls(3, refuse);
    await two.calls(3, refuse);

    await house.hear();

    expect(other.reasons).to.deep.equal(['open: credential']);
  });

  it('is followed by a replica that comes later', async () => {
    await house.open(await three());
    const late = house.replica();

    await house.hear();

    expect(late.reasons).to.deep.equal(['open: fleet_quorum']);
  });

  it('is the business of those of one policy and one account only', async () => {
    const policy = { ...fleetPolicy, attemptTimeoutMs: fleetPolicy.attemptTimeoutMs + 1 };
    const others = [...(await house.of(1, { account: 'another' })), ...(await house.of(1, { policy }))];
    const same = await house.of(2);

    await house.open(same);
    await house.time.advance(seconds(10));

    expect(others.map(({ changes }) => changes)).to.deep.equal([[], []]);
  });

  it('is longer with each that follows, for all', async () => {
    const replicas = await three();
    await house.open(replicas);
    await house.time.advance(OPEN_MS);
    await replicas[0].call();
    await house.time.settle();

    await replicas[0].call(failWith(down()));
    await house.hear();

    expect(replicas.map(({ breaker }) => breaker.snapshot().openings)).to.deep.equal([2, 2, 2]);
    expect(replicas[1].reasons.slice(-2)).to.deep.equal(['half_open: open_time_over', 'open: probe_failed']);
    expect(replicas[2].breaker.snapshot().nextProbeAt! - systemClock.wallTime()).to.be.closeTo(2 * OPEN_MS, 200);
  });
});
