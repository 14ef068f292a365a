/**
 * Chapters of the queue's contract: in which order jobs are offered, and what the end of an execution does to them.
 */
import { expect } from 'chai';
import { addAll, freshService, jobFor, takeAll, takeSoon, until, untilPast, type QueueRig } from './queueRig.ts';

/** Long enough that an engine on real time is not past it by the next line, short enough to wait for. */
const BACK_OFF_MS = 400;

export const order = (rig: () => QueueRig): void => {
  it('offers the job that was accepted earliest, of the service that is asked for', async () => {
    const [service, other] = [freshService(), freshService()];
    const ids = await addAll(rig(), [jobFor(rig(), service), jobFor(rig(), service), jobFor(rig(), service)]);
    await rig().queue.add(jobFor(rig(), other));

    const taken = await takeAll(rig(), service);

    expect(taken.map(({ id }) => id)).to.deep.equal(ids);
    expect(taken.map((job) => job.service)).to.deep.equal([service, service, service]);
  });

  it('offers nothing where there is nothing', async () => {
    expect(await rig().queue.take(freshService())).to.equal(undefined);
  });

  it('gives a job to one taker only, however many ask at once', async () => {
    const service = freshService();
    const ids = await addAll(
      rig(),
      Array.from({ length: 10 }, () => jobFor(rig(), service)),
    );

    const taken = await Promise.all(Array.from({ length: 30 }, () => rig().queue.take(service)));
    const rest = await takeAll(rig(), service);

    const claimed = [...taken.flatMap((job) => job ?? []), ...rest];
    expect(claimed.map(({ id }) => id)).to.have.members(ids);
    expect(new Set(claimed.map(({ claim }) => claim)).size).to.equal(10);
  });

  it('holds a job back while an earlier one of its entity runs, and offers those of others', async () => {
    const service = freshService();
    const [first, second, stranger] = await addAll(rig(), [
      jobFor(rig(), service, { entity: 'anna' }),
      jobFor(rig(), service, { entity: 'anna' }),
      jobFor(rig(), service, { entity: 'bert' }),
    ]);

    const taken = await takeAll(rig(), service);
    await rig().queue.end(taken[0]!, { kind: 'succeeded' });
    const afterwards = await takeSoon(rig(), service);

    expect(taken.map(({ id }) => id)).to.deep.equal([first, stranger]);
    expect(afterwards.id).to.equal(second);
  });

  for (const kind of ['retry', 'postponed'] as const) {
    it(`keeps the order of an entity while its first job waits to be repeated (${kind}), and lets others pass`, async () => {
      const service = freshService();
      const [first, second, stranger] = await addAll(rig(), [
        jobFor(rig(), service, { entity: 'anna' }),
        jobFor(rig(), service, { entity: 'anna' }),
        jobFor(rig(), service),
      ]);
      const begun = (await rig().queue.take(service))!;
      await rig().queue.end(begun, { kind, reason: 'circuit_open', afterMs: BACK_OFF_MS });

      const meanwhile = await takeAll(rig(), service);
      const repeated = await takeSoon(rig(), service);
      await rig().queue.end(repeated, { kind: 'succeeded' });
      const last = await takeSoon(rig(), service);

      expect([begun.id, ...meanwhile.map(({ id }) => id)]).to.deep.equal([first, stranger]);
      expect([repeated.id, last.id]).to.deep.equal([first, second]);
    });
  }

  it('does not confuse entities of equal name in two services', async () => {
    const [service, other] = [freshService(), freshService()];
    await addAll(rig(), [jobFor(rig(), service, { entity: 'anna' }), jobFor(rig(), other, { entity: 'anna' })]);

    const taken = [await rig().queue.take(service), await rig().queue.take(other)];

    expect(taken.map((job) => job?.service)).to.deep.equal([service, other]);
  });

  it('is held up by no poison job: later ones of its entity go on when it has become a dead letter', async () => {
    const service = freshService();
    const [poison, next] = await addAll(rig(), [jobFor(rig(), service, { entity: 'anna' }), jobFor(rig(), service, { entity: 'anna' })]);
    const begun = (await rig().queue.take(service))!;
    await rig().queue.end(begun, { kind: 'failed', reason: 'upstream_rejected' });

    const following = await takeSoon(rig(), service);

    expect([begun.id, following.id]).to.deep.equal([poison, next]);
  });

  it('lets later jobs of an entity go on when an earlier one was cancelled or has expired', async () => {
    const service = freshService();
    const [cancelled, , last] = await addAll(rig(), [
      jobFor(rig(), service, { entity: 'anna' }),
      jobFor(rig(), service, { entity: 'anna', expiresAt: rig().now() + 30 }),
      jobFor(rig(), service, { entity: 'anna' }),
    ]);
    await rig().queue.cancel(cancelled!);
    await untilPast(rig(), rig().now() + 30);

    const following = await takeSoon(rig(), service);

    expect(following.id).to.equal(last);
  });
};

