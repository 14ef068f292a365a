import { expect } from 'chai';
import { QueueUnavailableError } from '../../../../src/errors/queueErrors.ts';
import { ANSWER_WITHIN_MS } from '../../../../src/queue/embedded/embeddedClient.ts';
import { jobFor, takeSoon } from '../../../contract/queueRig.ts';
import { EmbeddedStoreRig } from '../../../support/embeddedStoreRig.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { DiskGate, faultsOf } from '../../../support/queueFaults.ts';

/** Everything that is due in this process gets its turn. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('EmbeddedClient', function () {
  this.timeout(30_000);

  let disk: DiskGate;
  let rig: EmbeddedStoreRig;

  beforeEach(async () => {
    disk = new DiskGate();
    rig = await EmbeddedStoreRig.open({ faults: faultsOf({ gate: disk.buffer }) });
  });

  afterEach(async () => {
    disk.open();
    await rig.close();
  });

  /** Rejects as soon as the caller's patience is over, while the disk still hangs. */
  const timedOut = async (promise: Promise<unknown>): Promise<void> => {
    const refused = errorOf(promise, QueueUnavailableError);
    await turn();
    rig.clock.advance(ANSWER_WITHIN_MS);
    expect((await refused).message).to.equal('the queue cannot take it: it did not answer in time');
  };

  it('commits together what arrives while the disk is busy: one sync for all', async () => {
    const jobs = Array.from({ length: 50 }, () => jobFor(rig, 'crm'));

    const added = await Promise.all(jobs.map((job) => rig.queue.add(job)));

    expect(added.map(({ id }) => id)).to.deep.equal(jobs.map(({ id }) => id));
    expect(disk.commits).to.equal(1);
  });

  it('splits what is too much for one commit', async () => {
    await Promise.all(Array.from({ length: 1100 }, () => rig.queue.add(jobFor(rig, 'crm'))));

    expect(disk.commits).to.equal(3);
  });

  it('leaves the process responsive while the disk hangs', async () => {
    disk.shut();
    const adding = rig.queue.add(jobFor(rig, 'crm'));

    for (let turns = 0; turns < 100; turns += 1) await turn();
    disk.open();

    expect(await adding).to.include({ state: 'queued' });
  });

  it('refuses after a second when the disk hangs, and takes the job back that was written after all', async () => {
    const job = jobFor(rig, 'crm');
    disk.shut();

    await timedOut(rig.queue.add(job));
    disk.open();

    expect(await foundAfterwards(job.id)).to.equal(undefined);
    expect(await rig.queue.take('crm')).to.equal(undefined);
  });

  it('never sends what has waited too long behind a hanging disk', async () => {
    const [first, second] = [jobFor(rig, 'crm'), jobFor(rig, 'crm')];
    disk.shut();
    const sent = errorOf(rig.queue.add(first), QueueUnavailableError);
    await turn();

    await timedOut(rig.queue.add(second));
    await sent;
    disk.open();

    expect(await foundAfterwards(second.id)).to.equal(undefined);
    // What was sent, what takes it back (with the first look), and the second look.
    expect(disk.commits).to.equal(3);
  });

  it('lets nobody claim a job that was accepted too late, not even who asked at the same time', async () => {
    const job = jobFor(rig, 'crm');
    disk.shut();
    const before = rig.queue.depths();
    await turn();
    const refused = errorOf(rig.queue.add(job), QueueUnavailableError);
    rig.clock.advance(ANSWER_WITHIN_MS - 1);
    const taking = rig.queue.take('crm');
    disk.letOnePass();
    await before;
    await turn();
    rig.clock.advance(1);
    await refused;

    disk.open();

    expect(await taking).to.equal(undefined);
    expect(await foundAfterwards(job.id)).to.equal(undefined);
  });

  it('keeps an earlier job whose second acceptance came too late', async () => {
    const job = jobFor(rig, 'crm');
    await rig.queue.add(job);
    disk.shut();

    await timedOut(rig.queue.add(job));
    disk.open();

    expect(await foundAfterwards(job.id)).to.include({ id: job.id, state: 'queued' });
  });

  it('accepts a job again that was refused for being late', async () => {
    const job = jobFor(rig, 'crm');
    disk.shut();
    await timedOut(rig.queue.add(job));
    const again = rig.queue.add(job);
    disk.open();

    expect(await again).to.include({ id: job.id, state: 'queued' });
    expect(await foundAfterwards(job.id)).to.include({ id: job.id });
  });

  it('puts a job back whose claim came too late to be told: it was not begun', async () => {
    const { id } = await rig.queue.add(jobFor(rig, 'crm'));
    disk.shut();

    await timedOut(rig.queue.take('crm'));
    disk.open();

    expect(await takeSoon(rig, 'crm')).to.include({ id, attempts: 0, interrupted: false });
  });

  it('forgets a key whose first use could not be told in time', async () => {
    const use = { key: 'digest', fingerprint: 'of the request', leaseUntil: rig.now() + 60_000, keepUntil: rig.now() + 90_000 };
    disk.shut();

    await timedOut(rig.keys.begin(use, rig.now()));
    disk.open();
    await rig.queue.depths();
    await turn();

    expect(await rig.keys.begin(use, rig.now())).to.deep.equal({ kind: 'first' });
  });

  it('carries out what was asked before it is closed', async () => {
    const job = jobFor(rig, 'crm');
    const adding = rig.queue.add(job);

    await rig.queue.close();

    expect(await adding).to.include({ id: job.id });
  });

  it('stops waiting for a disk that hangs when it is closed', async () => {
    disk.shut();
    const adding = errorOf(rig.queue.add(jobFor(rig, 'crm')), QueueUnavailableError);
    await turn();

    const closing = rig.queue.close();
    rig.clock.advance(ANSWER_WITHIN_MS);
    await closing;

    expect((await adding).code).to.equal('queue_unavailable');
  });

  /** Once the disk has gone through what was written late, and what takes it back. */
  const foundAfterwards = async (id: string) => {
    await rig.queue.depths();
    await turn();
    return rig.queue.find(id);
  };
});
