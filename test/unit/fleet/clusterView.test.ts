import { expect } from 'chai';
import { ClusterView, type ClusterViewParts } from '../../../src/fleet/clusterView.ts';
import type { SeenView } from '../../../src/fleet/selfSuspicion.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { fleetViewOf } from '../../support/fleetView.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { MemoryReplicaBoard } from '../../support/memoryReplicaBoard.ts';
import { recordingLogger } from '../../support/recordingLogger.ts';
import { VirtualTime } from '../../support/virtualTime.ts';

const servedElsewhere = (circuit: string): SeenView => ({ circuit, view: fleetViewOf(), seenAgoMs: 100 });
const open = (name: string) => snapshotOf({ name, state: 'open', effectiveState: 'open' });

describe('the view of the cluster', () => {
  const time = new VirtualTime();
  let board: MemoryReplicaBoard;
  let lines: ReturnType<typeof recordingLogger>['lines'];
  const members: ClusterView[] = [];

  const join = (replica: string, changes: Partial<ClusterViewParts> = {}): ClusterView => {
    const log = recordingLogger();
    lines = log.lines;
    const own = { version: '1.2.3', phase: () => 'ready' as const, circuits: () => [], views: () => [] };
    const member = new ClusterView({ board, replica, ...own, clock: systemClock, random: () => 0.5, logger: log.logger, ...changes });
    members.push(member);
    member.start();
    return member;
  };

  beforeEach(() => {
    time.start();
    board = new MemoryReplicaBoard(systemClock);
  });

  afterEach(async () => {
    for (const member of members.splice(0)) await member.stop();
    time.restore();
  });

  const names = (member: ClusterView): readonly string[] | undefined => member.sample()?.replicas.map(({ snapshot }) => snapshot.replica);

  it('shows all replicas within two seconds, the eldest first, and how old that is', async () => {
    const eldest = join('a');
    await time.advance(500);
    join('b');
    await time.advance(2000);

    expect(names(eldest)).to.deep.equal(['a', 'b']);
    expect(eldest.sample()?.ageMs).to.equal(500);
  });

  it('tells the others what is not closed here', async () => {
    const asked = join('a');
    join('b', { circuits: () => [open('hubspot'), snapshotOf({ name: 'kit' })] });
    await time.advance(2000);

    expect(asked.sample()?.replicas.find(({ snapshot }) => snapshot.replica === 'b')?.snapshot.circuits).to.deep.equal({ hubspot: 'open' });
  });

  it('tells the others since when an outage lasts here', async () => {
    const asked = join('a');
    const outageSince = Date.UTC(2026, 0, 1);
    join('b', { circuits: () => [{ ...open('hubspot'), outageSince }, snapshotOf({ name: 'kit' })] });
    await time.advance(2000);

    expect(asked.sample()?.replicas.find(({ snapshot }) => snapshot.replica === 'b')?.snapshot.outages).to.deep.equal({
      hubspot: '2026-01-01T00:00:00.000Z',
    });
  });

  it('forgets who left at once, and who was lost after three turns', async () => {
    const asked = join('a');
    const leaving = join('b');
    const lost = join('c');
    await time.advance(2000);
    board.leave = () => Promise.resolve();
    await lost.stop();
    board.leave = (replica) => MemoryReplicaBoard.prototype.leave.call(board, replica);
    await leaving.stop();
    await time.advance(2000);
    const soon = names(asked);
    await time.advance(6000);

    expect(soon).to.deep.equal(['a', 'c']);
    expect(names(asked)).to.deep.equal(['a']);
  });

  it('keeps for fifteen seconds what it saw last, once the board is down, and then knows of nobody', async () => {
    const asked = join('a');
    await time.advance(2000);
    board.isUp = false;
    await time.advance(14_000);
    const kept = asked.sample()?.ageMs;
    await time.advance(2000);

    expect(kept).to.be.within(14_000, 15_000);
    expect(asked.sample()).to.equal(undefined);
    expect(asked.sharedState).to.equal('down');
  });

  it('is alone without a board, and sets no timer', () => {
    const alone = join('a', { board: undefined });

    expect(alone.sharedState).to.equal('off');
    expect(alone.sample()).to.equal(undefined);
    expect(time.pendingTimers).to.equal(0);
  });

  it('speaks more rarely the more replicas there are, since each reads all', async () => {
    for (let each = 0; each < 100; each += 1)
      await board.post(
        { replica: `r${String(each)}`, version: '1', phase: 'ready', uptimeMs: 0, circuits: {}, suspectsItselfOver: [] },
        1e6,
      );
    let posts = 0;
    const post = board.post.bind(board);
    board.post = (...said) => {
      posts += 1;
      return post(...said);
    };
    join('a');

    await time.advance(9000);

    expect(posts).to.equal(1 + Math.floor(9000 / (101 * 40)));
  });

  it('suspects itself over what is stopped here only, says so once, and trusts itself again by itself', async () => {
    let circuits = [open('hubspot'), open('lemlist')];
    const suspicious = join('a', { circuits: () => circuits, views: () => [servedElsewhere('hubspot'), servedElsewhere('lemlist')] });
    await time.advance(5000);
    const unfit = suspicious.isUnfit;
    circuits = [];
    await time.advance(5000);

    expect(unfit).to.equal(true);
    expect(suspicious.isUnfit).to.equal(false);
    expect(lines.map(({ level, services, ready }) => ({ level, services, ready }))).to.deep.equal([
      { level: 'warn', services: ['hubspot', 'lemlist'], ready: false },
      { level: 'info', services: undefined, ready: undefined },
    ]);
  });

  it('leaves the board when it stops, and no timer', async () => {
    const leaving = join('a');
    await time.advance(2000);

    await leaving.stop();

    expect(
      await board.post({ replica: 'z', version: '1', phase: 'ready', uptimeMs: 0, circuits: {}, suspectsItselfOver: [] }, 10),
    ).to.have.length(1);
    expect(time.pendingTimers).to.equal(0);
  });
});
