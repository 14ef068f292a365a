import { expect } from 'chai';
import { QueueUnavailableError } from '../../../../src/errors/queueErrors.ts';
import { addAll, jobFor, takeAll, until } from '../../../contract/queueRig.ts';
import { EmbeddedStoreRig } from '../../../support/embeddedStoreRig.ts';
import { errorOf } from '../../../support/errorOf.ts';

/** Pages of 4 kB; the empty queue takes about a dozen, and the reserved disk space 1,500. */
const SMALL_DISK = 1550;
const LARGE = 'x'.repeat(20_000);

describe('EmbeddedQueue', function () {
  this.timeout(30_000);

  describe('on a full disk', () => {
    let rig: EmbeddedStoreRig;

    beforeEach(async () => {
      rig = await EmbeddedStoreRig.open({ maxPages: SMALL_DISK });
    });

    afterEach(async () => {
      await rig.close();
    });

    /** Adds large jobs until one is refused. */
    const fill = async (): Promise<{ readonly ids: readonly string[]; readonly refusal: QueueUnavailableError }> => {
      const ids: string[] = [];
      for (;;) {
        const job = jobFor(rig, 'crm', { payload: LARGE });
        const refusal = await rig.queue.add(job).then(
          () => undefined,
          (error: unknown) => error as QueueUnavailableError,
        );
        if (refusal !== undefined) return { ids, refusal };
        ids.push(job.id);
      }
    };

    it('refuses what it cannot keep, and says why', async () => {
      const { ids, refusal } = await fill();

      expect(ids).to.have.length.within(3, 20);
      expect(refusal).to.be.instanceOf(QueueUnavailableError);
      expect(refusal).to.include({
        message: 'the queue cannot take it: the disk of DATA_DIR is full: make room on it',
        code: 'queue_unavailable',
        retryAfterMs: 5000,
      });
    });

    it('keeps and serves what it has accepted', async () => {
      const { ids } = await fill();

      const taken = await takeAll(rig, 'crm');

      expect(taken.map(({ id }) => id)).to.deep.equal(ids);
      expect(taken.every(({ payload }) => payload === LARGE)).to.equal(true);
    });

    it('accepts again once there is room: what is done gives its payload back', async () => {
      const { ids } = await fill();
      for (const job of await takeAll(rig, 'crm')) await rig.queue.end(job, { kind: 'succeeded' });

      const added = await rig.queue.add(jobFor(rig, 'crm', { payload: LARGE }));

      expect(added.state).to.equal('queued');
      expect(await rig.queue.find(ids[0]!)).to.include({ state: 'succeeded' });
    });

    it('fails only what does not fit, though it was asked together with what does', async () => {
      const { ids } = await fill();

      const [refused, found, taken] = await Promise.all([
        errorOf(rig.queue.add(jobFor(rig, 'crm', { payload: LARGE })), QueueUnavailableError),
        rig.queue.find(ids[0]!),
        rig.queue.take('crm'),
      ]);

      expect(refused.message).to.include('the disk of DATA_DIR is full');
      expect(found).to.include({ id: ids[0] });
      expect(taken).to.include({ id: ids[0] });
    });

    it('notes how jobs end as soon as there is room again, though it could not before', async () => {
      await fill();
      const [first, second] = await takeAll(rig, 'crm');
      const refused = await errorOf(rig.queue.end(first!, { kind: 'succeeded', result: 'x'.repeat(10_000_000) }), QueueUnavailableError);

      const noted = [await rig.queue.end(first!, { kind: 'succeeded' }), await rig.queue.end(second!, { kind: 'succeeded' })];

      expect(refused.message).to.include('the disk of DATA_DIR is full');
      expect(noted).to.deep.equal([true, true]);
    });

    it('keeps a job after a restart that it had when the disk was full', async () => {
      const { ids } = await fill();

      await rig.crash();

      expect((await rig.queue.list({ limit: 100 })).map(({ id }) => id)).to.deep.equal(ids);
    });
  });

  describe('with room', () => {
    let rig: EmbeddedStoreRig;

    before(async () => {
      rig = await EmbeddedStoreRig.open();
    });

    after(async () => {
      await rig.close();
    });

    it('drops old jobs in slices, until none is left', async () => {
      await Promise.all(Array.from({ length: 1200 }, () => rig.queue.add(jobFor(rig, 'purged', { expiresAt: rig.now() }))));

      const dropped = await rig.queue.purge(0, rig.now() + 1);

      expect(dropped).to.equal(1200);
      expect((await rig.queue.depths()).find(({ service }) => service === 'purged')?.jobs).to.include({ queued: 0, failed: 0 });
    });

    it('tells of an expired job as ended even before anybody takes', async () => {
      const { id } = await rig.queue.add(jobFor(rig, 'expiring', { expiresAt: rig.now() + 5 }));
      await rig.tick();

      expect(await rig.queue.find(id)).to.include({ state: 'failed', reason: 'expired' });
      expect(await rig.queue.cancel(id)).to.include({ state: 'failed' });
    });

    it('follows the order of acceptance, not a clock that was set back', async () => {
      const ids = await addAll(rig, [jobFor(rig, 'backwards'), jobFor(rig, 'backwards', { acceptedAt: rig.now() - 3_600_000 })]);

      expect((await takeAll(rig, 'backwards')).map(({ id }) => id)).to.deep.equal(ids);
    });

    it('waits no longer for a repeat when the clock was set back than by the clock before', async () => {
      const own = await EmbeddedStoreRig.open();
      const { id } = await own.queue.add(jobFor(own, 'crm'));
      await own.queue.end((await own.queue.take('crm'))!, { kind: 'retry', reason: 'upstream_timeout', afterMs: 5000 });
      const before = await own.queue.take('crm');
      own.setWallClockBack(3_600_000);

      const afterwards = await own.queue.take('crm');
      await own.close();

      expect(before).to.equal(undefined);
      expect(afterwards?.id).to.equal(id);
    });

    it('does not run a replayed job beside a later one of its entity', async () => {
      const [first, second] = await addAll(rig, [
        jobFor(rig, 'replaying', { entity: 'anna' }),
        jobFor(rig, 'replaying', { entity: 'anna' }),
      ]);
      await rig.queue.end((await rig.queue.take('replaying'))!, { kind: 'failed', reason: 'upstream_rejected' });
      const running = (await rig.queue.take('replaying'))!;
      await rig.queue.replay(first!, rig.now() + 60_000);

      const meanwhile = await rig.queue.take('replaying');
      await rig.queue.end(running, { kind: 'succeeded' });
      const afterwards = await rig.queue.take('replaying');

      expect(running.id).to.equal(second);
      expect(meanwhile).to.equal(undefined);
      expect(afterwards?.id).to.equal(first);
    });

    it('takes names and payloads for what they are, whatever they look like', async () => {
      const text = `'; DROP TABLE jobs; -- " \\ ☃`;

      await rig.queue.add(jobFor(rig, text, { payload: text, entity: text, operation: text, owner: text }));

      expect(await rig.queue.take(text)).to.include({ service: text, payload: text, entity: text, operation: text, owner: text });
    });

    it('hints at a service when a job of it ends, is put back or is replayed, and no more once it is closed', async () => {
      const own = await EmbeddedStoreRig.open();
      const hints: string[] = [];
      await addAll(own, [jobFor(own, 'crm'), jobFor(own, 'mail')]);
      own.queue.onWork((service) => hints.push(service));

      await own.queue.end((await own.queue.take('crm'))!, { kind: 'failed', reason: 'upstream_rejected' });
      const afterEnd = hints.splice(0);
      const [dead] = await own.queue.list({ states: ['failed'], limit: 1 });
      await own.queue.replay(dead!.id, own.now() + 60_000);
      const afterReplay = hints.splice(0);
      await own.queue.end((await own.queue.take('mail'))!, { kind: 'postponed', reason: 'circuit_open', afterMs: 20 });
      const early = hints.splice(0);
      await until(own, () => Promise.resolve(hints[0]));
      await own.close();
      own.clock.advance(60_000);

      expect([afterEnd, afterReplay, early, hints]).to.deep.equal([['crm'], ['crm'], [], ['mail']]);
    });
  });
});
