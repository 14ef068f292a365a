/**
 * How the simulated SendGrid tells what became of mail: the event webhook, signed with a key of its own.
 */
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { minutes, seconds } from '../../src/time/clock.ts';
import type { SimulatedEvent, WebhookSender, WebhookStyle } from '../simulation/simulatedWebhooks.ts';

export interface MailEventDetails {
  readonly email: string;
  readonly messageId: string;
  /** ms. */
  readonly at: number;
  /** The sender's own, which come back beside the rest. */
  readonly customArgs: Readonly<Record<string, unknown>>;
  /** Absent for mail that is delivered. */
  readonly dropReason: string | undefined;
}

const mailEvent = (
  event: string,
  { email, messageId, at, customArgs }: MailEventDetails,
  more: Readonly<Record<string, unknown>>,
): SimulatedEvent => {
  const told = { email, timestamp: Math.floor(at / 1000), event, sg_message_id: messageId };
  const id = createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 22);
  return { type: event, body: { ...customArgs, ...told, sg_event_id: id, ...more } };
};

/** What becomes of one mail to one address. */
export const mailEvents = (details: MailEventDetails): readonly SimulatedEvent[] => {
  const { dropReason: reason } = details;
  if (reason !== undefined) return [mailEvent('dropped', details, { reason })];
  return ['processed', 'delivered'].map((event) => mailEvent(event, details, {}));
};

const createSender = (): WebhookSender => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    compose: (events, { wallTime }) => {
      const body = JSON.stringify(events.map((event) => event.body));
      const timestamp = String(Math.floor(wallTime / 1000));
      const headers = {
        'content-type': 'application/json',
        'x-twilio-email-event-webhook-signature': createSign('sha256')
          .update(timestamp + body)
          .sign(privateKey, 'base64'),
        'x-twilio-email-event-webhook-timestamp': timestamp,
      };
      return { body, headers };
    },
  };
};

/** Repeated at growing intervals for 24 hours, as documented; the intervals are not. */
const repeatAfterMs = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map(minutes);

export const sendgridWebhooks: WebhookStyle = {
  events: ['processed', 'delivered', 'dropped'],
  maxEvents: 1_000,
  // How long it waits is not known.
  timeoutMs: seconds(10),
  repeatAfterMs,
  secret: 'none',
  createSender,
};
