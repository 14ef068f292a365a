import { expect } from 'chai';
import { CircuitOpenError } from '../../../src/errors/upstreamErrors.ts';
import type { CallOptions } from '../../../src/contract/call.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { startWebGateway, type WebGateway } from './webGateway.ts';

const thing = { email: 'ada@example.com', kind: 'lead' };

describe('answer to a write that waits', () => {
  let gateway: WebGateway;
  let calls: CallOptions[];

  before(async () => {
    gateway = await startWebGateway();
  });

  beforeEach(() => {
    calls = [];
    gateway.toy.make = (body, call) => {
      calls.push(call);
      return gateway.keep(call, body);
    };
  });

  after(() => gateway.stop());

  const post = (headers: Readonly<Record<string, string>> = {}): Promise<PlainResponse> => {
    const all = { 'content-type': 'application/json', ...headers };
    return plainHttp(`${gateway.url}/api/toy/things`, { method: 'POST', headers: all, body: thing });
  };
  const bodyOf = ({ text }: PlainResponse): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

  it('is 202 with the place of the job, in the words of the job and of the route', async () => {
    const answer = await post();

    const body = bodyOf(answer);
    const job = await gateway.queue.find(String(body['id']));
    expect(answer.status).to.equal(202);
    expect(answer.headers).to.include({ location: `/api/jobs/${String(job?.id)}`, 'retry-after': '5' });
    expect(body).to.deep.equal({
      queued: true,
      id: job?.id,
      status: 'queued',
      acceptedAt: new Date(job!.acceptedAt).toISOString(),
      expiresAt: new Date(job!.expiresAt).toISOString(),
      kind: 'lead',
    });
  });

  it('says that a wish for it was met, and only then', async () => {
    const wished = await post({ prefer: 'respond-async, wait=10' });
    const unasked = await post();
    gateway.toy.make = () => ({ id: '1' });
    const made = await post({ prefer: 'respond-async' });

    expect([wished.status, wished.headers['preference-applied']]).to.deep.equal([202, 'respond-async']);
    expect([unasked.status, unasked.headers['preference-applied']]).to.deep.equal([202, undefined]);
    expect([made.status, made.headers['preference-applied'], made.headers.location]).to.deep.equal([201, undefined, '/api/toy/things/1']);
  });

  it('tells the pipeline whose write it is, by which request, and whether to queue it at once', async () => {
    await post({ prefer: 'respond-async', 'x-request-id': 'request-queue-1' });
    await post({ 'x-request-id': 'request-queue-2' });

    expect(calls.map(({ queue }) => queue)).to.deep.equal([
      { owner: 'local', requestId: 'request-queue-1', atOnce: true },
      { owner: 'local', requestId: 'request-queue-2', atOnce: false },
    ]);
  });

  it('makes no wish for reads', async () => {
    gateway.toy.calls.length = 0;

    const { status, headers } = await plainHttp(`${gateway.url}/api/toy/things/7`, { headers: { prefer: 'respond-async' } });

    expect([status, headers['preference-applied']]).to.deep.equal([200, undefined]);
    expect(gateway.toy.calls[0]).not.to.have.property('queue');
  });

  it('is 202 when one of several writes waits, and leads to the first that does', async () => {
    const ids: string[] = [];
    gateway.toy.make = async (_body, call) => {
      call.onAnswer?.({ value: {}, source: 'upstream', ageMs: 0 }, { service: 'toy', operation: 'make_thing' });
      for (const part of ['one', 'two']) ids.push((await gateway.keep(call, part)).id);
      return { id: '1' };
    };

    const { status, headers, text } = await post();

    expect([status, headers.location]).to.deep.equal([202, `/api/jobs/${ids[0]!}`]);
    expect(JSON.parse(text)).to.deep.equal({ id: '1', kind: 'lead' });
    expect(new Set(ids)).to.have.property('size', 2);
  });

  it('names the job also where the route has no body', async () => {
    gateway.toy.remove = (_id, call) => gateway.keep(call);

    const { status, text } = await plainHttp(`${gateway.url}/api/toy/things/1`, { method: 'DELETE' });

    expect(status).to.equal(202);
    expect(JSON.parse(text)).to.include({ queued: true, status: 'queued' });
  });

  it('is an error where the queue takes nothing', async () => {
    gateway.queue.failWith('the disk is full');

    const { status, headers, text } = await post({ prefer: 'respond-async' });
    gateway.queue.failWith(undefined);

    expect([status, headers['retry-after']]).to.deep.equal([503, '5']);
    expect(JSON.parse(text)).to.include({ code: 'queue_unavailable', retryable: true });
  });

  it('is the error itself where the write was not queued', async () => {
    gateway.toy.make = () => {
      throw new CircuitOpenError({ service: 'toy', operation: 'make_thing' }, 'toy', 'failure_rate', 4000);
    };

    expect((await post({ prefer: 'respond-async' })).status).to.equal(503);
  });
});
