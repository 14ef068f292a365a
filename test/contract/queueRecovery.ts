/**
 * Chapters of the queue's contract: what survives the death of a process, and what people do with jobs that ended badly.
 */
import { expect } from 'chai';
import type { ClaimedJob } from '../../src/queue/durableQueue.ts';
import { addAll, freshService, HOUR_MS, jobFor, takeSoon, untilPast, type QueueRig } from './queueRig.ts';

/** Takes the only job of a service, and dies. */
const crashWhileRunning = async (rig: QueueRig, service: string): Promise<ClaimedJob> => {
  const claimed = await takeSoon(rig, service);
  await rig.crash();
  return claimed;
};

export const abandonedClaims = (rig: () => QueueRig): void => {
  it('loses nothing that was accepted', async () => {
    const service = freshService();
    const ids = await addAll(
      rig(),
      Array.from({ length: 20 }, () => jobFor(rig(), service)),
    );

    await rig().crash();

    expect((await rig().queue.list({ service, states: ['queued'], limit: 100 })).map(({ id }) => id)).to.deep.equal(ids);
  });

  it('offers a job again when its process died, marked as interrupted, at no cost of an attempt', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    await crashWhileRunning(rig(), service);

    const again = await takeSoon(rig(), service);

    expect(again).to.include({ id, state: 'running', attempts: 0, interrupted: true });
  });

  it('offers it again after every crash, however many there are', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    for (let crashes = 0; crashes < 3; crashes += 1) await crashWhileRunning(rig(), service);

    const again = await takeSoon(rig(), service);

    expect(again).to.include({ id, attempts: 0, interrupted: true });
    expect(await rig().queue.end(again, { kind: 'succeeded' })).to.equal(true);
  });

  it('notes nothing told with a claim from before the crash', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    const stale = await crashWhileRunning(rig(), service);
    const current = await takeSoon(rig(), service);

    const noted = await rig().queue.end(stale, { kind: 'failed', reason: 'upstream_rejected' });
    const renewed = await rig().queue.renew(stale);

    expect([noted, renewed]).to.deep.equal([false, false]);
    expect(await rig().queue.find(id)).to.include({ state: 'running' });
    expect(await rig().queue.end(current, { kind: 'succeeded' })).to.equal(true);
  });

  it('remembers an interruption through a postponement, and forgets it by a repeat that was made', async () => {
    const service = freshService();
    await rig().queue.add(jobFor(rig(), service));
    await crashWhileRunning(rig(), service);
    await rig().queue.end(await takeSoon(rig(), service), { kind: 'postponed', reason: 'circuit_open', afterMs: 0 });

    const postponed = await takeSoon(rig(), service);
    await rig().queue.end(postponed, { kind: 'retry', reason: 'upstream_timeout', afterMs: 0 });
    const repeated = await takeSoon(rig(), service);

    expect(postponed).to.include({ attempts: 0, interrupted: true });
    expect(repeated).to.include({ attempts: 1, interrupted: false });
  });

  it('keeps the order of an entity over a crash', async () => {
    const service = freshService();
    const ids = await addAll(
      rig(),
      Array.from({ length: 3 }, () => jobFor(rig(), service, { entity: 'anna' })),
    );
    await crashWhileRunning(rig(), service);

    const order: string[] = [];
    for (let times = 0; times < 3; times += 1) {
      const job = await takeSoon(rig(), service);
      order.push(job.id);
      await rig().queue.end(job, { kind: 'succeeded' });
    }

    expect(order).to.deep.equal(ids);
  });

  it('calls an interrupted job that has expired uncertain, not failed: it may have been done', async () => {
    const service = freshService();
    // An engine may take up to five seconds to find out that a process has died.
    const { id, expiresAt } = await rig().queue.add(jobFor(rig(), service, { expiresAt: rig().now() + 6000 }));
    await crashWhileRunning(rig(), service);
    await rig().queue.end(await takeSoon(rig(), service), { kind: 'postponed', reason: 'circuit_open', afterMs: 0 });
    await untilPast(rig(), expiresAt);

    const taken = await rig().queue.take(service);

    expect(taken).to.equal(undefined);
    expect(await rig().queue.find(id)).to.include({ state: 'uncertain', reason: 'expired' });
  });

  it('keeps ended jobs, and waiting ones with what they have behind them', async () => {
    const service = freshService();
    const [done, waiting] = await addAll(rig(), [jobFor(rig(), service), jobFor(rig(), service)]);
    await rig().queue.end(await takeSoon(rig(), service), { kind: 'succeeded', result: 'v1.sealed' });
    await rig().queue.end(await takeSoon(rig(), service), { kind: 'retry', reason: 'upstream_timeout', afterMs: 60_000 });
    const before = [await rig().queue.find(done!), await rig().queue.find(waiting!)];

    await rig().crash();

    expect([await rig().queue.find(done!), await rig().queue.find(waiting!)]).to.deep.equal(before);
  });
};

