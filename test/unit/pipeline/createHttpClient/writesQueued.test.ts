import { expect } from 'chai';
import { QueueUnavailableError } from '../../../../src/errors/queueErrors.ts';
import { PayloadTooLargeError } from '../../../../src/errors/requestErrors.ts';
import { CircuitOpenError, UpstreamQuotaExhaustedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Operation } from '../../../../src/contract/operation.ts';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import type { WriteQueue, WriteToKeep } from '../../../../src/contract/writeQueue.ts';
import type { CallOptions, Queued } from '../../../../src/contract/call.ts';
import { createThing, json, rejectionOf, type HouseParts, type Reply, type Thing } from '../../../support/httpHouse.ts';
import { found, httpRig } from '../../../support/httpRig.ts';

const receipt: Queued = {
  queued: true,
  id: 'job_1',
  status: 'queued',
  acceptedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-01-02T00:00:00Z',
};

/** Keeps what it is given, or fails so. */
const queueThat = (failure?: Error) => {
  const kept: WriteToKeep[] = [];
  const queue: WriteQueue = {
    accept: (write) => {
      if (failure !== undefined) return Promise.reject(failure);
      kept.push(write);
      return Promise.resolve(receipt);
    },
  };
  return { queue, kept };
};

/** A write that a repeat would do twice; one that may be repeated; and one whose double the service refuses. */
const create: Operation<Thing> = { ...createThing, queue: { entity: () => 'thing/seven' } };
const upsert: Operation<Thing> = { ...create, name: 'upsert_thing', idempotency: 'natural' };
const unique: Operation<Thing> = { ...create, name: 'create_unique_thing', queue: { alreadyDone: ({ status }) => status === 409 } };

const request = { path: upstreamPath`/things`, body: { name: 'seven' } };

const once: HouseParts = { policy: { retry: { maxAttempts: 1 } } };

