import { expect } from 'chai';
import { z, type ZodType } from 'zod';
import { GatewayError } from '../../../src/errors/gatewayError.ts';
import { UpstreamQuotaExhaustedError } from '../../../src/errors/upstreamErrors.ts';
import { makeAttempt, type AttemptParts } from '../../../src/pipeline/attempt.ts';
import { TransportFailure, type HttpRequest, type HttpResponse } from '../../../src/wire/transport.ts';
import { guarded } from '../../../src/contract/events.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { json, rejectionOf, scriptedWire, type Reply } from '../../support/httpHouse.ts';

const site = { service: 'acme', operation: 'get_thing' };
const request: HttpRequest = { method: 'GET', origin: 'https://api.acme.test', path: '/', headers: {}, body: undefined };

const fail = (error: unknown): void => {
  throw error as Error;
};

const attempt = <T>(reply: Reply, answer: ZodType<T>, parts: Partial<AttemptParts> = {}): Promise<T> =>
  makeAttempt(
    {
      transport: scriptedWire(reply).transport,
      classify: () => undefined,
      readQuota: () => [],
      events: guarded([], fail),
      clock: systemClock,
      onListenerError: fail,
      ...parts,
    },
    { name: 'get_thing', method: 'GET', idempotency: 'safe', answer },
    request,
    site,
    new AbortController().signal,
  );

const thing = z.looseObject({ id: z.string() });
const text = (status: number, body: string): HttpResponse => ({ status, headers: {}, body });

describe('one attempt', () => {
  it('gives the validated answer, with the fields it does not know', async () => {
    const value = await attempt(json(200, { id: '7', added: { by: 'the provider' } }), thing);

    expect(value).to.deep.equal({ id: '7', added: { by: 'the provider' } });
  });

  it('does not hold it against the service that a kept connection broke, whose outcome is unknown all the same', async () => {
    const error = await rejectionOf(attempt(new TransportFailure('reset', { isStale: true }), thing));

    expect(error).to.include({ code: 'upstream_unavailable', verdict: 'ignored', execution: 'unknown', kind: 'reset' });
  });

  it('takes an answer without a body, or of plain text, where the operation expects one', async () => {
    const anything = z.union([z.undefined(), z.string(), z.null()]);

    const answers = [text(204, ''), text(200, 'done'), text(200, 'null')];

    const values = await Promise.all(answers.map((answer) => attempt(answer, anything)));

    expect(values).to.deep.equal([undefined, 'done', null]);
  });

  for (const [what, reply, field] of [
    ['a missing field', json(200, {}), 'id'],
    ['a retyped field', json(200, { id: 7 }), 'id'],
    ['no JSON', text(200, '<html>Sorry, ada@example.com</html>'), '(the whole answer)'],
    ['an empty body', text(200, ''), '(the whole answer)'],
  ] as const) {
    it(`calls ${what} a broken contract, and says where`, async () => {
      const error = await rejectionOf(attempt(reply, thing));

      expect(error).to.be.instanceOf(GatewayError);
      expect(error).to.deep.include({ code: 'upstream_contract_broken', fields: [field], execution: 'unknown' });
      expect(error).to.have.property('message').that.equals(`acme get_thing: the answer breaks the contract at ${field}`);
    });
  }

  it('names a field in a list by its index', async () => {
    const error = await rejectionOf(attempt(json(200, { results: [{ id: '1' }, { id: 2 }] }), z.object({ results: z.array(thing) })));

    expect(error).to.deep.include({ fields: ['results.1.id'] });
  });

  for (const key of ['ada@example.com', '4915112345678', '+48 600 100 200', 'Ada Lovelace', 'x'.repeat(65)]) {
    it(`shows the key ${key.slice(0, 20)} of a map as a star`, async () => {
      const error = await rejectionOf(attempt(json(200, { people: { [key]: 1 } }), z.object({ people: z.record(z.string(), z.string()) })));

      expect(error).to.deep.include({ fields: ['people.*'] });
      expect(error).to.have.property('message').that.does.not.include(key);
    });
  }

  it('names the first few fields only, however many are wrong', async () => {
    const answer = json(
      200,
      Array.from({ length: 1_000 }, () => ({})),
    );

    const error = await rejectionOf(attempt(answer, z.array(thing)));

    expect(error).to.deep.include({ fields: ['0.id', '1.id', '2.id', '3.id', '4.id'] });
  });

  for (const [kind, expected] of [
    ['connect', { code: 'upstream_unavailable', kind: 'connect', execution: 'not_sent', retryable: true }],
    ['dns', { code: 'upstream_unavailable', kind: 'dns', execution: 'not_sent', retryable: true }],
    ['tls', { code: 'upstream_unavailable', kind: 'tls', execution: 'not_sent', retryable: true }],
    ['reset', { code: 'upstream_unavailable', kind: 'reset', execution: 'unknown', retryable: true }],
    ['malformed', { code: 'upstream_contract_broken', kind: 'contract', execution: 'unknown', retryable: false }],
    ['too_large', { code: 'upstream_contract_broken', kind: 'too_large', execution: 'unknown', retryable: false }],
  ] as const) {
    it(`makes ${expected.code} (${expected.execution}) of the transport failure ${kind}`, async () => {
      const error = await rejectionOf(attempt(new TransportFailure(kind), thing));

      expect(error).to.include({ ...expected, ...site, verdict: 'failure' });
    });
  }

  it('passes on what the signal gave as its reason', async () => {
    const reason = new Error('the deadline');

    expect(await rejectionOf(attempt(reason, thing))).to.equal(reason);
  });
});

