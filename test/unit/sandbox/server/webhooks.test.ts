import { expect } from 'chai';
import { WebhookSubscription, type DeliveryReport } from '../../../../sandbox/server/webhooks.ts';
import { createSigner, type SimulatedEvent, type WebhookStyle } from '../../../../sandbox/simulation/webhooks.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';
import { WebhookReceiver } from '../../../support/webhookReceiver.ts';

const toyEvent = (count: number): SimulatedEvent => ({ type: 'toy.made', body: { count } });

describe('webhook subscription', () => {
  let clock: HandDrivenClock;
  let receiver: WebhookReceiver;
  let subscription: WebhookSubscription;

  const subscribe = (style: Partial<WebhookStyle> = {}, speed = 1): void => {
    const whole: WebhookStyle = {
      events: ['toy.made'],
      maxEvents: 2,
      timeoutMs: 1000,
      repeatAfterMs: [5000, 60_000],
      secret: 'optional',
      compose: (told) => ({ body: JSON.stringify(told.map(({ body }) => body['count'])), headers: {} }),
      ...style,
    };
    const { events } = whole;
    const signer = createSigner('optional');
    subscription = new WebhookSubscription({ url: receiver.origin, events, style: whole, signer, clock, speed });
  };
  const tell = (...counts: readonly number[]): void => {
    for (const count of counts) subscription.collect(toyEvent(count));
    subscription.flush();
  };
  const bodies = (): readonly string[] => receiver.received.map(({ body }) => body);
  /** Sockets are real: looks again whenever they had a turn. */
  const until = async (state: DeliveryReport['state'], attempts: number): Promise<void> => {
    for (;;) {
      if (subscription.report().deliveries.every((each) => each.state === state && each.attempts === attempts)) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  beforeEach(async () => {
    clock = new HandDrivenClock();
    receiver = new WebhookReceiver();
    await receiver.open();
  });
  afterEach(async () => {
    subscription.close();
    await receiver.close();
  });

  it('carries no more events in a delivery than the service does', async () => {
    subscribe();

    tell(1, 2, 3);
    await until('delivered', 1);

    expect([...bodies()].sort()).to.deep.equal(['[1,2]', '[3]']);
    expect(subscription.report().deliveries.map(({ id, events }) => [id, events.length])).to.deep.equal([
      [1, 2],
      [2, 1],
    ]);
  });

  it("keeps to the service's pauses, which shrink with its time, and gives up after the last", async () => {
    subscribe({}, 10);
    receiver.answer = (response) => response.writeHead(503).end();

    tell(1);
    await until('repeating', 1);
    clock.advance(499);
    const early = receiver.received.length;
    clock.advance(1);
    await until('repeating', 2);
    clock.advance(6000);
    await until('given_up', 3);

    expect([early, receiver.received.length, clock.pending]).to.deep.equal([1, 3, 0]);
  });

  it('ends at a 410 where the service heeds it, and only there', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    subscribe({ heedsReceiver: true });
    tell(1);
    await until('given_up', 1);
    subscribe();
    tell(1);

    await until('repeating', 1);

    expect(subscription.report().deliveries[0]?.outcome).to.deep.equal({ status: 410 });
  });

  it('waits as long as the receiver asks, where the service heeds it', async () => {
    subscribe({ heedsReceiver: true });
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': '20' }).end();
    tell(1);
    await until('repeating', 1);
    receiver.answer = (response) => response.end();

    clock.advance(19_999);
    const early = receiver.received.length;
    clock.advance(1);
    await until('delivered', 2);

    expect(early).to.equal(1);
  });

  it('repeats after a refused connection, and says so', async () => {
    subscribe();
    await receiver.close();
    tell(1);

    await until('repeating', 1);

    expect(subscription.report().deliveries[0]?.outcome).to.deep.equal({ failure: 'ECONNREFUSED' });
    receiver = new WebhookReceiver();
    await receiver.open();
  });

  it('has ten under way at most, and drops and counts what comes when a thousand are unfinished', async () => {
    subscribe({ maxEvents: 1 });
    receiver.answer = () => undefined;

    tell(...Array.from({ length: 1005 }, (_, count) => count));
    await receiver.until(10);

    const { deliveries, dropped } = subscription.report();
    expect([receiver.received.length, deliveries.length, dropped]).to.deep.equal([10, 1000, 5]);
  });

  it('leaves no socket and no timer when it is closed', async () => {
    subscribe({ maxEvents: 1 });
    receiver.answer = () => undefined;
    tell(1, 2);
    await receiver.until(2);

    subscription.close();
    await clock.untilPending(0);

    expect(subscription.report().deliveries.map(({ state }) => state)).to.deep.equal(['given_up', 'given_up']);
  });
});