describe('a write with a queue behind it', () => {
  const rig = httpRig();

  const openWith = ({ queue }: { readonly queue: WriteQueue }, ...replies: readonly Reply[]): void => {
    rig.open({ ...once, queue }, ...replies);
  };

  const holdOpen = (): void => {
    rig.house.breaker.impose({
      mode: 'forced_open',
      reason: 'test',
      by: 'local',
      until: rig.house.breaker.snapshot().since + 60_000,
      scope: 'replica',
    });
  };

  /** Long enough for every deadline. */
  const settled = async <T>(answer: Promise<T>): Promise<T> => {
    await rig.clock.tickAsync(12_000);
    return answer;
  };

  const write = (operation: Operation<Thing>, options?: CallOptions) => rig.house.http.write(operation, request, options);

  it('is made and not queued while the service answers', async () => {
    const store = queueThat();
    openWith(store, found);

    expect(await write(create)).to.deep.equal({ id: '7' });
    expect(store.kept).to.deep.equal([]);
  });

  it('is queued when its circuit is open, with all that is needed to make it later', async () => {
    const store = queueThat();
    openWith(store, found);
    holdOpen();

    const answer = await write(create, { queue: { owner: 'key_1', jobId: 'job_of_a_key', requestId: 'request-1' } });

    expect(answer).to.deep.equal(receipt);
    expect(store.kept).to.deep.equal([
      {
        service: 'acme',
        operation: 'create_thing',
        request,
        entity: 'thing/seven',
        owner: 'key_1',
        jobId: 'job_of_a_key',
        requestId: 'request-1',
        mayHaveHappened: false,
      },
    ]);
    expect(rig.wire.sent).to.deep.equal([]);
  });

  it('belongs to the process where nobody else asks', async () => {
    const store = queueThat();
    openWith(store, found);
    holdOpen();

    await write(create);

    expect(store.kept[0]).to.include({ owner: 'process', jobId: undefined, requestId: undefined });
  });

  it('is told, counted and marked as queued', async () => {
    const fallbacks: string[] = [];
    rig.open({ ...once, queue: queueThat().queue, listeners: [{ fallbackUsed: (circuit) => void fallbacks.push(circuit) }] }, found);
    holdOpen();
    const sources: string[] = [];

    await write(create, { onAnswer: ({ source }) => sources.push(source) });

    expect(sources).to.deep.equal(['queued']);
    expect(fallbacks).to.deep.equal(['acme']);
    expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['queued']);
    expect(rig.house.http.getMetrics()).to.include({ requests: 1, fallbacks: 1, failures: 0, inFlight: 0 });
  });

  for (const [what, reply] of [
    ['the connection was refused', new TransportFailure('connect')],
    ['the service was not ready', json(503, {})],
    ['the service was over its rate', json(429, {})],
  ] as const) {
    it(`is queued after ${what}, though a repeat could do it twice: nothing was done`, async () => {
      const store = queueThat();
      openWith(store, reply);

      expect(await settled(write(create))).to.deep.equal(receipt);
      expect(store.kept[0]).to.include({ mayHaveHappened: false });
    });
  }

  it('is queued when the daily quota is spent, but not when the plan or a scope lacks the feature', async () => {
    const store = queueThat();
    const classify: HouseParts['classify'] = ({ status }, { site }) =>
      status === 429 ? new UpstreamQuotaExhaustedError(site, 'daily') : undefined;
    rig.open({ queue: store.queue, classify }, json(402, {}), json(403, {}), json(429, {}));

    const plan = await rejectionOf(write(create));
    const scope = await rejectionOf(write(create));
    const daily = await write(create);

    expect(plan).to.include({ code: 'upstream_rejected', reason: 'plan_limit' });
    expect(scope).to.include({ code: 'missing_scopes' });
    expect(daily).to.deep.equal(receipt);
  });

  it('is queued when its deadline passed before an attempt was made', async () => {
    const store = queueThat();
    rig.open(
      { queue: store.queue, policy: { bulkhead: { startConcurrent: 1, minConcurrent: 1, maxConcurrent: 1, maxWaitMs: 5_000 } } },
      'hang',
    );
    const hanging = rejectionOf(rig.create());

    const answer = write(create, { deadlineMs: 1_000 });
    await rig.clock.tickAsync(1_000);

    expect(await answer).to.deep.equal(receipt);
    expect(store.kept[0]).to.include({ mayHaveHappened: false });
    await rig.clock.tickAsync(20_000);
    await hanging;
  });

  for (const [what, reply] of [
    ['a reset', new TransportFailure('reset')],
    ['a 500', json(500, {})],
    ['no answer in time', 'hang'],
  ] as const) {
    it(`is never queued after ${what} where a repeat could do it twice: its outcome is unknown`, async () => {
      const store = queueThat();
      openWith(store, reply);

      const error = await settled(rejectionOf(write(create)));

      expect(error).to.include({ code: 'outcome_unknown' });
      expect(store.kept).to.deep.equal([]);
    });

    it(`is queued after ${what} where a repeat does no harm, and said to be in doubt`, async () => {
      const store = queueThat();
      openWith(store, reply);

      const natural = await settled(write(upsert));
      const refusedTwice = await settled(write(unique));

      expect([natural, refusedTwice]).to.deep.equal([receipt, receipt]);
      expect(store.kept.map(({ operation, mayHaveHappened }) => [operation, mayHaveHappened])).to.deep.equal([
        ['upsert_thing', true],
        ['create_unique_thing', true],
      ]);
    });
  }

  it('is in doubt after several attempts, whatever the last one met', async () => {
    const store = queueThat();
    rig.open({ queue: store.queue }, new TransportFailure('reset'), json(429, {}, { 'retry-after': '30' }));

    await settled(write(upsert));

    expect(rig.wire.sent).to.have.length(2);
    expect(store.kept[0]).to.include({ mayHaveHappened: true });
  });

  it('is not queued in doubt where the service would not tell the double of this very request', async () => {
    const store = queueThat();
    const nameless: Operation<Thing> = { ...unique, queue: { alreadyDone: () => true, tellsDoubles: () => false } };
    openWith(store, json(500, {}));

    expect(await rejectionOf(write(nameless))).to.include({ code: 'outcome_unknown' });
    expect(store.kept).to.deep.equal([]);
  });

  for (const [what, reply, code] of [
    ['a refusal of its input', json(422, {}), 'upstream_rejected'],
    ['a conflict', json(409, {}), 'upstream_rejected'],
    ['a refused credential', json(401, {}), 'upstream_unauthorized'],
    ['an answer that breaks the contract', json(200, {}), 'upstream_contract_broken'],
  ] as const) {
    it(`is not queued after ${what}`, async () => {
      const store = queueThat();
      openWith(store, reply);

      expect(await rejectionOf(write(upsert))).to.include({ code });
      expect(store.kept).to.deep.equal([]);
    });
  }

  it('is not queued for a strict caller, not even at once', async () => {
    const store = queueThat();
    openWith(store, found);
    holdOpen();

    const refused = await rejectionOf(write(create, { strict: true }));
    const atOnce = await rejectionOf(write(create, { strict: true, queue: { owner: 'key_1', atOnce: true } }));

    expect([refused, atOnce].map((error) => (error as Error).constructor)).to.deep.equal([CircuitOpenError, CircuitOpenError]);
    expect(store.kept).to.deep.equal([]);
  });

  it('is not queued once its caller has hung up', async () => {
    const store = queueThat();
    openWith(store, 'hang');
    const caller = new AbortController();

    const rejection = rejectionOf(write(upsert, { signal: caller.signal }));
    await rig.clock.tickAsync(100);
    caller.abort();

    expect(await rejection).to.include({ code: 'call_cancelled' });
    expect(store.kept).to.deep.equal([]);
  });

  it('is not queued without a rule for it, nor with headers of its own, which would be lost', async () => {
    const store = queueThat();
    openWith(store, found);
    holdOpen();

    const withoutRule = await rejectionOf(write(createThing));
    const withHeaders = await rejectionOf(write(create, { headers: { 'x-mine': '1' } }));

    expect([withoutRule, withHeaders].map((error) => (error as CircuitOpenError).code)).to.deep.equal(['circuit_open', 'circuit_open']);
    expect(store.kept).to.deep.equal([]);
  });

  it('is not queued when it is sent rather than written', async () => {
    const store = queueThat();
    openWith(store, found);
    holdOpen();

    expect(await rejectionOf(rig.house.http.send(create, request))).to.include({ code: 'circuit_open' });
    expect(store.kept).to.deep.equal([]);
  });

  it('is queued at once where the caller asks for that, and nothing is sent', async () => {
    const store = queueThat();
    openWith(store, found);

    const answer = await write(create, { queue: { owner: 'key_1', atOnce: true } });

    expect(answer).to.deep.equal(receipt);
    expect(rig.wire.sent).to.deep.equal([]);
    expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['queued']);
  });

  it('is made where it was to be queued at once but is too large for that', async () => {
    openWith(queueThat(new PayloadTooLargeError('too large')), found);

    expect(await write(create, { queue: { owner: 'key_1', atOnce: true } })).to.deep.equal({ id: '7' });
  });

  it('tells of the queue that is down where certainly nothing was sent, with the first error as the cause', async () => {
    openWith(queueThat(new QueueUnavailableError('the disk is full')), found);
    holdOpen();

    const error = await rejectionOf(write(create));

    expect(error).to.be.instanceOf(QueueUnavailableError).and.include({ execution: 'not_sent' });
    expect(error).to.have.nested.property('cause.code', 'circuit_open');
    expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['queue_unavailable']);
  });

  it('keeps the first error where the queue is down and the write may have happened', async () => {
    openWith(queueThat(new QueueUnavailableError('the disk is full')), json(500, {}));

    expect(await rejectionOf(write(upsert))).to.include({ code: 'upstream_unavailable', execution: 'unknown' });
  });

  it('keeps the first error where it is too large to wait', async () => {
    openWith(queueThat(new PayloadTooLargeError('too large')), found);
    holdOpen();

    expect(await rejectionOf(write(create))).to.include({ code: 'circuit_open' });
  });
});

