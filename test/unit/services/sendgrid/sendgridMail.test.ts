import { expect } from 'chai';
import type sinon from 'sinon';
import { OutcomeUnknownError, UpstreamContractBrokenError, UpstreamQuotaExhaustedError } from '../../../../src/errors/upstreamErrors.ts';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { isQueued } from '../../../../src/contract/call.ts';
import { traced } from '../../../../src/services/sendgrid/sendgridMail.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { fakeTime, json, scriptedWire, type HouseParts, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue, type RememberingQueue } from '../../../support/rememberingQueue.ts';
import { mail, sendgridHouse, type SendgridHouse } from './simulatedSendgrid.ts';

const accepted = { status: 202, headers: { 'x-message-id': 'm-1' }, body: '' };
const page = (status: number): Reply => ({ status, headers: { 'content-type': 'text/html' }, body: '<html></html>' });
const owner = 'key_1';

describe('a mail by SendGrid', () => {
  let clock: sinon.SinonFakeTimers;
  let wire: ScriptedWire;
  let house: SendgridHouse;
  let queue: RememberingQueue;

  const open = (parts: HouseParts, ...replies: readonly Reply[]): void => {
    wire = scriptedWire(...replies);
    queue = rememberingQueue();
    house = sendgridHouse(wire.transport, { queue, ...parts });
  };

  beforeEach(() => {
    clock = fakeTime();
  });

  afterEach(() => {
    house.close();
    clock.restore();
  });

  const doubts: readonly (readonly [string, Reply])[] = [
    ['a connection reset', new TransportFailure('reset')],
    ['a time-out', 'hang'],
    ['a 500', json(500, { errors: [{ message: 'internal server error', field: null }] })],
    ['a page with 502', page(502)],
    ['a 503', page(503)],
    ['a page with 504', page(504)],
  ];

  for (const [what, reply] of doubts) {
    it(`is neither sent again nor queued after ${what}: it may have arrived`, async () => {
      open({}, reply, accepted);

      const sending = errorOf(house.client.sendMail(mail), OutcomeUnknownError);
      await clock.tickAsync(60_000);
      await sending;

      expect(wire.sent).to.have.length(1);
      expect(queue.kept).to.deep.equal([]);
    });
  }

  it('is sent again after a 429: it cannot have arrived', async () => {
    open({}, json(429, { errors: [] }, { 'retry-after': '1' }), accepted);

    const sending = house.client.sendMail(mail);
    await clock.tickAsync(5_000);

    expect(await sending).to.deep.equal({ accepted: true, message_id: 'm-1' });
    expect(wire.sent).to.have.length(2);
  });

  it('waits in the queue after one connection that could not be made', async () => {
    open({}, new TransportFailure('connect'), accepted);

    const answer = await house.client.sendMail(mail);

    expect(isQueued(answer)).to.equal(true);
    expect(wire.sent).to.have.length(1);
    expect(queue.kept.map(({ operation, mayHaveHappened }) => [operation, mayHaveHappened])).to.deep.equal([['send_mail', false]]);
  });

  it('waits in the queue while the credits are used up', async () => {
    open({}, json(401, { errors: [{ message: 'Maximum credits exceeded', field: null }] }));

    const answer = await house.client.sendMail(mail);
    await errorOf(house.client.sendMail(mail, { strict: true }), UpstreamQuotaExhaustedError);

    expect(isQueued(answer)).to.equal(true);
    expect(queue.kept.map(({ operation, mayHaveHappened }) => [operation, mayHaveHappened])).to.deep.equal([['send_mail', false]]);
  });

  it('is accepted by an empty 202, and not by a page', async () => {
    open({}, accepted, page(200));

    expect(await house.client.sendMail(mail)).to.deep.equal({ accepted: true, message_id: 'm-1' });
    await errorOf(house.client.sendMail(mail), UpstreamContractBrokenError);
  });

  it('says so if it was only tried', async () => {
    open({}, { status: 200, headers: {}, body: '' });

    const answer = await house.client.sendMail({ ...mail, mail_settings: { sandbox_mode: { enable: true } } });

    expect(answer).to.deep.equal({ accepted: true, sent_to_nobody: true });
  });

  it('bears the id of the request that asked for it, sent at once or later', async () => {
    open({}, accepted);

    await house.client.sendMail(mail, { queue: { owner, requestId: 'r-1' } });
    await house.client.sendMail(mail, { queue: { owner, requestId: 'r-2', atOnce: true } });

    expect(JSON.parse(wire.sent[0]?.body ?? '')).to.have.deep.property('custom_args', { gateway_request_id: 'r-1' });
    expect(queue.kept[0]?.request.body).to.have.deep.property('custom_args', { gateway_request_id: 'r-2' });
  });

  it('keeps what a caller marked it with', () => {
    open({}, accepted);
    const marked = { ...mail, custom_args: { order: '7' } };
    const theirs = { ...mail, custom_args: { gateway_request_id: 'mine' } };

    expect(traced(marked, 'r-1').custom_args).to.deep.equal({ order: '7', gateway_request_id: 'r-1' });
    expect(traced(theirs, 'r-1')).to.equal(theirs);
    expect(traced(mail, undefined)).to.equal(mail);
  });
});
