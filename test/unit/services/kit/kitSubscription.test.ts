import { expect } from 'chai';
import { QueueUnavailableError } from '../../../../src/errors/queueErrors.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamRejectedError, UpstreamUnavailableError } from '../../../../src/errors/upstreamErrors.ts';
import { isQueued, type Answer } from '../../../../src/contract/call.ts';
import type { KitClient } from '../../../../src/services/kit/kitClient.ts';
import { SubscriptionIncompleteError } from '../../../../src/services/kit/kitSubscription.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, scriptedWire, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';
import { enter, lineOf, simulatedWire } from '../../../support/simulatedWire.ts';
import { kitHouse, type KitHouse, type KitHouseParts, kitRequest, simulatedKit } from './kitHouse.ts';

const email_address = 'ada@example.com';
const made = json(201, { subscriber: { id: 200, email_address } });
const down: Reply = { status: 503, headers: {}, body: '' };
const whole = { email_address, first_name: 'Ada', sequences: [324], forms: [311], tags: [207], referrer: 'https://example.com/a' };

describe('subscribing at Kit', () => {
  let house: KitHouse;
  let wire: ScriptedWire;

  const clientOver = (parts: KitHouseParts, ...replies: readonly Reply[]): KitClient => {
    wire = scriptedWire(...replies);
    house = kitHouse(wire.transport, parts);
    return house.client;
  };

  afterEach(() => {
    house.close();
  });

  it('upserts the subscriber first, then tags, and adds to what sends mail last', async () => {
    const client = clientOver({}, made);

    const subscribed = await client.subscribe(whole);

    expect(wire.sent.map(lineOf)).to.deep.equal([
      'POST /v4/subscribers {"email_address":"ada@example.com","first_name":"Ada"}',
      'POST /v4/tags/207/subscribers {"email_address":"ada@example.com"}',
      'POST /v4/forms/311/subscribers {"email_address":"ada@example.com","referrer":"https://example.com/a"}',
      'POST /v4/sequences/324/subscribers {"email_address":"ada@example.com"}',
    ]);
    expect(subscribed).to.deep.equal({
      subscriber: { id: 200, email_address },
      steps: [
        { step: 'subscriber', outcome: 'made' },
        { step: 'tag 207', outcome: 'made' },
        { step: 'form 311', outcome: 'made' },
        { step: 'sequence 324', outcome: 'made' },
      ],
    });
  });

  it('begins with the additions where the subscriber is known by number', async () => {
    const client = clientOver({}, made);

    await client.subscribe({ subscriber_id: 200, tags: [207, 207], forms: [311], referrer: 'https://example.com/a' });

    expect(wire.sent.map(lineOf)).to.deep.equal([
      'POST /v4/tags/207/subscribers/200 {}',
      'POST /v4/forms/311/subscribers/200 {"referrer":"https://example.com/a"}',
    ]);
  });

  it('passes on Kit’s warnings, and that fields are still to come', async () => {
    const fields = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`answer_${String(index)}`, 'yes']));
    const client = clientOver({}, json(202, { subscriber: { id: 200, email_address }, warnings: ['unknown'] }), made);

    const subscribed = await client.subscribe({ email_address, fields, tags: [207] });

    expect(subscribed).to.deep.include({ warnings: ['unknown'], fields_pending: true });
  });

  for (const [what, input] of [
    ['nobody', { tags: [207] }],
    ['two people', { email_address, subscriber_id: 200, tags: [207] }],
    ['nothing to add to', { email_address }],
    ['only empty lists', { email_address, tags: [], forms: [] }],
    ['more than ten additions', { email_address, tags: [1, 2, 3, 4, 5, 6], forms: [1, 2, 3, 4, 5] }],
    ['a change of whom it knows by number', { subscriber_id: 200, first_name: 'Ada', tags: [207] }],
    ['an id that is none', { email_address, tags: [-1] }],
  ] as const) {
    it(`refuses ${what} before sending`, async () => {
      const client = clientOver({}, made);

      await errorOf(client.subscribe(input as never), InvalidRequestError);

      expect(wire.sent).to.deep.equal([]);
    });
  }

  it('leaves the error of the first step as it is: nothing was made', async () => {
    const client = clientOver({}, down);

    await errorOf(client.subscribe(whole), UpstreamUnavailableError);

    expect(wire.sent).to.have.length(1);
  });

  it('says what was made when Kit refuses a later step, and stops there', async () => {
    const client = clientOver({}, made, made, json(404, { errors: ['Not Found'] }));

    const error = await errorOf(client.subscribe(whole), UpstreamRejectedError);

    expect(error).to.include({ status: 404, operation: 'add_to_form' });
    expect(error.details).to.deep.equal({ made: ['subscriber', 'tag 207'], failed: 'form 311' });
    expect(wire.sent).to.have.length(3);
  });

  it('says what was made when a later step could not be, and what may help', async () => {
    const client = clientOver({}, made, down);

    const error = await errorOf(client.subscribe(whole), SubscriptionIncompleteError);

    expect(error).to.include({ code: 'upstream_unavailable', retryable: true, operation: 'add_to_tag', service: 'kit', kind: 'http_5xx' });
    expect(error.details).to.deep.equal({ made: ['subscriber'], failed: 'tag 207' });
    expect(error.message).to.equal(
      'kit add_to_tag: tag 207 failed (upstream_unavailable) after subscriber; repeat the request to finish it',
    );
  });

  it('is finished by a repeat, which changes nothing that was made', async () => {
    const { simulator } = simulatedKit();
    const answers = simulatedWire(simulator);
    let isDown = false;
    house = kitHouse((request, signal) => (isDown ? Promise.resolve(down) : answers(request, signal)), { failures: 10 });
    const first = house.client.subscribe({ email_address: 'new@example.com', tags: [207], sequences: [325] });
    await errorOf(first, UpstreamRejectedError);
    isDown = true;
    await errorOf(house.client.subscribe({ email_address: 'new@example.com', tags: [207, 208] }), UpstreamUnavailableError);
    isDown = false;

    const again = await house.client.subscribe({ email_address: 'new@example.com', tags: [207, 208] });

    expect(isQueued(again) ? [] : again.steps.map(({ outcome }) => outcome)).to.deep.equal(['made', 'made', 'made']);
    const { subscriber } = again as { readonly subscriber: { readonly id: number } };
    const { tags } = await house.client.listSubscriberTags(String(subscriber.id));
    expect(tags.map(({ id }) => id)).to.have.members([207, 208]);
  });

  it('names the step that Kit refuses, whatever list its sentence lies in', async () => {
    const { simulator } = simulatedKit();
    enter(simulator, 'sequences_inactive');
    house = kitHouse(simulatedWire(simulator));

    const error = await errorOf(house.client.subscribe({ email_address: 'new@example.com', sequences: [324] }), UpstreamRejectedError);

    expect(error).to.include({ reason: 'sequence_inactive' });
    expect(error.details).to.deep.equal({ made: ['subscriber'], failed: 'sequence 324' });
  });

  describe('with a queue', () => {
    it('keeps the steps that are left when Kit goes down, in one entity and in their order', async () => {
      const queue = rememberingQueue();
      const client = clientOver({ queue }, made, down);

      const answer = await client.subscribe(whole, { queue: { owner: 'web', requestId: 'r1' } });

      expect(answer).to.deep.include({
        queued: true,
        id: 'job_3',
        steps: [
          { step: 'subscriber', outcome: 'made' },
          { step: 'tag 207', outcome: 'queued', job: 'job_1' },
          { step: 'form 311', outcome: 'queued', job: 'job_2' },
          { step: 'sequence 324', outcome: 'queued', job: 'job_3' },
        ],
      });
      expect(queue.kept.map(({ operation, entity, owner }) => [operation, entity, owner])).to.deep.equal([
        ['add_to_tag', email_address, 'web'],
        ['add_to_form', email_address, 'web'],
        ['add_to_sequence', email_address, 'web'],
      ]);
    });

    it('is finished by the queue, whose writes the service takes as they were kept', async () => {
      const queue = rememberingQueue();
      const client = clientOver({ queue }, down);
      await client.subscribe({ email_address: 'new@example.com', tags: [207], sequences: [324] });
      const { simulator } = simulatedKit();

      const statuses = queue.kept.map(({ request: { path, body } }) => simulator.answer(kitRequest(`POST ${path}`, body)).status);

      expect(statuses).to.deep.equal([201, 201, 201]);
    });

    it('lets no step overtake one that waits, even if Kit is back', async () => {
      const queue = rememberingQueue();
      const client = clientOver({ queue, failures: 10 }, down, made);

      await client.subscribe({ email_address, tags: [207] });

      expect(queue.kept.map(({ operation, owner }) => [operation, owner])).to.deep.equal([
        ['upsert_subscriber', 'process'],
        ['add_to_tag', 'process'],
      ]);
      expect(wire.sent).to.have.length(1);
    });

    it('gives the caller’s job id to the last step, and each other its own, the same at every repeat', async () => {
      const jobId = 'job_0123456789012345678901';
      const queue = rememberingQueue();
      const client = clientOver({ queue }, made);
      const wish = { queue: { owner: 'web', jobId, atOnce: true } };

      const first = await client.subscribe({ email_address, tags: [207], forms: [311] }, wish);
      await client.subscribe({ email_address, tags: [207], forms: [311] }, wish);

      const ids = queue.kept.map((write) => write.jobId ?? '');
      expect(first).to.include({ id: jobId });
      expect(ids[2]).to.equal(jobId);
      expect(new Set(ids.slice(0, 3)).size).to.equal(3);
      expect(ids.slice(3)).to.deep.equal(ids.slice(0, 3));
      for (const id of ids) expect(id).to.match(/^job_[\w-]{22,43}$/u);
      expect(wire.sent).to.deep.equal([]);
    });

    it('tells its caller once, of the job that outlasts the others', async () => {
      const told: Answer<unknown>[] = [];
      const client = clientOver({ queue: rememberingQueue() }, made, down);

      await client.subscribe(whole, { onAnswer: (answer) => void told.push(answer) });

      expect(told.map(({ source, value }) => [source, isQueued(value) && value.id])).to.deep.equal([['queued', 'job_3']]);
    });

    it('says what was queued when the queue fails in between', async () => {
      const { accept, kept } = rememberingQueue();
      const accepts: typeof accept = async (write) => {
        if (kept.length > 0) throw new QueueUnavailableError('full');
        return accept(write);
      };
      const client = clientOver({ queue: { accept: accepts } }, down);

      const error = await errorOf(client.subscribe({ email_address, tags: [207] }), SubscriptionIncompleteError);

      expect(error).to.include({ code: 'queue_unavailable' });
      expect(error.details).to.deep.equal({ made: ['subscriber (queued)'], failed: 'tag 207' });
    });

    it('queues nothing for a caller who wants an error instead', async () => {
      const queue = rememberingQueue();
      const client = clientOver({ queue }, made, down);

      await errorOf(client.subscribe(whole, { strict: true }), SubscriptionIncompleteError);

      expect(queue.kept).to.deep.equal([]);
    });
  });
});