describe('what a failed write says of its execution', () => {
  const rig = httpRig();
  const natural: Operation<Thing> = { ...createThing, name: 'upsert_thing', idempotency: 'natural' };

  it('is unknown where the circuit opened over an attempt and cut it off', async () => {
    rig.open({ policy: { circuit: { detection: { strategy: 'cusum', threshold: 10 } } } }, 'hang');
    const writes = Array.from({ length: 7 }, () => rejectionOf(rig.house.http.send(natural, request)));

    await rig.clock.tickAsync(2_000);

    const told = (await Promise.all(writes)).map((error) => [(error as CircuitOpenError).code, (error as CircuitOpenError).execution]);
    expect(told).to.deep.equal(writes.map(() => ['circuit_open', 'unknown']));
  });

  it('is that nothing was sent where the circuit was open before', async () => {
    rig.house.breaker.impose({
      mode: 'forced_open',
      reason: 'test',
      by: 'local',
      until: rig.house.breaker.snapshot().since + 60_000,
      scope: 'replica',
    });

    expect(await rejectionOf(rig.house.http.send(natural, request))).to.include({ code: 'circuit_open', execution: 'not_sent' });
  });

  it('is unknown where the deadline ended an attempt, and that nothing was sent where it ended a wait', async () => {
    rig.open({ policy: { bulkhead: { startConcurrent: 1, minConcurrent: 1, maxConcurrent: 1, maxWaitMs: 5_000 } } }, 'hang');

    const [sent, waited] = [1, 2].map(() => rejectionOf(rig.house.http.send(natural, request, { deadlineMs: 1_000 })));
    await rig.clock.tickAsync(1_000);

    expect(await sent).to.include({ code: 'deadline_exceeded', execution: 'unknown' });
    expect(await waited).to.include({ code: 'deadline_exceeded', execution: 'not_sent' });
  });
});
