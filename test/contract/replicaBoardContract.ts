import { expect } from 'chai';
import type { ReplicaBoard, ReplicaSnapshot } from '../../src/fleet/replicaBoard.ts';

export interface BoardRig {
  readonly board: ReplicaBoard;
  /** Lets so many ms pass, by the clock of the board. */
  pass(ms: number): Promise<void>;
}

const snapshotOf = (replica: string, changes: Partial<ReplicaSnapshot> = {}): ReplicaSnapshot => ({
  replica,
  version: '1.2.3',
  phase: 'ready',
  uptimeMs: 1000,
  circuits: {},
  suspectsItselfOver: [],
  ...changes,
});

const namesOn = async (board: ReplicaBoard, asking: ReplicaSnapshot): Promise<readonly string[]> =>
  (await board.post(asking, 10_000)).map(({ snapshot }) => snapshot.replica).sort();

/** What every board of replicas promises. */
export const replicaBoardContract = (name: string, open: () => Promise<BoardRig>): void => {
  describe(`the board of replicas in ${name}`, () => {
    it('shows every replica as it last said that it is', async () => {
      const { board } = await open();
      const disturbed = snapshotOf('a', { circuits: { hubspot: 'half_open' }, suspectsItselfOver: ['hubspot'] });
      await board.post(snapshotOf('a'), 10_000);
      await board.post(disturbed, 10_000);

      const seen = await board.post(snapshotOf('b'), 10_000);

      expect(seen.map(({ snapshot }) => snapshot)).to.have.deep.members([disturbed, snapshotOf('b')]);
    });

    it('tells how old each snapshot is, by its own clock', async () => {
      const { board, pass } = await open();
      await board.post(snapshotOf('a'), 10_000);
      await pass(30);

      const seen = await board.post(snapshotOf('b'), 10_000);

      const ages = new Map(seen.map(({ snapshot, ageMs }) => [snapshot.replica, ageMs]));
      expect(ages.get('a')).to.be.within(30, 5000);
      expect(ages.get('b')).to.equal(0);
    });

    it('forgets who has not said anything for as long as it wanted to be shown', async () => {
      const { board, pass } = await open();
      await board.post(snapshotOf('a'), 20);
      await board.post(snapshotOf('b'), 10_000);
      await pass(30);

      expect(await namesOn(board, snapshotOf('c'))).to.deep.equal(['b', 'c']);
    });

    it('forgets who leaves', async () => {
      const { board } = await open();
      await board.post(snapshotOf('a'), 10_000);
      await board.leave('a');

      expect(await namesOn(board, snapshotOf('b'))).to.deep.equal(['b']);
    });
  });
};
