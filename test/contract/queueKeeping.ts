/**
 * Chapters of the queue's contract: what is accepted, what is told about it, how long it is kept.
 */
import { expect } from 'chai';
import { JOB_VERSION } from '../../src/queue/durableQueue.ts';
import { addAll, freshService, HOUR_MS, jobFor, jobId, until, untilPast, type QueueRig } from './queueRig.ts';

export const acceptance = (rig: () => QueueRig): void => {
  it('tells of an accepted job all but its payload', async () => {
    const job = jobFor(rig(), freshService(), { entity: 'digest', requestId: 'request-1' });
    const { payload: _payload, ...told } = job;

    const added = await rig().queue.add(job);
    const found = await rig().queue.find(job.id);

    expect(added).to.include({ ...told, state: 'queued', attempts: 0 });
    expect(found).to.deep.equal(added);
    expect(added).not.to.have.property('payload');
    expect(added.dueAt).to.be.at.most(rig().now());
  });

  it('adds equal ids once, and tells how the first one stands', async () => {
    const service = freshService();
    const job = jobFor(rig(), service);
    await rig().queue.add(job);
    const claimed = (await rig().queue.take(service))!;

    const again = await rig().queue.add({ ...job, operation: 'update_contact' });

    expect(again).to.include({ id: job.id, state: 'running', operation: 'create_contact' });
    expect(await rig().queue.take(service)).to.equal(undefined);
    expect(await rig().queue.end(claimed, { kind: 'succeeded' })).to.equal(true);
  });

  it('adds equal ids once even when they come at the same time', async () => {
    const service = freshService();
    const job = jobFor(rig(), service);

    await Promise.all(Array.from({ length: 8 }, () => rig().queue.add(job)));

    expect(await rig().queue.list({ service, limit: 10 })).to.have.length(1);
  });

  it('accepts many at once, and loses none', async () => {
    const service = freshService();
    const jobs = Array.from({ length: 100 }, () => jobFor(rig(), service));

    const added = await Promise.all(jobs.map((job) => rig().queue.add(job)));

    const listed = await rig().queue.list({ service, limit: 1000 });
    expect(added.map(({ id }) => id)).to.deep.equal(jobs.map(({ id }) => id));
    expect(listed.map(({ id }) => id)).to.have.members(jobs.map(({ id }) => id));
  });

  it('knows nothing of an id that was never added', async () => {
    expect(await rig().queue.find(jobId())).to.equal(undefined);
    expect(await rig().queue.cancel(jobId())).to.equal(undefined);
  });

  it('hands the payload to whoever takes the job, as it was', async () => {
    const service = freshService();
    const job = jobFor(rig(), service, { payload: `v1.${'x'.repeat(100_000)}.é–☃` });
    await rig().queue.add(job);

    const claimed = await rig().queue.take(service);

    expect(claimed).to.include({ id: job.id, payload: job.payload, state: 'running', attempts: 0, interrupted: false });
    expect(claimed?.claim).to.be.a('string').with.length.above(0);
  });

  it('cancels a job that is queued: it is never offered', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));

    const cancelled = await rig().queue.cancel(id);

    expect(cancelled).to.include({ id, state: 'cancelled' });
    expect(await rig().queue.take(service)).to.equal(undefined);
    expect(await rig().queue.find(id)).to.include({ state: 'cancelled' });
  });

  it('leaves a running job and an ended one as they are when they are cancelled', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    const claimed = (await rig().queue.take(service))!;

    const whileRunning = await rig().queue.cancel(id);
    await rig().queue.end(claimed, { kind: 'failed', reason: 'upstream_rejected' });
    const whenEnded = await rig().queue.cancel(id);

    expect(whileRunning).to.include({ id, state: 'running' });
    expect(whenEnded).to.include({ id, state: 'failed', reason: 'upstream_rejected' });
  });

  it('leaves a job of a later version alone', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service, { version: JOB_VERSION + 1 }));

    const taken = await rig().queue.take(service);

    expect(taken).to.equal(undefined);
    expect(await rig().queue.find(id)).to.include({ state: 'queued', version: JOB_VERSION + 1 });
  });

  it('ends a job that was not begun in time instead of offering it', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service, { expiresAt: rig().now() + 30 }));
    await untilPast(rig(), rig().now() + 30);

    const taken = await rig().queue.take(service);

    expect(taken).to.equal(undefined);
    expect(await rig().queue.find(id)).to.include({ state: 'failed', reason: 'expired', attempts: 0 });
  });

  it('gives a hint when a job has come', async () => {
    const service = freshService();
    const hints: string[] = [];
    rig().queue.onWork((of) => hints.push(of));

    await rig().queue.add(jobFor(rig(), service));

    await until(rig(), async () => hints.find((of) => of === service));
  });
};

