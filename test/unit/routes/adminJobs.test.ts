import { expect } from 'chai';
import { QueueUnavailableError } from '../../../src/errors/queueErrors.ts';
import { JOB_VERSION, type JobOutcome } from '../../../src/queue/durableQueue.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { JOB_EXPIRES_MS, startWebGateway, type WebGateway } from '../web/webGateway.ts';

interface Found {
  readonly jobs: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
}

const because = { reason: 'the outage is over' };
const idOf = (name: string): string => `job_${name.padEnd(22, '0')}`;

describe('job administration', () => {
  let clock: HandDrivenClock;
  let gateway: WebGateway;

  beforeEach(async () => {
    clock = new HandDrivenClock();
    gateway = await startWebGateway({ clock });
  });

  afterEach(() => gateway.stop());

  /** Accepted a second after the one before. */
  const job = async (name: string, outcome?: JobOutcome, service = 'toy'): Promise<string> => {
    clock.advance(1000);
    const now = clock.wallTime();
    const id = idOf(name);
    const what = { service, operation: 'make_thing', owner: 'crm-sync', requestId: `request-${name}`, payload: 'v1.sealed.ada' };
    await gateway.queue.add({ id, version: JOB_VERSION, ...what, entity: 'digest', acceptedAt: now, expiresAt: now + JOB_EXPIRES_MS });
    if (outcome !== undefined) await gateway.queue.end((await gateway.queue.take(service))!, outcome);
    return id;
  };
  const failed = (reason: string): JobOutcome => ({ kind: 'failed', reason });
  const ask = (method: string, path: string, body?: unknown): Promise<PlainResponse> =>
    plainHttp(`${gateway.url}/admin/jobs${path}`, {
      method,
      headers: { 'x-request-id': 'request-admin', 'content-type': 'application/json' },
      body: body === undefined ? '' : JSON.stringify(body),
    });
  const bodyOf = ({ text }: PlainResponse): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>;
  const foundIn = ({ text }: PlainResponse): Found => JSON.parse(text) as Found;
  const idsIn = (answer: PlainResponse): readonly unknown[] => foundIn(answer).jobs.map(({ id }) => id);
  const audit = () => gateway.lines.filter((line) => line['audit'] === true);

  it('lists what is known about jobs, earliest first, and nothing that they hold', async () => {
    const first = await job('first', { kind: 'succeeded', result: 'v1.sealed.result' });
    const second = await job('second');

    const answer = await ask('GET', '');

    expect(idsIn(answer)).to.deep.equal([first, second]);
    expect(foundIn(answer).truncated).to.equal(false);
    expect(foundIn(answer).jobs[1]).to.include({ status: 'queued', owner: 'crm-sync', requestId: 'request-second', attempts: 0 });
    expect(answer.text).not.to.match(/sealed|digest|payload|result/u);
  });

  it('narrows the list by state, service, operation, reason and acceptance, up to a limit', async () => {
    await job('queued');
    const before = new Date(clock.wallTime() + 1).toISOString();
    const rejected = await job('rejected', failed('thing_exists'), 'other');
    const expired = await job('expired', failed('expired'), 'third');

    const found = async (query: string): Promise<readonly unknown[]> => idsIn(await ask('GET', query));

    expect(await found('?state=failed')).to.deep.equal([rejected, expired]);
    expect(await found('?state=failed&reason=expired')).to.deep.equal([expired]);
    expect(await found('?service=other&operation=make_thing')).to.deep.equal([rejected]);
    expect(await found(`?acceptedBefore=${before}`)).to.deep.equal([idOf('queued')]);
    expect(await found('?operation=nothing')).to.deep.equal([]);
    expect(foundIn(await ask('GET', '?limit=2'))).to.have.property('truncated', true);
  });

  it('refuses what is no filter', async () => {
    const queries = ['?state=dead', '?limit=0', '?limit=1001', '?acceptedBefore=yesterday', '?owner=crm-sync'];

    const answers = await Promise.all(queries.map((query) => ask('GET', query)));

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(5).fill(400));
  });

  it('shows one job, whoever it belongs to', async () => {
    const id = await job('one', failed('thing_exists'));

    const [known, unknown] = [await ask('GET', `/${id}`), await ask('GET', `/${idOf('nobody')}`)];

    expect(bodyOf(known)).to.include({ id, status: 'failed', reason: 'thing_exists', owner: 'crm-sync' });
    expect(unknown.status).to.equal(404);
  });

  it('puts a dead letter back once, with a new expiry, in the name of the caller', async () => {
    const id = await job('dead', failed('expired'));
    clock.advance(60_000);

    const [replayed, again] = [await ask('POST', `/${id}/replay`, because), await ask('POST', `/${id}/replay`, because)];

    expect(bodyOf(replayed)).to.include({
      id,
      status: 'queued',
      attempts: 0,
      expiresAt: new Date(clock.wallTime() + JOB_EXPIRES_MS).toISOString(),
    });
    expect([again.status, bodyOf(again)['code']]).to.deep.equal([409, 'job_state_conflict']);
    expect(bodyOf(again)['detail']).to.contain('the job is queued');
    expect(audit()).to.have.length(1);
    expect(audit()[0]).to.deep.include({
      level: 'warn',
      action: 'replay',
      job: id,
      service: 'toy',
      by: 'local',
      from: { state: 'failed', reason: 'expired' },
      reason: 'the outage is over',
      requestId: 'request-admin',
    });
  });

  it('says which dead letters a filter finds, and touches none unless told to', async () => {
    const dead = [await job('one', failed('expired')), await job('two', failed('expired'))];
    await job('other', failed('thing_exists'));

    const dry = await ask('POST', '/replay', { filter: { service: 'toy', reason: 'expired' } });

    expect(bodyOf(dry)).to.deep.equal({ dryRun: true, count: 2, ids: dead, truncated: false });
    expect((await gateway.queue.find(dead[0]!))?.state).to.equal('failed');
    expect(audit()).to.deep.equal([]);
  });

  it('puts back what a filter finds, one line in the log for each', async () => {
    const dead = [await job('one', failed('expired')), await job('two', failed('expired'))];
    const other = await job('other', failed('thing_exists'));

    const wet = await ask('POST', '/replay', { filter: { reason: 'expired' }, dryRun: false, ...because });
    const again = await ask('POST', '/replay', { filter: { reason: 'expired' }, dryRun: false, ...because });

    expect(bodyOf(wet)).to.deep.equal({ dryRun: false, count: 2, ids: dead, truncated: false });
    expect(bodyOf(again)['count']).to.equal(0);
    expect(audit().map((line) => line['job'])).to.deep.equal(dead);
    expect((await gateway.queue.find(other))?.state).to.equal('failed');
  });

  it('puts back no more than asked, and says that there are more', async () => {
    for (let number = 0; number < 45; number += 1) await job(`many-${String(number)}-`, failed('expired'));

    const some = await ask('POST', '/replay', { filter: { limit: 41 }, dryRun: false, ...because });

    expect(bodyOf(some)).to.include({ count: 41, truncated: true });
    expect(await gateway.queue.list({ states: ['failed'], limit: 100 })).to.have.length(4);
  });

  it('demands a reason for every change', async () => {
    const id = await job('dead', failed('expired'));

    const answers = [
      await ask('POST', `/${id}/replay`, {}),
      await ask('POST', `/${id}/replay`, { reason: '   ' }),
      await ask('POST', '/replay', { filter: {}, dryRun: false }),
      await ask('POST', '/replay', { dryRun: true }),
      await ask('POST', `/${id}/settle`, { settlement: 'done' }),
      await ask('POST', `/${id}/settle`, { settlement: 'undo', ...because }),
    ];

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(6).fill(400));
    expect(await gateway.queue.find(id)).to.include({ state: 'failed' });
  });

  for (const [settlement, state] of [
    ['done', 'succeeded'],
    ['repeat', 'queued'],
    ['discard', 'cancelled'],
  ] as const) {
    it(`settles an uncertain job as ${settlement}, once`, async () => {
      const id = await job('doubt', { kind: 'uncertain', reason: 'outcome_unknown' });

      const [settled, again] = [
        await ask('POST', `/${id}/settle`, { settlement, ...because }),
        await ask('POST', `/${id}/settle`, { settlement, ...because }),
      ];

      expect(bodyOf(settled)).to.include({ id, status: state });
      expect([again.status, bodyOf(again)['detail']]).to.deep.equal([409, `the job is ${state}; this is for jobs that are uncertain`]);
      expect(audit().map((line) => [line['action'], line['settlement'], line['job']])).to.deep.equal([['settle', settlement, id]]);
    });
  }

  it('is for administrators alone', async () => {
    const caller = { id: 'crm-sync', scopes: new Set(['toy:read', 'toy:write']) };
    const guarded = await startWebGateway({ authenticator: { identify: () => ({ caller }) } });

    const { status } = await plainHttp(`${guarded.url}/admin/jobs`);
    await guarded.stop();

    expect(status).to.equal(403);
  });

  it('is 503 while the store does not answer', async () => {
    const id = await job('dead', failed('expired'));
    gateway.queue.failWith('the disk is full');

    const answers = [
      await ask('GET', ''),
      await ask('GET', `/${id}`),
      await ask('POST', `/${id}/replay`, because),
      await ask('POST', '/replay', { filter: {} }),
    ];

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(4).fill(503));
  });

  it('logs what was put back before the store failed', async () => {
    const dead = [await job('one', failed('expired')), await job('two', failed('expired'))];
    const { replay } = gateway.queue;
    gateway.queue.replay = (id, expiresAt) =>
      id === dead[0] ? replay.call(gateway.queue, id, expiresAt) : Promise.reject(new QueueUnavailableError('the disk is full'));

    const { status } = await ask('POST', '/replay', { filter: {}, dryRun: false, ...because });

    expect(status).to.equal(503);
    expect(audit().map((line) => line['job'])).to.deep.equal([dead[0]]);
  });
});