describe('one attempt and the rules of a service', () => {
  it('lets the service’s own rules decide before the status', async () => {
    const exhausted = new UpstreamQuotaExhaustedError(site, 'credits');

    const error = await rejectionOf(attempt(json(200, { id: '7' }), thing, { classify: () => exhausted }));

    expect(error).to.equal(exhausted);
  });

  it('takes what the service’s rules accept for an answer, whatever its status', async () => {
    const value = await attempt(json(404, { id: 'none' }), thing, { classify: () => 'accepted' });

    expect(value).to.deep.equal({ id: 'none' });
  });

  it('still validates what the service’s rules accept', async () => {
    const error = await rejectionOf(attempt(json(404, {}), thing, { classify: () => 'accepted' }));

    expect(error).to.include({ code: 'upstream_contract_broken' });
  });

  it('leaves to the general rules what the service has no rule for', async () => {
    expect(await rejectionOf(attempt(json(404, { id: 'none' }), thing))).to.include({ code: 'upstream_rejected', status: 404 });
  });

  it('shows the rules where, when, and the JSON of the answer', async () => {
    const seen: unknown[] = [];
    const before = systemClock.wallTime();

    await attempt(json(200, { id: '7' }), thing, {
      classify: (answer, context) => {
        seen.push(answer.json(), context.site);
        expect(context.wallTime).to.be.within(before, systemClock.wallTime());
        return undefined;
      },
    });

    expect(seen).to.deep.equal([{ id: '7' }, site]);
  });

  it('tells the quota of every answer, errors included', async () => {
    const told: unknown[] = [];
    const events = guarded([{ quotaSeen: (...reading) => void told.push(reading) }], fail);
    const readQuota = (headers: Readonly<Record<string, string>>) => [{ window: 'minute', remaining: Number(headers['x-left']) }];

    await attempt(json(200, { id: '7' }, { 'x-left': '4' }), thing, { events, readQuota });
    await rejectionOf(attempt(json(429, {}, { 'x-left': '0' }), thing, { events, readQuota }));

    expect(told).to.deep.equal([
      ['acme', 'minute', { remaining: 4 }],
      ['acme', 'minute', { remaining: 0 }],
    ]);
  });

  for (const part of ['classify', 'readQuota'] as const) {
    it(`ends with the error that ${part} throws`, async () => {
      const bug = new TypeError('a bug of ours');
      const broken = () => {
        throw bug;
      };

      expect(await rejectionOf(attempt(json(200, { id: '7' }), thing, { [part]: broken }))).to.equal(bug);
    });
  }
});