export const endings = (rig: () => QueueRig): void => {
  it('counts a repeat as an attempt, and offers the job when its pause is over, with the reason why it waits', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    const endedAt = rig().now();

    const taken = (await rig().queue.take(service))!;
    const noted = await rig().queue.end(taken, { kind: 'retry', reason: 'upstream_timeout', afterMs: BACK_OFF_MS });
    const waiting = await rig().queue.find(id);
    const early = await rig().queue.take(service);
    const again = await takeSoon(rig(), service);

    expect(noted).to.equal(true);
    expect(waiting).to.include({ state: 'queued', attempts: 1, reason: 'upstream_timeout' });
    expect(waiting?.dueAt).to.be.within(endedAt + BACK_OFF_MS, endedAt + BACK_OFF_MS + 1000);
    expect(early).to.equal(undefined);
    expect(again).to.include({ id, attempts: 1, interrupted: false });
    expect(rig().now()).to.be.at.least(endedAt + BACK_OFF_MS);
  });

  for (const kind of ['retry', 'postponed'] as const) {
    it(`takes a pause that is no whole number of milliseconds (${kind}), and cuts none of it off`, async () => {
      const service = freshService();
      const { id } = await rig().queue.add(jobFor(rig(), service));
      const begun = (await rig().queue.take(service))!;
      const endedAt = rig().now();

      const noted = await rig().queue.end(begun, { kind, reason: 'upstream_unavailable', afterMs: 20.25 });
      const waiting = await rig().queue.find(id);

      expect(noted).to.equal(true);
      expect(waiting).to.include({ state: 'queued', reason: 'upstream_unavailable' });
      expect(waiting?.dueAt).to.be.at.least(endedAt + 20.25);
      expect((await takeSoon(rig(), service)).id).to.equal(id);
    });
  }

  it('counts a postponement as no attempt', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    for (let times = 0; times < 3; times += 1) {
      await rig().queue.end(await takeSoon(rig(), service), { kind: 'postponed', reason: 'circuit_open', afterMs: 0 });
    }

    const found = await rig().queue.find(id);

    expect(found).to.include({ state: 'queued', attempts: 0, reason: 'circuit_open' });
    expect(await takeSoon(rig(), service)).to.include({ id, attempts: 0, interrupted: false });
  });

  it('counts the attempts of every repeat, and the last one whatever it ends with', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    for (let times = 0; times < 3; times += 1) {
      await rig().queue.end(await takeSoon(rig(), service), { kind: 'retry', reason: 'upstream_unavailable', afterMs: 0 });
    }

    await rig().queue.end(await takeSoon(rig(), service), { kind: 'failed', reason: 'upstream_unavailable' });

    expect(await rig().queue.find(id)).to.include({ state: 'failed', attempts: 4, reason: 'upstream_unavailable' });
  });

  for (const outcome of [
    { kind: 'succeeded', result: 'v1.sealed' },
    { kind: 'failed', reason: 'upstream_rejected' },
    { kind: 'uncertain', reason: 'outcome_unknown' },
  ] as const) {
    it(`ends a job as ${outcome.kind} for good: it is not offered again`, async () => {
      const service = freshService();
      const { id } = await rig().queue.add(jobFor(rig(), service));
      const { kind, ...told } = outcome;

      const noted = await rig().queue.end((await rig().queue.take(service))!, outcome);

      expect(noted).to.equal(true);
      expect(await rig().queue.find(id)).to.include({ state: kind, attempts: 1, ...told });
      expect(await rig().queue.take(service)).to.equal(undefined);
    });
  }

  it('keeps a claim that is renewed, and no claim of a job that has ended', async () => {
    const service = freshService();
    await rig().queue.add(jobFor(rig(), service));
    const claimed = (await rig().queue.take(service))!;

    const whileRunning = await rig().queue.renew(claimed);
    await rig().queue.end(claimed, { kind: 'succeeded' });

    expect(whileRunning).to.equal(true);
    expect(await rig().queue.renew(claimed)).to.equal(false);
  });

  it('notes one end of an execution, not two', async () => {
    const service = freshService();
    const { id } = await rig().queue.add(jobFor(rig(), service));
    const claimed = (await rig().queue.take(service))!;
    await rig().queue.end(claimed, { kind: 'succeeded' });

    const second = await rig().queue.end(claimed, { kind: 'failed', reason: 'upstream_rejected' });

    expect(second).to.equal(false);
    expect(await rig().queue.find(id)).to.include({ state: 'succeeded' });
  });

  it('gives a hint when a repeat falls due', async () => {
    const service = freshService();
    await rig().queue.add(jobFor(rig(), service));
    const claimed = (await rig().queue.take(service))!;
    await rig().queue.end(claimed, { kind: 'retry', reason: 'upstream_timeout', afterMs: BACK_OFF_MS });
    const hintedAt: number[] = [];
    rig().queue.onWork((of) => {
      if (of === service) hintedAt.push(rig().now());
    });

    await takeSoonByHint(rig(), service, hintedAt);

    expect(hintedAt).not.to.deep.equal([]);
  });
};

/** Looks only when there was a hint since the last look. */
const takeSoonByHint = (rig: QueueRig, service: string, hints: readonly number[]): Promise<true> => {
  let seen = 0;
  return until(rig, async () => {
    if (hints.length === seen) return undefined;
    seen = hints.length;
    return (await rig.queue.take(service)) === undefined ? undefined : true;
  });
};