/** One job in each state, by state. */
const oneOfEach = async (rig: QueueRig, service: string): Promise<Readonly<Record<string, string>>> => {
  const [succeeded, failed, uncertain, running, queued, cancelled] = await addAll(
    rig,
    Array.from({ length: 6 }, (_, number) => jobFor(rig, service, { operation: number === 1 ? 'delete_contact' : 'create_contact' })),
  );
  const { queue } = rig;
  await queue.end((await queue.take(service))!, { kind: 'succeeded', result: 'v1.sealed.result' });
  await queue.end((await queue.take(service))!, { kind: 'failed', reason: 'upstream_rejected' });
  await queue.end((await queue.take(service))!, { kind: 'uncertain', reason: 'outcome_unknown' });
  await queue.take(service);
  await queue.cancel(cancelled!);
  return { succeeded: succeeded!, failed: failed!, uncertain: uncertain!, running: running!, queued: queued!, cancelled: cancelled! };
};

export const keeping = (rig: () => QueueRig): void => {
  it('lists jobs by state, service, operation and reason, earliest accepted first', async () => {
    const service = freshService();
    const ids = await oneOfEach(rig(), service);
    const listed = async (filter: object): Promise<readonly string[]> =>
      (await rig().queue.list({ service, limit: 100, ...filter })).map(({ id }) => id);

    const inOrder = ['succeeded', 'failed', 'uncertain', 'running', 'queued', 'cancelled'];
    expect(await listed({})).to.deep.equal(inOrder.map((state) => ids[state]));
    for (const state of Object.keys(ids)) expect(await listed({ states: [state] })).to.deep.equal([ids[state]]);
    expect(await listed({ states: ['uncertain', 'failed'] })).to.deep.equal([ids['failed'], ids['uncertain']]);
    expect(await listed({ operation: 'delete_contact' })).to.deep.equal([ids['failed']]);
    expect(await listed({ reason: 'outcome_unknown' })).to.deep.equal([ids['uncertain']]);
    expect(await listed({ states: ['succeeded'], reason: 'outcome_unknown' })).to.deep.equal([]);
  });

  it('lists no more than it is asked for, and only what was accepted before a moment', async () => {
    const service = freshService();
    const from = rig().now();
    const ids = await addAll(
      rig(),
      [-30, -20, -10].map((offset) => jobFor(rig(), service, { acceptedAt: from + offset })),
    );

    const first = await rig().queue.list({ service, limit: 2 });
    const early = await rig().queue.list({ service, acceptedBefore: from - 10, limit: 10 });

    expect(first.map(({ id }) => id)).to.deep.equal(ids.slice(0, 2));
    expect(early.map(({ id }) => id)).to.deep.equal(ids.slice(0, 2));
  });

  it('keeps the sealed result of a job that succeeded, and the reason of one that did not', async () => {
    const ids = await oneOfEach(rig(), freshService());

    expect(await rig().queue.find(ids['succeeded']!))
      .to.include({ result: 'v1.sealed.result' })
      .and.not.have.property('reason');
    expect(await rig().queue.find(ids['failed']!))
      .to.include({ reason: 'upstream_rejected' })
      .and.not.have.property('result');
  });

  it('counts the jobs of each service by state, and tells when the oldest open one was accepted', async () => {
    const service = freshService();
    await oneOfEach(rig(), service);
    const earliest = rig().now() - 5000;
    const late = freshService();
    await rig().queue.add(jobFor(rig(), late, { acceptedAt: earliest }));
    await rig().queue.add(jobFor(rig(), late));

    const depths = new Map((await rig().queue.depths()).map((depth) => [depth.service, depth]));

    expect(depths.get(service)?.jobs).to.deep.equal({ queued: 1, running: 1, succeeded: 1, failed: 1, uncertain: 1, cancelled: 1 });
    expect(depths.get(late)).to.deep.include({ oldestAcceptedAt: earliest });
    expect(depths.get(late)?.jobs).to.include({ queued: 2, running: 0 });
  });

  it('names no oldest job where all have ended', async () => {
    const service = freshService();
    await rig().queue.add(jobFor(rig(), service));
    await rig().queue.end((await rig().queue.take(service))!, { kind: 'succeeded' });

    const depth = (await rig().queue.depths()).find((one) => one.service === service);

    expect(depth?.jobs).to.include({ queued: 0, running: 0, succeeded: 1 });
    expect(depth).not.to.have.property('oldestAcceptedAt');
  });

  it('drops ended jobs that are old enough, dead letters by their own age, and open ones never', async () => {
    const ids = await oneOfEach(rig(), freshService());
    const kept = async (): Promise<readonly string[]> => {
      const look = async ([state, id]: [string, string]) => ((await rig().queue.find(id)) === undefined ? [] : [state]);
      const found = await Promise.all(Object.entries(ids).map(look));
      return found.flat();
    };

    const none = await rig().queue.purge(rig().now() - HOUR_MS, rig().now() - HOUR_MS);
    const allKept = await kept();
    const some = await rig().queue.purge(rig().now() + 1000, 0);
    const deadKept = await kept();
    await rig().queue.purge(rig().now() + 1000, rig().now() + 1000);

    expect(none).to.equal(0);
    expect(allKept).to.have.length(6);
    expect(some).to.be.at.least(2);
    expect(deadKept).to.have.members(['failed', 'uncertain', 'running', 'queued']);
    expect(await kept()).to.have.members(['running', 'queued']);
  });
};