const deadLetter = async (rig: QueueRig, service: string): Promise<string> => {
  const { id } = await rig.queue.add(jobFor(rig, service));
  await rig.queue.end(await takeSoon(rig, service), { kind: 'failed', reason: 'upstream_rejected' });
  return id;
};

const uncertainJob = async (rig: QueueRig, service: string): Promise<string> => {
  const { id } = await rig.queue.add(jobFor(rig, service));
  await rig.queue.end(await takeSoon(rig, service), { kind: 'uncertain', reason: 'outcome_unknown' });
  return id;
};

export const settlingByPeople = (rig: () => QueueRig): void => {
  it('replays a dead letter once: with no attempts against it, its payload, and a new expiry', async () => {
    const service = freshService();
    const id = await deadLetter(rig(), service);
    const expiresAt = rig().now() + 2 * HOUR_MS;

    const replays = await Promise.all([rig().queue.replay(id, expiresAt), rig().queue.replay(id, expiresAt)]);
    const found = await rig().queue.find(id);
    const taken = await takeSoon(rig(), service);

    expect(replays).to.have.members([true, false]);
    expect(found).to.include({ state: 'queued', attempts: 0, expiresAt }).and.not.have.property('reason');
    expect(taken).to.include({ id, attempts: 0, interrupted: false, payload: 'v1.sealed.payload' });
    expect(await rig().queue.take(service)).to.equal(undefined);
  });

  it('replays a job that had expired', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service, { expiresAt: rig().now() + 20 }));
    await untilPast(rig(), rig().now() + 20);
    await rig().queue.take(service);

    const replayed = await rig().queue.replay(id, rig().now() + HOUR_MS);

    expect(replayed).to.equal(true);
    expect(await takeSoon(rig(), service)).to.include({ id });
  });

  it('replays nothing but dead letters', async () => {
    const service = freshService();
    const uncertain = await uncertainJob(rig(), service);
    const { id: queued } = await rig().queue.add(jobFor(rig(), service));

    const replays = [await rig().queue.replay(uncertain, rig().now() + HOUR_MS), await rig().queue.replay(queued, rig().now() + HOUR_MS)];

    expect(replays).to.deep.equal([false, false]);
    expect(await rig().queue.replay('job_unknown0000000000000000', rig().now() + HOUR_MS)).to.equal(false);
  });

  it('lets a replayed job become a dead letter and be replayed again', async () => {
    const service = freshService();
    const id = await deadLetter(rig(), service);
    await rig().queue.replay(id, rig().now() + HOUR_MS);
    await rig().queue.end(await takeSoon(rig(), service), { kind: 'failed', reason: 'upstream_rejected' });

    const again = await rig().queue.replay(id, rig().now() + HOUR_MS);

    expect(again).to.equal(true);
    expect(await takeSoon(rig(), service)).to.include({ id, attempts: 0 });
  });

  it('settles an uncertain job that was done as succeeded, and one to be dropped as cancelled', async () => {
    const service = freshService();
    const [done, dropped] = [await uncertainJob(rig(), service), await uncertainJob(rig(), service)];

    const settled = [
      await rig().queue.settle(done, 'done', rig().now() + HOUR_MS),
      await rig().queue.settle(dropped, 'discard', rig().now() + HOUR_MS),
    ];

    expect(settled).to.deep.equal([true, true]);
    expect(await rig().queue.find(done)).to.include({ state: 'succeeded' });
    expect(await rig().queue.find(dropped)).to.include({ state: 'cancelled' });
    expect(await rig().queue.take(service)).to.equal(undefined);
  });

  it('offers an uncertain job again when it is to be repeated', async () => {
    const service = freshService();
    const id = await uncertainJob(rig(), service);
    const expiresAt = rig().now() + 2 * HOUR_MS;

    const settled = await rig().queue.settle(id, 'repeat', expiresAt);

    expect(settled).to.equal(true);
    expect(await takeSoon(rig(), service)).to.include({ id, interrupted: false, attempts: 0, expiresAt, payload: 'v1.sealed.payload' });
  });

  it('settles once, and nothing but uncertain jobs', async () => {
    const service = freshService();
    const [uncertain, dead] = [await uncertainJob(rig(), service), await deadLetter(rig(), service)];
    await rig().queue.settle(uncertain, 'done', rig().now() + HOUR_MS);

    const settled = [
      await rig().queue.settle(uncertain, 'repeat', rig().now() + HOUR_MS),
      await rig().queue.settle(dead, 'repeat', rig().now() + HOUR_MS),
      await rig().queue.settle('job_unknown0000000000000000', 'done', rig().now() + HOUR_MS),
    ];

    expect(settled).to.deep.equal([false, false, false]);
    expect(await rig().queue.find(dead)).to.include({ state: 'failed' });
  });
};
