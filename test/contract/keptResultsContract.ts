/**
 * What both engines are held to where their jobs' results and their answers to Idempotency-Keys share one bound of bytes.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { KeptLimits } from '../../src/web/idempotency.ts';
import type { KeysRig } from './idempotencyStoreContract.ts';
import { freshService, HOUR_MS, jobFor, takeSoon, type QueueRig } from './queueRig.ts';

export const keptResultsContract = (name: string, openStore: (limits: KeptLimits) => Promise<QueueRig & KeysRig>): void => {
  describe(`${name} with room for so many bytes of results`, function () {
    this.timeout(30_000);

    let rig: QueueRig & KeysRig;

    beforeEach(async () => {
      rig = await openStore({ keys: 10, bytes: 100, goneNames: 10 });
    });

    afterEach(async () => {
      await rig.close();
    });

    const resultOf = async (result: string): Promise<string | undefined> => {
      const service = freshService();
      const { id } = await rig.queue.add(jobFor(rig, service));
      await rig.queue.end(await takeSoon(rig, service), { kind: 'succeeded', result });
      const job = await rig.queue.find(id);
      expect(job?.state).to.equal('succeeded');
      return job?.result;
    };

    it('keeps no result for which there is no room, but that the job succeeded', async () => {
      const results = [await resultOf('a'.repeat(60)), await resultOf('b'.repeat(60)), await resultOf('c'.repeat(30))];

      expect(results).to.deep.equal(['a'.repeat(60), undefined, 'c'.repeat(30)]);
    });

    it('keeps less of answers to Idempotency-Keys where results take the room', async () => {
      await resultOf('a'.repeat(60));
      const use = { key: randomUUID(), fingerprint: 'of the request', leaseUntil: rig.now() + 60_000, keepUntil: rig.now() + HOUR_MS };
      await rig.keys.begin(use, rig.now());
      await rig.keys.finish(use.key, 'b'.repeat(60), 'brief');

      expect(await rig.keys.begin(use, rig.now())).to.deep.equal({ kind: 'answered', answer: 'brief' });
    });
  });
};
