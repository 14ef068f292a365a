import { expect } from 'chai';
import { z } from 'zod';
import type { Operation } from '../../../../src/contract/operation.ts';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import type { Answer, CallOptions } from '../../../../src/contract/call.ts';
import { getThing, json, rejectionOf, type Thing } from '../../../support/httpHouse.ts';
import { found, httpRig, thingRequest } from '../../../support/httpRig.ts';

const noRetry = { policy: { retry: { maxAttempts: 1 } } };
const down = new TransportFailure('connect');
const others = { path: upstreamPath`/things/${'8'}` };

describe('the cache of a client', () => {
  const rig = httpRig();

  it('answers a fresh read without asking the service, and says so', async () => {
    const first = await rig.read();
    await rig.clock.tickAsync(999);
    const second = await rig.read();

    expect([first, second]).to.deep.equal([{ id: '7' }, { id: '7', _cached: true }]);
    expect(rig.wire.sent).to.have.length(1);
  });

  it('asks again once the answer is no longer fresh', async () => {
    await rig.read();
    await rig.clock.tickAsync(1_000);
    const second = await rig.read();

    expect(second).to.deep.equal({ id: '7' });
    expect(rig.wire.sent).to.have.length(2);
  });

  it('asks the service for a caller who wants it from there, and keeps the new answer', async () => {
    await rig.read();
    rig.wire.replyWith(json(200, { id: '7', version: 2 }));

    const refreshed = await rig.read({ refresh: true });
    const next = await rig.read();

    expect([refreshed, next]).to.deep.equal([
      { id: '7', version: 2 },
      { id: '7', version: 2, _cached: true },
    ]);
  });

  it('sends equal reads at the same time as one, without marking them', async () => {
    const answers = await Promise.all([rig.read(), rig.read(), rig.read()]);

    expect(answers).to.deep.equal([{ id: '7' }, { id: '7' }, { id: '7' }]);
    expect(rig.wire.sent).to.have.length(1);
    expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['upstream', 'coalesced', 'coalesced']);
  });

  it('keeps the answers of other inputs and other headers apart', async () => {
    await rig.read();
    await rig.read({ headers: { 'x-language': 'pl' } });
    await rig.house.http.send({ ...getThing, name: 'cached_thing', cacheForMs: 1_000 }, others);

    expect(rig.wire.sent).to.have.length(3);
  });

  it('keeps neither what is not to be cached nor what failed', async () => {
    await rig.get();
    await rig.get();
    rig.wire.replyWith(json(404, {}), found);
    await rejectionOf(rig.read());
    const after = await rig.read();

    expect(after).to.deep.equal({ id: '7' });
    expect(rig.wire.sent).to.have.length(4);
  });

  it('lets no caller change what the others get', async () => {
    rig.wire.replyWith(json(200, { id: '7', tags: ['a'] }));

    const first = await rig.read();
    const tags = first['tags'] as string[];

    expect(() => tags.push('b')).to.throw(TypeError);
    expect(await rig.read()).to.deep.include({ tags: ['a'] });
  });
});

describe('the fallbacks of a client', () => {
  const rig = httpRig();

  const staleRead = async (options: CallOptions = {}): Promise<Thing> => {
    const answer = rig.read(options);
    await rig.clock.tickAsync(10_000);
    return answer;
  };

  it('answers with what it last knew when the service fails, marked and with its age', async () => {
    rig.open(noRetry, found, down);
    await rig.read();
    await rig.clock.tickAsync(5_000);
    const told: Answer<unknown>[] = [];

    const thing = await rig.read({ onAnswer: (answer) => void told.push(answer) });

    expect(thing).to.deep.equal({ id: '7', _cached: true, _fallback: true });
    expect(told).to.deep.equal([{ value: { id: '7' }, source: 'stale', ageMs: 5_000, freshForMs: -4_000 }]);
  });

  for (const [what, reply] of [
    ['a 500', json(500, {})],
    ['a 429', json(429, {})],
    ['a refused credential', json(401, {})],
    ['an answer that breaks the contract', json(200, {})],
    ['a hang, at the deadline', 'hang'],
  ] as const) {
    it(`stands in with a stale answer after ${what}`, async () => {
      rig.open(noRetry, found, reply);
      await rig.read();
      await rig.clock.tickAsync(1_000);

      expect(await staleRead({ deadlineMs: 3_000 })).to.deep.equal({ id: '7', _cached: true, _fallback: true });
    });
  }

  it('stands in with a stale answer while the circuit is open, without asking the service', async () => {
    rig.open({ policy: { ...noRetry.policy, circuit: { detection: { strategy: 'consecutive', failures: 1 } } } }, found, down);
    await rig.read();
    await rig.clock.tickAsync(1_000);
    await rig.read();

    const thing = await rig.read();

    expect(thing).to.include({ _fallback: true });
    expect(rig.house.http.getCircuitState().state).to.equal('open');
    expect(rig.wire.sent).to.have.length(2);
  });

  it('gives the error to a strict caller', async () => {
    rig.open(noRetry, found, down);
    await rig.read();
    await rig.clock.tickAsync(1_000);

    expect(await rejectionOf(rig.read({ strict: true }))).to.include({ code: 'upstream_unavailable' });
  });

  it('gives the error once even the stale answer is too old', async () => {
    rig.open(noRetry, found, down);
    await rig.read();
    await rig.clock.tickAsync(61_000);

    expect(await rejectionOf(rig.read())).to.include({ code: 'upstream_unavailable' });
  });

  it('never hides a refusal of our input', async () => {
    rig.open(noRetry, found, json(404, {}));
    await rig.read();
    await rig.clock.tickAsync(1_000);

    expect(await rejectionOf(rig.read())).to.include({ code: 'upstream_rejected', status: 404 });
  });

  it('gives the operation’s answer of last resort where it knows none, marked', async () => {
    const operation: Operation<Thing> = { ...getThing, fallback: { id: 'unknown' } };
    rig.open(noRetry, down);

    const thing = await rig.house.http.send(operation, thingRequest);

    expect(thing).to.deep.equal({ id: 'unknown', _fallback: true });
    expect(rig.house.calls.map(({ outcome }) => outcome)).to.deep.equal(['static']);
  });

  it('lets no caller change the answer of last resort for the next one', async () => {
    const answer = z.object({ results: z.array(z.string()) });
    const operation: Operation<z.infer<typeof answer>> = { ...getThing, answer, fallback: { results: [] } };
    rig.open(noRetry, down);

    const { results } = await rig.house.http.send(operation, thingRequest);

    expect(() => results.push('mine')).to.throw(TypeError);
  });

  it('hands out lists without flags: only the headers can tell', async () => {
    const list: Operation<readonly string[]> = { ...getThing, answer: z.array(z.string()), fallback: [] };
    rig.open(noRetry, down);

    expect(await rig.house.http.send(list, thingRequest)).to.deep.equal([]);
  });
});
