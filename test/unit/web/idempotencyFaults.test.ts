import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSealer } from '../../../src/queue/sealer.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { JOB_EXPIRES_MS, startWebGateway, type WebGateway } from './webGateway.ts';

const post = (gateway: WebGateway, headers: Readonly<Record<string, string>>): Promise<PlainResponse> =>
  plainHttp(`${gateway.url}/api/toy/things`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: { email: 'ada@example.com', kind: 'lead' },
  });
const codeOf = ({ text }: PlainResponse): unknown => (JSON.parse(text) as Record<string, unknown>)['code'];

describe('store of Idempotency-Keys in trouble', () => {
  const clock = new HandDrivenClock();
  let gateway: WebGateway;
  let made: number;
  let headers: Readonly<Record<string, string>>;

  before(async () => {
    gateway = await startWebGateway({ clock });
  });

  beforeEach(() => {
    made = 0;
    headers = { 'idempotency-key': randomUUID() };
    gateway.lines.length = 0;
    gateway.keys.down = false;
    gateway.toy.make = () => {
      made += 1;
      return { id: String(made) };
    };
  });

  after(() => gateway.stop());

  it('keeps of a large answer that it was given, and neither its body nor a second try', async () => {
    gateway.toy.make = () => {
      made += 1;
      return { id: String(made), note: 'x'.repeat(70_000) };
    };

    const [first, repeat] = [await post(gateway, headers), await post(gateway, headers)];

    expect([first.status, repeat.status, codeOf(repeat), made]).to.deep.equal([201, 409, 'answer_not_kept', 1]);
  });

  it('stops requests with a key before they are made, and no others', async () => {
    gateway.keys.down = true;

    const [keyed, plain] = [await post(gateway, headers), await post(gateway, {})];

    expect([keyed.status, codeOf(keyed), keyed.headers['retry-after']]).to.deep.equal([503, 'queue_unavailable', '5']);
    expect([plain.status, made]).to.deep.equal([201, 1]);
  });

  it('lets an answer out that it cannot keep, and calls the repeat interrupted', async () => {
    gateway.toy.make = () => {
      made += 1;
      gateway.keys.down = true;
      return { id: String(made) };
    };
    const first = await post(gateway, headers);
    for (let passed = 0; passed <= 131_000; passed += 2000) {
      clock.advance(2000);
      await nextTurn();
    }
    gateway.keys.down = false;

    const repeat = await post(gateway, headers);

    expect([first.status, repeat.status, codeOf(repeat), made]).to.deep.equal([201, 504, 'outcome_unknown', 1]);
    expect(gateway.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
      'the answer is not kept yet: until it is, a repeat with its Idempotency-Key is not made',
    ]);
  });

  it('keeps an answer as soon as the store takes it again, and replays it from then on', async () => {
    gateway.toy.make = () => {
      made += 1;
      gateway.keys.down = true;
      return { id: String(made) };
    };
    const first = await post(gateway, headers);
    clock.advance(2000);
    await nextTurn();
    gateway.keys.down = false;
    const between = await post(gateway, headers);
    clock.advance(2000);
    await nextTurn();

    const repeat = await post(gateway, headers);

    expect([first.status, between.status, codeOf(between)]).to.deep.equal([201, 409, 'request_in_progress']);
    expect([repeat.status, repeat.text, repeat.headers['idempotency-replayed'], made]).to.deep.equal([201, first.text, 'true', 1]);
  });

  it('counts an answer as lost that cannot be opened any more, and says so in the log', async () => {
    await post(gateway, headers);
    const sealer = createSealer({ keys: [{ id: 'new', key: Buffer.alloc(32, 8) }], clearText: false });
    const queue = {
      jobs: gateway.queue,
      keys: gateway.keys,
      sealer,
      gone: gateway.gone,
      jobExpiresMs: JOB_EXPIRES_MS,
      onRepeat: () => undefined,
    };
    const next = await startWebGateway({ clock, queue });

    const repeat = await post(next, headers);
    await next.stop();

    expect([repeat.status, codeOf(repeat)]).to.deep.equal([504, 'outcome_unknown']);
    const [line] = next.lines.filter(({ level }) => level === 'error');
    expect(line).to.include({ route: '/api/toy/things', message: 'the answer kept for an Idempotency-Key cannot be opened' });
  });

  it('may be missing altogether: then a key is refused, not ignored', async () => {
    const without = await startWebGateway({ queue: undefined });

    const [keyed, plain, job] = [await post(without, headers), await post(without, {}), await plainHttp(`${without.url}/api/jobs/x`)];
    await without.stop();

    expect([keyed.status, plain.status, job.status]).to.deep.equal([503, 201, 404]);
  });
});
