import { expect } from 'chai';
import { z } from 'zod';
import { rowsFrom, type BatchedRow, type Operation, type OperationRequest } from '../../../../src/contract/operation.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import type { CallOptions } from '../../../../src/contract/call.ts';
import { QuotaGovernor } from '../../../../src/quota/quotaGovernor.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { fakeTime, getThing, httpHouse, json, rejectionOf, type HouseParts, type Thing } from '../../../support/httpHouse.ts';

const MAX_ROWS = 8;
const idOf = ({ path }: OperationRequest): string => path.slice(path.lastIndexOf('/') + 1);

const readThings: Operation<{ readonly things: readonly Thing[]; readonly absent: readonly string[] }> = {
  name: 'read_things',
  method: 'POST',
  idempotency: 'safe',
  answer: z.looseObject({ things: z.array(z.looseObject({ id: z.string() })), absent: z.array(z.string()) }),
};

/** A read that goes together with others of the same colour. */
const getRow: Operation<Thing> = {
  ...getThing,
  batch: {
    maxRows: MAX_ROWS,
    group: ({ query }) => (query?.['alone'] === undefined ? String(query?.['colour']) : undefined),
    together: (requests) => {
      const ids = requests.map(idOf);
      const operation = rowsFrom(readThings, ({ things, absent }) =>
        ids.map((id): BatchedRow => {
          const value = things.find((thing) => thing.id === id);
          return value === undefined ? { kind: absent.includes(id) ? 'absent' : 'unsaid' } : { kind: 'found', value };
        }),
      );
      return { operation, request: { path: upstreamPath`/things/read`, body: { ids } } };
    },
  },
};
const cachedRow: Operation<Thing> = { ...getRow, name: 'cached_row', cacheForMs: 1000 };

/** Knows every id, but those that begin with `no`; is refused by one that begins with `bad`, fails at one that begins with `poison`; merged ones are found alone only. */
const answerOf = ({ path, body }: HttpRequest): HttpResponse => {
  if (body === undefined) return single(path.split('?')[0]?.split('/').at(-1) ?? '');
  const { ids } = JSON.parse(body) as { readonly ids: readonly string[] };
  if (ids.some((id) => id.startsWith('bad'))) return json(400, {});
  if (ids.some((id) => id.startsWith('poison'))) return json(500, {});
  if (ids.some((id) => id.startsWith('down'))) return json(503, {});
  const known = ids.filter((id) => !id.startsWith('no') && !id.startsWith('merged'));
  return json(200, { things: known.map((id) => ({ id })).reverse(), absent: ids.filter((id) => id.startsWith('no')) });
};

const single = (id: string): HttpResponse => {
  if (id.startsWith('bad')) return json(400, {});
  if (id.startsWith('poison')) return json(500, {});
  if (id.startsWith('down')) return json(503, {});
  return id.startsWith('no') ? json(404, {}) : json(200, { id });
};

