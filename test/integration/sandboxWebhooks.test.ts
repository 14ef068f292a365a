import { createHmac, createPublicKey, verify } from 'node:crypto';
import { expect } from 'chai';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { simulators } from '../../sandbox/simulators.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { plainHttp, type PlainResponse } from '../support/plainHttp.ts';
import { WebhookReceiver, type ReceivedDelivery } from '../support/webhookReceiver.ts';

type Name = keyof typeof serviceRegistry;
type Fields = Record<string, unknown>;

const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text);

/** The documented check of Kit and Mailchimp: `t=…,v1=hex(HMAC-SHA256("{t}.{body}"))`. */
const isStamped = (header: unknown, secret: string, body: string): boolean => {
  const [, stamp = '', digest = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/u.exec(String(header)) ?? [];
  return digest === hmac(secret, `${stamp}.${body}`).digest('hex');
};

describe('sandbox webhooks', () => {
  let clock: HandDrivenClock;
  let sandbox: Sandbox;
  let receiver: WebhookReceiver;

  const root = (): string => `http://127.0.0.1:${String(sandbox.port)}`;
  const subscribe = async (name: Name, wanted: Fields = {}): Promise<Fields> => {
    const body = { url: `${receiver.origin}/hook?from=${name}`, ...wanted };
    const { status, text } = await plainHttp(`${root()}/_webhooks/${name}`, { method: 'PUT', body });
    expect(status, text).to.equal(200);
    return JSON.parse(text) as Fields;
  };
  const ask = async (name: Name, method: string, path: string, body?: unknown): Promise<PlainResponse> => {
    const { authenticate, sandboxSecret } = serviceRegistry[name];
    const answer = await plainHttp(`${sandbox.url(name)}${path}`, {
      method,
      headers: { ...authenticate(sandboxSecret), 'content-type': 'application/json' },
      body,
    });
    expect(answer.status, answer.text).to.be.below(300);
    return answer;
  };
  const only = async (): Promise<ReceivedDelivery> => (await receiver.until(1))[0] as ReceivedDelivery;
  const report = async (name: Name): Promise<{ readonly deliveries: readonly Fields[] }> =>
    (JSON.parse((await plainHttp(`${root()}/_webhooks`)).text) as Record<string, unknown>)[name] as { deliveries: Fields[] };
  /** Asks until a delivery is as wanted, or for ever, which mocha ends. */
  const untilReported = async (name: Name, state: string, attempts: number): Promise<Fields> => {
    for (;;) {
      const [delivery] = (await report(name)).deliveries;
      if (delivery?.['state'] === state && delivery['attempts'] === attempts) return delivery;
    }
  };

  beforeEach(async () => {
    clock = new HandDrivenClock();
    receiver = new WebhookReceiver();
    await receiver.open();
    sandbox = await startSandbox({ simulators, port: 0, seed: 1, clock, log: () => undefined });
  });
  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  it("sign HubSpot's by version 3 over method, address, body and time", async () => {
    const { secret } = await subscribe('hubspot');
    await ask('hubspot', 'POST', '/crm/objects/2026-03/contacts', { properties: { email: 'grace@example.com' } });

    const { method, url, headers, body } = await only();

    const timestamp = String(headers['x-hubspot-request-timestamp']);
    const signed = `${method}${receiver.origin}${url}${body}${timestamp}`;
    expect(headers['x-hubspot-signature-v3']).to.equal(hmac(String(secret), signed).digest('base64'));
    expect(Number(timestamp)).to.equal(clock.wallTime());
    const [event] = JSON.parse(body) as Fields[];
    expect(event).to.include({ subscriptionType: 'contact.creation', portalId: 123456, attemptNumber: 0, occurredAt: clock.wallTime() });
  });

  it('tell of each property that changed in HubSpot, and only of events asked for', async () => {
    const created = await ask('hubspot', 'POST', '/crm/objects/2026-03/contacts', {
      properties: { email: 'grace@example.com', firstname: 'Grace' },
    });
    const { id } = JSON.parse(created.text) as { id: string };
    await subscribe('hubspot', { events: ['contact.propertyChange'], secret: 'of mine' });
    await ask('hubspot', 'POST', '/crm/objects/2026-03/companies', { properties: { name: 'Untold' } });
    await ask('hubspot', 'PATCH', `/crm/objects/2026-03/contacts/${id}`, {
      properties: { firstname: 'Grace', lastname: 'Hopper', city: 'NYC' },
    });

    const events = JSON.parse((await only()).body) as Fields[];

    expect(events.map(({ propertyName, propertyValue }) => [propertyName, propertyValue])).to.deep.equal([
      ['lastname', 'Hopper'],
      ['city', 'NYC'],
    ]);
    expect(events.map(({ objectId }) => objectId)).to.deep.equal([Number(id), Number(id)]);
  });

  it("sign Kit's with a stamped digest, and tell each event with its data", async () => {
    const { secret } = await subscribe('kit');
    await ask('kit', 'POST', '/v4/subscribers', { email_address: 'grace@example.com' });

    const { headers, body } = await only();

    expect(isStamped(headers['x-kit-signature'], String(secret), body)).to.equal(true);
    const { delivery_id: id, events } = JSON.parse(body) as { delivery_id: number; events: { type: string; data: Fields }[] };
    expect(headers['x-kit-delivery']).to.equal(String(id));
    expect(events.map(({ type }) => type)).to.deep.equal(['subscriber.created', 'subscriber.activated']);
    expect(events[0]?.data).to.have.nested.property('subscriber.email_address', 'grace@example.com');
  });

  it("send Mailchimp's as a form, unsigned without a secret, and say nothing of the secret in the address", async () => {
    await subscribe('mailchimp', { url: `${receiver.origin}/hook?secret=in-the-address` });
    await ask('mailchimp', 'PUT', '/lists/16ed227135/members/grace%40example.com', {
      email_address: 'grace@example.com',
      status_if_new: 'subscribed',
      merge_fields: { FNAME: 'Grace' },
    });

    const { url, headers, body } = await only();

    expect(url).to.equal('/hook?secret=in-the-address');
    expect(headers).to.include({ 'content-type': 'application/x-www-form-urlencoded' }).and.not.have.property('x-mailchimp-signature');
    const form = Object.fromEntries(new URLSearchParams(body));
    expect(form).to.include({
      type: 'subscribe',
      'data[email]': 'grace@example.com',
      'data[merges][FNAME]': 'Grace',
      'data[list_id]': '16ed227135',
    });
    expect((await plainHttp(`${root()}/_webhooks`)).text).not.to.include('in-the-address');
  });

  it("sign Mailchimp's for whoever gives a secret", async () => {
    await subscribe('mailchimp', { secret: 'shown once' });
    await ask('mailchimp', 'PUT', '/lists/16ed227135/members/grace%40example.com', {
      email_address: 'grace@example.com',
      status_if_new: 'subscribed',
    });

    const { headers, body } = await only();

    expect(isStamped(headers['x-mailchimp-signature'], 'shown once', body)).to.equal(true);
  });

  it("put Lemlist's secret inside the body", async () => {
    await subscribe('lemlist', { secret: 'of mine' });
    await ask('lemlist', 'POST', '/v2/unsubscribes/variables/gone%40example.com');

    const { headers, body } = await only();

    expect(JSON.parse(body)).to.include({ type: 'emailsUnsubscribed', leadEmail: 'gone@example.com', secret: 'of mine' });
    expect(Object.keys(headers).filter((name) => name.includes('signature'))).to.deep.equal([]);
  });

  it('tell of work that was put off when it is done, without any further request', async () => {
    await subscribe('mailchimp');
    const operation = {
      method: 'POST',
      path: '/lists/16ed227135/members',
      body: '{"email_address":"later@example.com","status":"subscribed"}',
    };
    await ask('mailchimp', 'POST', '/batches', { operations: [operation] });
    // Its check may be under way already: time passes until there is something to tell.
    for (let quarter = 0; quarter < 10; quarter += 1) {
      await clock.untilPending(1);
      if (receiver.received.length === 0) clock.advance(250);
    }

    const { body } = await only();

    expect(Object.fromEntries(new URLSearchParams(body))).to.include({ type: 'subscribe', 'data[email]': 'later@example.com' });
  });

  it('repeat what was not taken, signed anew, and say what became of each try', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { secret } = await subscribe('kit');
    await ask('kit', 'POST', '/v4/subscribers', { email_address: 'grace@example.com' });
    await untilReported('kit', 'repeating', 1);
    receiver.answer = (response) => response.end();

    clock.advance(30_000);
    const delivery = await untilReported('kit', 'delivered', 2);

    const [first, second] = receiver.received as [ReceivedDelivery, ReceivedDelivery];
    expect(delivery).to.deep.include({ events: ['subscriber.created', 'subscriber.activated'], outcome: { status: 200 } });
    expect(second.body).to.equal(first.body);
    expect(second.headers['x-kit-signature']).not.to.equal(first.headers['x-kit-signature']);
    expect(isStamped(second.headers['x-kit-signature'], String(secret), second.body)).to.equal(true);
  });

  it('wait for a receiver as long as the service would', async () => {
    receiver.answer = () => undefined;
    await subscribe('hubspot');
    await ask('hubspot', 'POST', '/crm/objects/2026-03/contacts', { properties: { email: 'grace@example.com' } });
    await only();

    clock.advance(5000);

    expect(await untilReported('hubspot', 'repeating', 1)).to.deep.include({ outcome: { failure: 'timeout' } });
  });

  it('are not sent to other machines, nor for what does not exist', async () => {
    const put = async (name: string, body: unknown): Promise<readonly [number, string]> => {
      const { status, text } = await plainHttp(`${root()}/_webhooks/${name}`, { method: 'PUT', body });
      return [status, text];
    };

    const answers = [
      await put('kit', { url: 'http://example.com/hook' }),
      await put('kit', { url: 'http://127.0.0.1.example.com/hook' }),
      await put('kit', { url: 'file:///etc/passwd' }),
      await put('kit', { url: receiver.origin, events: ['subscriber.sneezed'] }),
      await put('kit', { url: receiver.origin, secret: '' }),
      await put('kit', '{'),
      await put('nobody', { url: receiver.origin }),
      await put('explorium', { url: receiver.origin }),
    ];

    expect(answers.map(([status]) => status)).to.deep.equal([400, 400, 400, 400, 400, 400, 404, 409]);
    expect(answers[0]?.[1]).to.match(
      /body\.url must be an http\(s\) address on this machine, or on a host that SANDBOX_WEBHOOK_HOSTS names/u,
    );
  });

  it('go to a host that the settings name', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ simulators, port: 0, seed: 1, clock, log: () => undefined, webhookHosts: ['hooks.example'] });

    const { status } = await plainHttp(`${root()}/_webhooks/kit`, { method: 'PUT', body: { url: 'https://hooks.example/x' } });

    expect(status).to.equal(200);
  });

  it('end with the subscription, with a reset and with the sandbox', async () => {
    const { secret } = await subscribe('kit');
    await plainHttp(`${root()}/_webhooks/kit`, { method: 'DELETE' });
    await ask('kit', 'POST', '/v4/tags', { name: 'untold' });
    await subscribe('hubspot');
    await plainHttp(`${root()}/_reset`, { method: 'POST' });
    await ask('hubspot', 'POST', '/crm/objects/2026-03/contacts', { properties: { email: 'grace@example.com' } });

    const { text } = await plainHttp(`${root()}/_webhooks`);

    expect(Object.values(JSON.parse(text) as Record<string, Fields | null>).map((each) => each?.['target'] ?? null)).to.satisfy(
      (targets: unknown[]) => targets.every((target) => target === null),
    );
    expect(text).not.to.include(secret);
    expect(receiver.received).to.have.length(0);
    expect(clock.pending).to.equal(0);
  });

  it("sign SendGrid's with a key that everybody may know", async () => {
    const { publicKey } = await subscribe('sendgrid');
    const mail = {
      personalizations: [{ to: [{ email: 'grace@example.com' }] }],
      from: { email: 'sales@example.com' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'Hello' }],
      custom_args: { our_id: '42' },
    };
    await ask('sendgrid', 'POST', '/v3/mail/send', mail);

    const { headers, body } = await only();

    const key = createPublicKey({ key: Buffer.from(String(publicKey), 'base64'), format: 'der', type: 'spki' });
    const signature = Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64');
    const signed = String(headers['x-twilio-email-event-webhook-timestamp']) + body;
    expect(verify('sha256', Buffer.from(signed), key, signature)).to.equal(true);
    expect(verify('sha256', Buffer.from(`${signed} `), key, signature)).to.equal(false);
    expect((JSON.parse(body) as Fields[]).map(({ event, our_id: id }) => [event, id])).to.deep.equal([
      ['processed', '42'],
      ['delivered', '42'],
    ]);
  });
});
