import { expect } from 'chai';
import {
  CircuitOpenError,
  OutcomeUnknownError,
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../../src/errors/upstreamErrors.ts';
import { GoneRecords } from '../../../src/queue/goneRecords.ts';
import type { CallOptions } from '../../../src/contract/call.ts';
import type { Authenticator } from '../../../src/web/authentication.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { gatewaySealer, startWebGateway, type WebGateway } from './webGateway.ts';

const site = { service: 'toy', operation: 'make_thing' };
const thing = { email: 'ada@example.com', kind: 'lead' };

/** Each name is a key. */
const byName: Authenticator = {
  identify: ({ 'x-api-key': name = 'crm-sync' }) => ({ caller: { id: String(name), scopes: new Set(['toy:read', 'toy:write']) } }),
};

/** A promise to be kept when the test says so. */
const held = <T>(): { readonly promise: Promise<T>; readonly release: (value: T) => void } => {
  let release: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    release = resolve;
  });
  return { promise, release };
};

describe('request with an Idempotency-Key', () => {
  const clock = new HandDrivenClock();
  let gateway: WebGateway;
  let calls: CallOptions[];
  let keys = 0;
  let key = '';

  before(async () => {
    gateway = await startWebGateway({ clock, authenticator: byName });
  });

  beforeEach(() => {
    keys += 1;
    key = `key-${String(keys)}`;
    calls = [];
    gateway.repeats.length = 0;
    gateway.keys.down = false;
    gateway.toy.make = answersWith(() => ({ id: String(calls.length) }));
  });

  after(() => gateway.stop());

  const answersWith =
    (make: WebGateway['toy']['make']): WebGateway['toy']['make'] =>
    (body, call) => {
      calls.push(call);
      return make(body, call);
    };
  const failsWith = (error: Error): void => {
    gateway.toy.make = answersWith(() => {
      throw error;
    });
  };
  const post = (headers: Readonly<Record<string, string>> = {}, body: unknown = thing): Promise<PlainResponse> =>
    plainHttp(`${gateway.url}/api/toy/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
      body,
    });
  const codeOf = ({ text }: PlainResponse): unknown => (JSON.parse(text) as Record<string, unknown>)['code'];

  it('is made once, and its repeats get the answer of the first', async () => {
    const first = await post();
    const otherOrder = { kind: 'lead', email: 'ada@example.com' };
    const repeats = [await post(), await post({ 'idempotency-key': `"${key}"` }), await post({}, otherOrder)];

    expect(calls).to.have.length(1);
    expect(first.headers).not.to.have.property('idempotency-replayed');
    for (const { status, headers, text } of repeats) {
      expect([status, text]).to.deep.equal([201, first.text]);
      expect(headers).to.include({
        'idempotency-replayed': 'true',
        location: '/api/toy/things/1',
        'content-type': 'application/json; charset=utf-8',
      });
    }
    expect(gateway.repeats).to.deep.equal(['replayed', 'replayed', 'replayed']);
  });

  for (const [title, error, status] of [
    ['a refusal of the service', new UpstreamRejectedError(site, 409, 'thing_exists', { id: '7' }), 409],
    ['an outcome that nobody knows', new OutcomeUnknownError(site, new UpstreamTimeoutError(site, 4000)), 504],
    ['an answer that nobody understands', new UpstreamContractBrokenError(site, 'the answer is no JSON'), 502],
  ] as const) {
    it(`meets ${title} again, without asking the service`, async () => {
      failsWith(error);

      const first = await post();
      const repeat = await post({ 'x-request-id': `request-${key}` });

      expect(calls).to.have.length(1);
      expect([first.status, repeat.status]).to.deep.equal([status, status]);
      expect(repeat.text).to.equal(first.text);
      expect(repeat.headers).to.include({
        'idempotency-replayed': 'true',
        'content-type': 'application/problem+json; charset=utf-8',
        'proxy-status': first.headers['proxy-status'],
      });
      expect(gateway.lines.find(({ requestId }) => requestId === `request-${key}`)).to.include({ code: codeOf(first), status });
    });
  }

  for (const [title, error] of [
    ['an open circuit', new CircuitOpenError(site, 'toy', 'failure_rate', 4000)],
    ['a rate limit', new UpstreamRateLimitedError(site, 2000)],
    ['a service that is down', new UpstreamUnavailableError(site, 'connect', 'not_sent')],
    ['a timeout of what may be repeated', new UpstreamTimeoutError(site, 4000)],
  ] as const) {
    it(`is tried again after ${title}`, async () => {
      failsWith(error);
      const first = await post();
      gateway.toy.make = answersWith(() => ({ id: '2' }));

      const second = await post();

      expect(first.status).to.be.oneOf([502, 503, 504]);
      expect([second.status, second.headers.location]).to.deep.equal([201, '/api/toy/things/2']);
      expect(second.headers).not.to.have.property('idempotency-replayed');
    });
  }

  it('is refused with 422 if the key belongs to another request', async () => {
    await post();

    const other = await post({}, { ...thing, kind: 'customer' });
    const otherQuery = await plainHttp(`${gateway.url}/api/toy/things?a=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: thing,
    });

    expect([other.status, codeOf(other), otherQuery.status]).to.deep.equal([422, 'idempotency_key_reused', 422]);
    expect(calls).to.have.length(1);
    expect(gateway.repeats).to.deep.equal(['reused', 'reused']);
  });

  it('has its key for itself: another caller may use the same', async () => {
    await post();

    const { status, headers } = await post({ 'x-api-key': 'reports' }, { ...thing, kind: 'customer' });

    expect([status, headers['idempotency-replayed']]).to.deep.equal([201, undefined]);
    expect(calls).to.have.length(2);
  });

  it('is refused with 409 while the first is being answered', async () => {
    const { promise: made, release: finish } = held<{ readonly id: string }>();
    const { promise: begun, release: begin } = held<undefined>();
    gateway.toy.make = answersWith(() => {
      begin(undefined);
      return made;
    });

    const first = post();
    await begun;
    const meanwhile = await post();
    finish({ id: '1' });

    expect([meanwhile.status, codeOf(meanwhile), meanwhile.headers['retry-after']]).to.deep.equal([409, 'request_in_progress', '1']);
    expect((await first).status).to.equal(201);
    expect((await post()).headers['idempotency-replayed']).to.equal('true');
    expect(gateway.repeats).to.deep.equal(['in_progress', 'replayed']);
  });

  it('goes on when its caller hangs up, so that the repeat has an answer', async () => {
    const { promise: made, release: finish } = held<{ readonly id: string }>();
    const hangUp = new AbortController();
    gateway.toy.make = answersWith(() => {
      hangUp.abort();
      return made;
    });
    const abandoned = plainHttp(`${gateway.url}/api/toy/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: thing,
      signal: hangUp.signal,
    });
    await abandoned.catch(() => undefined);

    finish({ id: '1' });
    const repeat = await post();

    expect(calls[0]).not.to.have.property('signal');
    expect([repeat.status, repeat.headers.location, calls.length]).to.deep.equal([201, '/api/toy/things/1', 1]);
  });

  it('is told that nobody knows what became of the first, if that came to no end', async () => {
    failsWith(new Error('a mistake of ours'));
    const first = await post();
    const soon = await post();
    clock.advance(131_000);

    const later = await post();

    expect([first.status, soon.status, later.status]).to.deep.equal([500, 409, 504]);
    expect(codeOf(later)).to.equal('outcome_unknown');
    expect(calls).to.have.length(1);
    expect(gateway.repeats).to.deep.equal(['in_progress', 'interrupted']);
  });

  it('is given the job of the first, if that came as far as the queue', async () => {
    let id = '';
    gateway.toy.make = answersWith(async (body, call) => {
      ({ id } = await gateway.keep(call, body));
      throw new Error('a mistake of ours');
    });
    await post();
    clock.advance(131_000);

    const { status, headers, text } = await post();

    expect([status, headers.location, headers['idempotency-replayed']]).to.deep.equal([202, `/api/jobs/${id}`, 'true']);
    expect(JSON.parse(text)).to.include({ queued: true, id, status: 'queued' });
    expect(calls).to.have.length(1);
  });

  it('makes the same job each time it is tried, and one job for each of its writes', async () => {
    const ids: string[] = [];
    gateway.toy.make = answersWith(async (body, call) => {
      for (const part of [body, 'second write']) ids.push((await gateway.keep(call, part)).id);
      throw new CircuitOpenError(site, 'toy', 'failure_rate', 4000);
    });

    await post();
    await post();

    expect(calls).to.have.length(2);
    expect(ids.slice(2)).to.deep.equal(ids.slice(0, 2));
    expect(new Set(ids)).to.have.property('size', 2);
  });

  it('gets the same 202 again, for the same job', async () => {
    gateway.toy.make = answersWith((body, call) => gateway.keep(call, body));

    const first = await post({ prefer: 'respond-async' });
    const repeat = await post({ prefer: 'respond-async' });

    expect([first.status, repeat.status, repeat.text]).to.deep.equal([202, 202, first.text]);
    expect(repeat.headers).to.include({
      location: first.headers.location,
      'retry-after': '5',
      'preference-applied': 'respond-async',
      'idempotency-replayed': 'true',
    });
  });

  it('is kept for a day, and sealed', async () => {
    await post();
    clock.advance(24 * 3_600_000 - 1);
    const kept = await post();
    clock.advance(1);

    const anew = await post();

    expect([kept.headers['idempotency-replayed'], anew.headers['idempotency-replayed']]).to.deep.equal(['true', undefined]);
    expect(gateway.keys.texts).to.match(/"answer":"v1\./u);
    const digest = /^[\w-]{43}$/u;
    for (const { answer = '', ...rest } of JSON.parse(gateway.keys.texts) as Record<string, string>[]) {
      const [, , , , data = ''] = answer.split('.');
      expect(rest['key']).to.match(digest);
      expect(rest['fingerprint']).to.match(digest);
      expect(Object.keys(rest)).to.have.members(['key', 'fingerprint', 'leaseUntil', 'keepUntil']);
      // Three or four letters may stand in what is random by chance, so digests and sealed texts are looked at by their form alone.
      expect(answer).to.match(/^(?:v1\.test\.[\w-]{16}\.[\w-]{22}\.[\w-]+)?$/u);
      expect(Buffer.from(data, 'base64url').toString('latin1')).not.to.match(/status|"body"|Content-Type|example\.com/iu);
    }
    expect(gateway.keys.texts).not.to.match(/ada@|crm-sync|\/things/u);
    expect(gateway.keys.texts).not.to.contain(`"${key}"`);
  });

  describe('about a record that is gone since', () => {
    const made = { id: '7', properties: { email: 'Ada@Example.com' } };

    beforeEach(async () => {
      gateway.toy.make = answersWith(() => made);
      await post();
      clock.advance(1);
    });

    for (const name of ['7', 'ada@example.com']) {
      it(`is not made again, and its answer is not told any more, when the record was gone as ${name}`, async () => {
        await gateway.gone.end('toy', [name]);

        const repeat = await post();

        expect([repeat.status, codeOf(repeat), calls.length]).to.deep.equal([409, 'answer_not_kept', 1]);
        expect(repeat.text).to.contain('201').and.not.to.contain('xample.com');
      });
    }

    it('goes by what another replica has noted, and is answered by none while nobody can tell', async () => {
      const other = new GoneRecords({ store: gateway.keys, sealer: gatewaySealer, clock });
      await other.end('toy', ['7']);

      const repeat = await post();

      expect(codeOf(repeat)).to.equal('answer_not_kept');
    });

    it('is told as before where another record is gone, or one of the same name at another service', async () => {
      await gateway.gone.end('toy', ['8', 'other@example.com']);
      await gateway.gone.end('acme', ['7']);

      const repeat = await post();

      expect([repeat.status, repeat.headers['idempotency-replayed']]).to.deep.equal([201, 'true']);
    });

    it('is told where the record was made after it had been gone, as whoever looks before making one does', async () => {
      await gateway.gone.end('toy', ['9']);
      clock.advance(1);
      gateway.toy.make = answersWith(() => ({ id: '9' }));
      await post({ 'idempotency-key': 'made-later' });

      const repeat = await post({ 'idempotency-key': 'made-later' });

      expect([repeat.status, repeat.text]).to.deep.equal([201, '{"id":"9","kind":"lead"}']);
    });

    it('ends at once though the store is away, and in the store when it is back', async () => {
      gateway.keys.down = true;
      await gateway.gone.end('toy', ['7']);
      gateway.keys.down = false;
      const here = await post();
      clock.advance(2000);
      await new Promise(setImmediate);

      expect(codeOf(here)).to.equal('answer_not_kept');
      expect(await gateway.keys.goneAt([gatewaySealer.digest(JSON.stringify(['gone', 'toy', '7']))])).to.be.greaterThan(0);
    });
  });

  it('is not looked at on reads, and a malformed one is told with all other faults', async () => {
    const read = await plainHttp(`${gateway.url}/api/toy/things/7`, { headers: { 'idempotency-key': 'two words' } });
    const write = await post({ 'idempotency-key': 'two words', 'x-request-timeout': 'soon' }, { ...thing, email: 'nobody' });

    expect(read.status).to.equal(200);
    expect(write.status).to.equal(400);
    expect((JSON.parse(write.text) as { faults: { at: string }[] }).faults.map(({ at }) => at)).to.have.members([
      'header idempotency-key',
      'header x-request-timeout',
      'body.email',
    ]);
    expect(calls).to.have.length(0);
  });
});