describe('batched reads', () => {
  let clock: ReturnType<typeof fakeTime>;
  let house: ReturnType<typeof httpHouse>;
  let sent: HttpRequest[];
  let delayMs: number;

  const open = (parts: HouseParts = {}): void => {
    sent = [];
    house = httpHouse(async (request, signal) => {
      sent.push(request);
      await new Promise<void>((resolve, reject) => {
        setTimeout(resolve, delayMs);
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
      return answerOf(request);
    }, parts);
  };

  beforeEach(() => {
    clock = fakeTime();
    delayMs = 1;
    open();
  });

  afterEach(() => {
    house.close();
    clock.restore();
  });

  const read = (id: string, options: CallOptions = {}, query: OperationRequest['query'] = { colour: 'red' }, operation = getRow) =>
    house.http.send(operation, { path: upstreamPath`/things/${id}`, query }, options);

  const codes = async (reads: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
    Promise.all(
      reads.map((each) =>
        each.then(
          (row) => (row as Thing).id,
          (error: unknown) => (error as { readonly status?: number; readonly code: string }).status,
        ),
      ),
    );

  it('make one request of many reads at once, and give each its own row', async () => {
    const reads = Promise.all(['1', '2', '3'].map((id) => read(id)));
    await clock.tickAsync(10);

    expect(await reads).to.deep.equal([{ id: '1' }, { id: '2' }, { id: '3' }]);
    expect(sent.map(({ path }) => path)).to.deep.equal(['/v1/things/read']);
  });

  it('leave a lone read as it is', async () => {
    const lone = read('1');
    await clock.tickAsync(10);

    expect(await lone).to.deep.equal({ id: '1' });
    expect(sent.map(({ path, method }) => `${method} ${path}`)).to.deep.equal(['GET /v1/things/1?colour=red']);
  });

  it('go at once when a batch is full', async () => {
    const reads = Array.from({ length: MAX_ROWS + 1 }, (_, row) => read(String(row)));
    await clock.tickAsync(0);
    const atOnce = sent.length;
    await clock.tickAsync(10);

    expect(atOnce).to.equal(1);
    expect(await codes(reads)).to.have.length(MAX_ROWS + 1);
    expect(sent).to.have.length(2);
  });

  it('keep reads of different groups apart, and those that cannot go together, or with headers of their own, alone', async () => {
    const reads = [read('1'), read('2', {}, { colour: 'blue' }), read('3', {}, { alone: true }), read('4', { headers: { 'x-own': '1' } })];
    await clock.tickAsync(10);

    expect(await codes(reads)).to.deep.equal(['1', '2', '3', '4']);
    expect(sent).to.have.length(4);
    expect(sent.some(({ path }) => path === '/v1/things/read')).to.equal(false);
  });

  it('answer 404 to whom the service has no row for, and to nobody else', async () => {
    const reads = [read('1'), read('no-2'), read('3')];
    const rejected = rejectionOf(reads[1] ?? Promise.resolve());
    const answers = codes(reads);
    await clock.tickAsync(10);

    expect(await answers).to.deep.equal(['1', 404, '3']);
    expect(await rejected).to.include({ code: 'upstream_rejected', status: 404, reason: 'not_found', operation: 'get_thing' });
    expect(sent).to.have.length(1);
  });

  it('ask alone for a row of which the batch says nothing', async () => {
    const reads = codes([read('1'), read('merged-2')]);
    await clock.tickAsync(20);

    expect(await reads).to.deep.equal(['1', 'merged-2']);
    expect(sent.map(({ method }) => method)).to.deep.equal(['POST', 'GET']);
  });

  it('split a batch that one id spoils, so that only that one is refused', async () => {
    const reads = codes(['1', '2', '3', 'bad', '5', '6', '7', '8'].map((id) => read(id)));
    await clock.tickAsync(50);

    expect(await reads).to.deep.equal(['1', '2', '3', 400, '5', '6', '7', '8']);
    expect(sent.length).to.be.at.most(7);
  });

  it('never make more than two requests of one row, whatever is refused', async () => {
    const reads = codes(Array.from({ length: MAX_ROWS }, (_, row) => read(`bad-${String(row)}`)));
    await clock.tickAsync(50);

    expect(await reads).to.deep.equal(Array.from({ length: MAX_ROWS }, () => 400));
    expect(sent.length).to.be.below(2 * MAX_ROWS);
  });

  for (const fault of ['poison', 'down']) {
    it(`part the rows that the service fails at (${fault}) from their neighbours, and let them go alone from then on`, async () => {
      const ids = ['1', '2', '3', fault, '5', '6', '7', '8'];
      const reads = codes(ids.map((id) => read(id)));
      await clock.tickAsync(5000);
      const spent = sent.filter(({ body }) => body !== undefined).length;
      sent = [];
      const again = codes(ids.map((id) => read(id)));
      await clock.tickAsync(5000);

      for (const answers of [await reads, await again]) expect(answers).to.deep.equal(['1', '2', '3', undefined, '5', '6', '7', '8']);
      expect(spent).to.be.at.most(5);
      expect(sent.filter(({ body }) => body !== undefined)).to.have.length(1);
      expect(house.breaker.state).to.equal('closed');
    });
  }

  it('isolate two rows at once that the service fails at', async () => {
    const reads = codes(['poison-1', '2', '3', '4', '5', '6', 'poison-7', '8'].map((id) => read(id)));
    await clock.tickAsync(5000);

    expect(await reads).to.deep.equal([undefined, '2', '3', '4', '5', '6', undefined, '8']);
  });

  it('open no circuit by one poisonous row, however often it is read', async () => {
    for (let time = 0; time < 20; time += 1) {
      const reads = codes([read('poison'), read(String(time))]);
      await clock.tickAsync(1000);
      expect(await reads).to.deep.equal([undefined, String(time)]);
    }
    for (let time = 0; time < 20; time += 1) {
      const lone = codes([read('poison')]);
      await clock.tickAsync(1000);
      await lone;
    }

    expect(house.breaker.snapshot()).to.deep.include({ state: 'closed' });
    expect(house.breaker.snapshot().operations.openCount).to.equal(0);
  });

  it('send a service that fails at everything no more than a handful of requests', async () => {
    const reads = codes(Array.from({ length: MAX_ROWS }, (_, row) => read(`down-${String(row)}`)));
    await clock.tickAsync(5000);

    expect(new Set(await reads)).to.deep.equal(new Set([undefined]));
    expect(sent.length).to.be.at.most(5);
  });

  it('give all of a batch that failed its error', async () => {
    house.close();
    house = httpHouse(() => Promise.resolve(json(503, {})), { policy: { retry: { maxAttempts: 1 } } });
    const reads = Promise.all(['1', '2'].map((id) => rejectionOf(read(id))));
    await clock.tickAsync(10);

    for (const error of await reads) expect(error).to.include({ code: 'upstream_unavailable' });
  });

  it('let each caller leave by itself, and end the request when all have left', async () => {
    delayMs = 5000;
    house.close();
    open({ policy: { retry: { maxAttempts: 1 } } });
    const controller = new AbortController();
    const reads = [
      rejectionOf(read('1', { signal: controller.signal })),
      rejectionOf(read('2', { deadlineMs: 1000 })),
      rejectionOf(read('3', { deadlineMs: 1500 })),
    ];
    await clock.tickAsync(100);
    controller.abort();
    const first = await reads[0];
    await clock.tickAsync(1000);
    const second = await reads[1];
    const unfinished = house.attempts.length;
    await clock.tickAsync(500);

    expect(first).to.include({ code: 'call_cancelled' });
    expect(second).to.include({ code: 'deadline_exceeded' });
    expect(await reads[2]).to.include({ code: 'deadline_exceeded' });
    expect(unfinished).to.equal(0);
    expect(house.attempts.map(({ operation, outcome }) => `${operation} ${outcome}`)).to.deep.equal(['read_things call_cancelled']);
  });

  it('do not ask for whom has left before the request goes', async () => {
    const controller = new AbortController();
    const left = rejectionOf(read('1', { signal: controller.signal }));
    const stays = read('2');
    controller.abort();
    await clock.tickAsync(10);

    expect(await left).to.include({ code: 'call_cancelled' });
    expect(await stays).to.deep.equal({ id: '2' });
    expect(sent.map(({ method }) => method)).to.deep.equal(['GET']);
  });

  it('keep each row in the cache under its own read', async () => {
    const reads = Promise.all(['1', '2'].map((id) => read(id, {}, {}, cachedRow)));
    await clock.tickAsync(10);
    await reads;

    const again = await read('2', {}, {}, cachedRow);

    expect(again).to.deep.equal({ id: '2', _cached: true });
    expect(sent).to.have.length(1);
  });

  it('go on for a patient caller who has joined the read of one with little time', async () => {
    delayMs = 1000;
    const hasty = ['1', '2'].map((id) => rejectionOf(read(id, { deadlineMs: 300 }, {}, cachedRow)));
    await clock.tickAsync(50);
    const patient = read('1', {}, {}, cachedRow);
    await clock.tickAsync(1500);

    for (const error of await Promise.all(hasty)) expect(error).to.include({ code: 'deadline_exceeded' });
    expect(await patient).to.deep.equal({ id: '1' });
    expect(sent).to.have.length(1);
  });

  it('gather for longer only while the quota would make them wait', async () => {
    house.close();
    open({ quota: new QuotaGovernor({ classes: { default: [{ permits: 1, windowMs: 200 }] } }, systemClock) });
    const first = read('0');
    await clock.tickAsync(10);
    const early = ['1', '2'].map((id) => read(id));
    await clock.tickAsync(150);
    const late = read('3');
    await clock.tickAsync(500);

    expect(await codes([first, ...early, late])).to.deep.equal(['0', '1', '2', '3']);
    expect(sent).to.have.length(2);
  });

  it('gather for a quarter of a second at most', async () => {
    house.close();
    open({ quota: new QuotaGovernor({ classes: { default: [{ permits: 1, windowMs: 1000 }] } }, systemClock) });
    const first = read('0');
    await clock.tickAsync(10);
    const early = [read('1'), read('2')];
    await clock.tickAsync(260);
    const late = [read('3'), read('4')];
    await clock.tickAsync(3000);

    expect(await codes([first, ...early, ...late])).to.deep.equal(['0', '1', '2', '3', '4']);
    expect(sent).to.have.length(3);
  });
});
