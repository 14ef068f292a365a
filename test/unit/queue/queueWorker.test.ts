import { expect } from 'chai';
import sinon from 'sinon';
import { TransportFailure } from '../../../src/wire/transport.ts';
import { json, type Reply } from '../../support/httpHouse.ts';
import { found } from '../../support/httpRig.ts';
import { useVirtualTime, VirtualTime } from '../../support/virtualTime.ts';
import { create, HOUR_MS, queueHouse, queueHouseWith, steps, unique, upsert, type QueueHouse } from './queueHouse.ts';

describe('the worker of the queue', () => {
  const time = new VirtualTime();
  let house: QueueHouse;

  const open = (...replies: readonly Reply[]): void => {
    house = queueHouse(...replies);
    house.worker.start();
  };

  beforeEach(() => {
    time.start();
  });

  afterEach(async () => {
    const closing = house.close();
    await time.advance(20_000);
    await closing;
    const left = time.pendingTimers;
    time.restore();
    expect(left).to.equal(0);
  });

  it('makes what waits, and keeps the answer sealed', async () => {
    open(found);

    const id = await house.add(create, { body: { name: 'seven' } });
    await time.advance(10);

    const job = await house.find(id);
    expect(house.wire.sent.map(({ method, path, body }) => [method, path, body])).to.deep.equal([
      ['POST', '/v1/things', '{"name":"seven"}'],
    ]);
    expect(job).to.include({ state: 'succeeded', attempts: 1 });
    expect(house.sealer.open(job?.result ?? '', id)).to.equal('{"id":"7"}');
  });

  it('keeps no answer that is too large, and the job has succeeded all the same', async () => {
    open(json(200, { id: 'x'.repeat(64_000) }));

    const id = await house.add(create);
    await time.advance(10);
    // A long answer is read in turns of the event loop, which are real.
    for (let turn = 0; turn < 20; turn += 1) await time.settle();

    expect(await house.find(id))
      .to.include({ state: 'succeeded' })
      .and.not.have.property('result');
  });

  it('makes jobs of one entity one after the other, in the order of their acceptance', async () => {
    open('hang');
    const ids = [];
    for (let number = 0; number < 3; number += 1) ids.push(await house.add(upsert, { entity: 'thing/seven', body: { number } }));
    await time.advance(1_000);
    const whileFirstHangs = house.wire.sent.length;
    house.wire.replyWith(found);

    await time.advance(20_000);

    expect(whileFirstHangs).to.equal(1);
    expect(house.wire.sent.slice(1).map(({ body }) => body)).to.deep.equal(['{"number":0}', '{"number":1}', '{"number":2}']);
    expect(await Promise.all(ids.map(async (id) => (await house.find(id))?.state))).to.deep.equal(['succeeded', 'succeeded', 'succeeded']);
  });

  it('has at most four jobs under way', async () => {
    open('hang');
    for (let number = 0; number < 10; number += 1) await house.add(create);

    await time.advance(1_000);

    expect(house.wire.sent).to.have.length(4);
  });

  it('leaves the rest of the quota of a day to callers', async () => {
    open(found);
    house.quotas.push({ service: 'acme', window: 'day', limit: 100, remaining: 20, at: Date.now() });
    house.quotas.push({ service: 'other', window: 'day', limit: 100, remaining: 0, at: Date.now() + HOUR_MS });
    await house.add(create);
    await time.advance(59_000);
    const meanwhile = house.wire.sent.length;

    await time.advance(2_000);

    expect([meanwhile, house.wire.sent.length]).to.deep.equal([0, 1]);
  });

  it('sends nothing to an open circuit, and goes on within a second of its closing; no attempt is burnt', async () => {
    open(found);
    house.http.breaker.impose({ mode: 'forced_open', reason: 'test', by: 'local', until: Date.now() + HOUR_MS, scope: 'replica' });
    const id = await house.add(create);
    await time.advance(60_000);
    const whileOpen = house.wire.sent.length;

    house.http.breaker.release();
    await time.advance(1_000);

    expect(whileOpen).to.equal(0);
    expect(await house.find(id)).to.include({ state: 'succeeded', attempts: 1 });
  });

  it('puts a job off that a circuit refuses after all, and does not spin', async () => {
    open(new TransportFailure('connect'));
    const ids = [];
    for (let number = 0; number < 12; number += 1) ids.push(await house.add(create));
    await time.advance(3_000);
    const sentIntoOutage = house.wire.sent.length;
    house.wire.replyWith(found);

    await time.advance(120_000);

    const jobs = await Promise.all(ids.map((id) => house.find(id)));
    expect(sentIntoOutage).to.be.at.most(8);
    expect(jobs.map((job) => [job?.state, job?.attempts])).to.deep.equal(ids.map(() => ['succeeded', 1]));
    expect(house.executed.filter(({ outcome }) => outcome === 'postponed').length).to.be.below(200);
  });

  it('repeats what may be repeated after a lost answer, up to eight times, then it is a dead letter', async () => {
    house = queueHouseWith(
      { policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 100 } } } },
      json(500, {}),
    );
    house.worker.start();

    const id = await house.add(upsert);
    await time.advance(600_000);

    expect(house.wire.sent).to.have.length(8);
    expect(await house.find(id)).to.include({ state: 'failed', reason: 'upstream_unavailable', attempts: 8 });
  });

  it('makes the other rows of a job whose service fails at one of them, and repeats it', async () => {
    open(json(500, {}), found, json(500, {}), found);

    const id = await house.add(upsert, { body: { things: ['good', 'bad'] } });
    await time.advance(10);
    const first = await house.find(id);
    await time.advance(60_000);

    const all = '{"things":["good","bad"]}';
    expect(house.wire.sent.map(({ body }) => body)).to.deep.equal([all, '{"things":["good"]}', '{"things":["bad"]}', all]);
    expect(first).to.include({ state: 'queued', attempts: 1 });
    expect(await house.find(id)).to.include({ state: 'succeeded', attempts: 2 });
  });

  it('makes a job in the name of the caller who left it, as far as evidence against a service goes', async () => {
    open(found);
    const callOperation = sinon.spy(house.http.breaker, 'callOperation');

    await house.add(create, { owner: 'crm' });
    await time.advance(10);

    expect(callOperation.firstCall.args[3]).to.have.property('callers').that.deep.equals(['crm']);
  });

  it('never repeats a lost answer where that could do it twice: a person settles it', async () => {
    open(json(500, {}), found);

    const id = await house.add(create);
    await time.advance(60_000);

    expect(house.wire.sent).to.have.length(1);
    expect(await house.find(id)).to.include({ state: 'uncertain', reason: 'outcome_unknown' });
  });

  it('makes a dead letter of a poison job with its reason, and goes on with the others', async () => {
    open(json(422, {}), found);

    const poison = await house.add(create);
    const next = await house.add(create);
    await time.advance(1_000);

    expect(await house.find(poison)).to.include({ state: 'failed', reason: 'rejected', attempts: 1 });
    expect(await house.find(next)).to.include({ state: 'succeeded' });
  });

  it('does not send an interrupted job again where a repeat could do it twice', async () => {
    open('hang');
    const id = await house.add(create);
    await time.advance(100);
    house.queue.crash();

    await time.advance(30_000);

    expect(house.wire.sent).to.have.length(1);
    expect(await house.find(id)).to.include({ state: 'uncertain', reason: 'interrupted' });
  });

  it('sends an interrupted job again where that does no harm, once at a time', async () => {
    open('hang', found);
    const id = await house.add(upsert);
    await time.advance(100);
    house.queue.crash();

    await time.advance(30_000);

    expect(house.wire.sent).to.have.length(2);
    expect(await house.find(id)).to.include({ state: 'succeeded' });
  });

  it('takes the refusal of a double for success where an earlier execution may have done it', async () => {
    open(json(500, {}), json(409, {}));

    const repeated = await house.add(unique);
    await time.advance(10_000);
    const inDoubt = await house.add(unique, { mayHaveHappened: true });
    const fresh = await house.add(unique);
    await time.advance(10_000);

    expect(await house.find(repeated)).to.include({ state: 'succeeded' });
    expect(await house.find(inDoubt)).to.include({ state: 'succeeded' });
    expect(await house.find(fresh)).to.include({ state: 'failed', reason: 'rejected' });
  });

  it('takes the next step where a refusal leads to one', async () => {
    open(json(404, {}), found);

    const id = await house.add(steps);
    await time.advance(100);

    expect(house.wire.sent.map(({ path }) => path)).to.deep.equal(['/v1/things', '/v1/created']);
    expect(await house.find(id)).to.include({ state: 'succeeded' });
  });

  it('makes dead letters of an operation it does not know and of what it cannot open', async () => {
    open(found);

    const unknown = await house.add({ ...create, name: 'merge_things' });
    const foreign = await house.add(create, { payload: house.sealer.seal('{}', 'job_other') });
    const unlisted = await house.add(create, { payload: house.sealer.seal('{}', 'x').replace('.one.', '.two.') });
    await time.advance(100);

    const reasons = await Promise.all([unknown, foreign, unlisted].map(async (id) => (await house.find(id))?.reason));
    expect(reasons).to.deep.equal(['unknown_operation', 'damaged', 'unknown_key']);
    expect(house.wire.sent).to.deep.equal([]);
  });

  it('tells who watches how each execution ended and how long the job had waited', async () => {
    open(found);
    house.http.breaker.impose({ mode: 'forced_open', reason: 'test', by: 'local', until: Date.now() + 10_000, scope: 'replica' });
    const id = await house.add(create, { requestId: 'request-1' });

    await time.advance(12_000);

    const [event] = house.executed;
    expect(event).to.include({ id, service: 'acme', operation: 'create_thing', requestId: 'request-1', outcome: 'succeeded', attempts: 0 });
    expect(event?.waitedMs).to.be.within(10_000, 11_000);
  });

  it('goes on when the store is back, and notes the end of what was under way', async () => {
    open('hang');
    const under = await house.add(upsert, { body: 'first' });
    await time.advance(100);
    house.queue.failWith('the disk is gone');
    house.wire.replyWith(found);
    await time.advance(30_000);
    house.queue.failWith(undefined);

    await time.advance(120_000);

    expect(await house.find(under)).to.include({ state: 'succeeded' });
  });

  it('finishes what is under way at a stop, and begins nothing more', async () => {
    open('hang');
    const first = await house.add(create);
    await time.advance(100);
    const stopped = house.worker.stop();
    const second = await house.add(create);

    await time.advance(10_000);
    await stopped;

    expect(house.wire.sent).to.have.length(1);
    expect(await house.find(first)).to.include({ state: 'uncertain' });
    expect(await house.find(second)).to.include({ state: 'queued' });
  });
});

describe('the worker of the queue at its limit of a stop', () => {
  const time = useVirtualTime();

  it('leaves what does not end to whoever comes next: its claim is not kept', async () => {
    const house = queueHouseWith({ policy: { attemptTimeoutMs: 60_000, deadlineMs: 60_000 } }, 'deaf');
    house.worker.start();
    const id = await house.add(create);
    await time.advance(100);

    const stopped = house.worker.stop();
    await time.advance(15_000);
    await stopped;

    expect(await house.find(id)).to.include({ state: 'running' });
    await time.advance(60_000);
    await house.close();
    await time.advance(1_000);
    expect(time.pendingTimers).to.equal(0);
  });
});
