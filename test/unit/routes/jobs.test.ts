import { expect } from 'chai';
import { type ClaimedJob, JOB_VERSION, type JobOutcome, type JobRecord, type NewJob } from '../../../src/queue/durableQueue.ts';
import type { Authenticator } from '../../../src/web/authentication.ts';
import type { Scope } from '../../../src/web/route.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { sealedResult, startWebGateway, type WebGateway } from '../web/webGateway.ts';

/** The name is the key; `operator` is an administrator, and so is `reader`, who may read from hubspot besides. */
const byName: Authenticator = {
  identify: ({ 'x-api-key': name }) => {
    if (typeof name !== 'string') return { refusal: 'no_key' };
    return { caller: { id: name, scopes: new Set(scopesOf[name] ?? ['toy:read']) } };
  },
};

const scopesOf: Readonly<Record<string, readonly Scope[]>> = { operator: ['admin'], reader: ['admin', 'hubspot:read'] };

describe('job routes', () => {
  const clock = new HandDrivenClock();
  let gateway: WebGateway;
  let id: string;
  let jobs = 0;

  before(async () => {
    gateway = await startWebGateway({ clock, authenticator: byName });
  });

  beforeEach(async () => {
    id = (await added()).id;
    gateway.lines.length = 0;
    gateway.queue.failWith(undefined);
  });

  after(() => gateway.stop());

  const added = (fields: Partial<NewJob> = {}): Promise<JobRecord> => {
    jobs += 1;
    const now = clock.wallTime();
    const name = `job_${String(jobs).padStart(22, '0')}`;
    const times = { acceptedAt: now, expiresAt: now + 3_600_000 };
    const what = { service: `toy${String(jobs)}`, operation: 'make_thing', owner: 'crm-sync', payload: 'v1.sealed' };
    return gateway.queue.add({ id: name, version: JOB_VERSION, ...what, ...times, ...fields });
  };
  const taken = async (): Promise<ClaimedJob> => (await gateway.queue.take(`toy${String(jobs)}`))!;
  const ended = async (outcome: JobOutcome): Promise<void> => {
    await gateway.queue.end(await taken(), outcome);
  };
  const ask = (method = 'GET', key = 'crm-sync', job = id): Promise<PlainResponse> =>
    plainHttp(`${gateway.url}/api/jobs/${job}`, { method, headers: { 'x-api-key': key, 'x-request-id': 'request-jobs' } });
  const bodyOf = ({ text }: PlainResponse): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
  const iso = (ms: number): string => new Date(ms).toISOString();

  it('tell of a job all but what it writes and for whom', async () => {
    const now = clock.wallTime();

    const { status, headers, text } = await ask();

    expect([status, headers['retry-after']]).to.deep.equal([200, '1']);
    expect(JSON.parse(text)).to.deep.equal({
      id,
      status: 'queued',
      service: `toy${String(jobs)}`,
      operation: 'make_thing',
      acceptedAt: iso(now),
      since: iso(now),
      expiresAt: iso(now + 3_600_000),
      nextAttemptAt: iso(now),
      attempts: 0,
    });
  });

  it('say when to ask again: at the next attempt, but within a minute', async () => {
    await ended({ kind: 'retry', reason: 'upstream_timeout', afterMs: 12_300 });
    const soon = await ask();
    id = (await added()).id;
    await ended({ kind: 'postponed', reason: 'circuit_open', afterMs: 600_000 });
    const late = await ask();

    expect(bodyOf(soon)).to.include({ status: 'queued', attempts: 1, reason: 'upstream_timeout' });
    expect([soon.headers['retry-after'], late.headers['retry-after']]).to.deep.equal(['13', '60']);
  });

  it('show a job in execution, without a time of its next', async () => {
    await taken();

    const answer = await ask();

    expect(bodyOf(answer)).to.include({ status: 'running' }).and.not.have.property('nextAttemptAt');
    expect(answer.headers['retry-after']).to.equal('1');
  });

  it('open the answer of the service for its owner', async () => {
    await ended({ kind: 'succeeded', result: sealedResult(id, { id: '101', email: 'ada@example.com' }) });

    const answer = await ask();

    expect(bodyOf(answer)).to.deep.include({ status: 'succeeded', result: { id: '101', email: 'ada@example.com' } });
    expect(answer.headers).not.to.have.property('retry-after');
  });

  const services = ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'];
  for (const service of services) {
    it(`show the answer of ${service} to its owner and to whoever may read from it, but not to an administrator as such`, async () => {
      id = (await added({ service })).id;
      await gateway.queue.end((await gateway.queue.take(service))!, { kind: 'succeeded', result: sealedResult(id, { id: '101' }) });

      const owner = await ask('GET', 'crm-sync');
      const administrator = await ask('GET', 'operator');
      const reader = await ask('GET', 'reader');

      expect(bodyOf(owner)).to.have.property('result');
      expect(bodyOf(administrator)).to.include({ status: 'succeeded' }).and.not.have.property('result');
      expect('result' in bodyOf(reader)).to.equal(service === 'hubspot');
    });
  }

  for (const service of services) {
    it(`leave out an answer of ${service} about a record that was gone after it`, async () => {
      id = (await added({ service })).id;
      await gateway.queue.end((await gateway.queue.take(service))!, {
        kind: 'succeeded',
        result: sealedResult(id, { id: '101', email: 'ada@example.com' }),
      });
      const before = await ask();
      clock.advance(1);
      await gateway.gone.end(service, ['ADA@example.com']);

      const after = await ask();

      expect(bodyOf(before)).to.have.property('result');
      expect(bodyOf(after)).to.include({ status: 'succeeded' }).and.not.have.property('result');
    });
  }

  it('leave out an answer that cannot be opened any more, and say so in the log', async () => {
    await ended({ kind: 'succeeded', result: sealedResult('job_of_another_place', { id: '101' }) });

    const answer = await ask();

    expect(answer.status).to.equal(200);
    expect(bodyOf(answer)).to.include({ status: 'succeeded' }).and.not.have.property('result');
    expect(gateway.lines.filter(({ level }) => level === 'error').map(({ job }) => job)).to.deep.equal([id]);
  });

  for (const kind of ['failed', 'uncertain'] as const) {
    it(`say why a job is ${kind}`, async () => {
      await ended({ kind, reason: 'outcome_unknown' });

      const answer = await ask();

      expect(bodyOf(answer)).to.include({ status: kind, reason: 'outcome_unknown' });
      expect(answer.headers).not.to.have.property('retry-after');
    });
  }

  it('answer alike for the job of another key, an unknown one and what is none', async () => {
    const unknown = 'job_unknown000000000000000';
    const foreign = [ask('GET', 'reports'), ask('DELETE', 'reports')];
    const answers = await Promise.all([...foreign, ask('GET', 'crm-sync', unknown), ask('GET', 'crm-sync', 'x')]);

    const [first, ...others] = answers.map(({ status, text }) => ({ status, body: { ...(JSON.parse(text) as object), instance: '' } }));

    expect(first?.status).to.equal(404);
    for (const other of others) expect(other).to.deep.equal(first);
    expect(await gateway.queue.find(id)).to.include({ state: 'queued' });
  });

  it('ask for a key, and for no scope', async () => {
    const without = await plainHttp(`${gateway.url}/api/jobs/${id}`);

    expect(without.status).to.equal(401);
    expect((await ask()).status).to.equal(200);
  });

  it('show administrators the jobs of everybody', async () => {
    expect(bodyOf(await ask('GET', 'operator'))).to.include({ id, status: 'queued' });
  });

  it('take back a job that is queued, once and for all', async () => {
    const cancelled = await ask('DELETE');
    const again = await ask('DELETE');

    expect([cancelled.status, again.status]).to.deep.equal([200, 200]);
    expect(bodyOf(cancelled)).to.include({ id, status: 'cancelled' });
    expect(cancelled.headers).not.to.have.property('retry-after');
    expect(await gateway.queue.take(`toy${String(jobs)}`)).to.equal(undefined);
    const lines = gateway.lines.filter(({ message }) => message === 'job cancelled');
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ job: id, by: 'crm-sync', requestId: 'request-jobs', audit: undefined });
  });

  it('take back the job of another for an administrator, whose hand is on record', async () => {
    const cancelled = await ask('DELETE', 'operator');

    expect(bodyOf(cancelled)).to.include({ id, status: 'cancelled' });
    const [line] = gateway.lines.filter(({ message }) => message === 'job cancelled');
    expect(line).to.include({ audit: true, action: 'cancel', job: id, by: 'operator' });
  });

  it('do not take back a job that runs or has ended, and say where it stands', async () => {
    const claim = await taken();
    const running = await ask('DELETE');
    await gateway.queue.end(claim, { kind: 'succeeded' });
    const done = await ask('DELETE');

    expect([running.status, done.status]).to.deep.equal([409, 409]);
    expect(bodyOf(running)).to.include({ code: 'job_state_conflict', detail: 'the job is running; only a queued one can be cancelled' });
    expect(bodyOf(done)['detail']).to.contain('succeeded');
    expect(await gateway.queue.find(id)).to.include({ state: 'succeeded' });
  });

  it('are 503 while the store does not answer', async () => {
    gateway.queue.failWith('the disk is full');

    const answers = [await ask(), await ask('DELETE')];

    expect(answers.map(({ status }) => status)).to.deep.equal([503, 503]);
    expect(bodyOf(answers[0]!)).to.include({ code: 'queue_unavailable' });
  });
});
