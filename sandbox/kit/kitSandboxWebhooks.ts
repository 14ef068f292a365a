/**
 * How the simulated Kit tells of its subscribers, in the form of 2026: https://developers.kit.com/webhooks/delivery-format
 */
import { createHash } from 'node:crypto';
import { minutes, seconds } from '../../src/time/clock.ts';
import type { SimulatedEvent, WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import { stampedSignature } from '../simulation/stampedSignature.ts';
import type { SimulatedSubscriber } from './kitSandboxSeeds.ts';

/** What an addition to a collection is called. */
export const ADDED = {
  tags: 'subscriber.tag_added',
  forms: 'subscriber.subscribed_to_form',
  sequences: 'subscriber.added_to_sequence',
} as const;

/** What happened to a subscriber between two writes. */
export const changesOf = (before: SimulatedSubscriber | undefined, after: SimulatedSubscriber): readonly string[] => {
  const isActivated = after.state === 'active' && before?.state !== 'active';
  const isCancelled = after.state === 'cancelled' && before !== undefined && before.state !== 'cancelled';
  return [
    ...(before === undefined ? ['subscriber.created'] : []),
    ...(isActivated ? ['subscriber.activated'] : []),
    ...(isCancelled ? ['subscriber.unsubscribed'] : []),
  ];
};

/** In the form of a UUID; the same in every try: receivers tell doubles by it. */
const idOf = (deliveryId: number, index: number, { body }: SimulatedEvent): string => {
  const hex = createHash('md5')
    .update(`${String(deliveryId)} ${String(index)} ${JSON.stringify(body)}`)
    .digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
};

export const kitWebhooks: WebhookStyle = {
  events: [
    'subscriber.created',
    'subscriber.activated',
    'subscriber.unsubscribed',
    'subscriber.tag_added',
    'subscriber.tag_removed',
    'subscriber.subscribed_to_form',
    'subscriber.added_to_sequence',
  ],
  maxEvents: 100,
  // How long it waits is not known.
  timeoutMs: seconds(10),
  repeatAfterMs: [seconds(30), minutes(2), minutes(15), minutes(60), minutes(240), minutes(720), minutes(1440)],
  heedsReceiver: true,
  secret: 'needed',
  createSender: (secret = '') => ({
    compose: (events, { id, wallTime }) => {
      const body = JSON.stringify({
        delivery_id: id,
        events: events.map((event, index) => ({ id: idOf(id, index, event), ...event.body })),
      });
      const headers = {
        'content-type': 'application/json',
        'x-kit-delivery': String(id),
        'x-kit-signature': stampedSignature(secret, body, wallTime),
      };
      return { body, headers };
    },
  }),
};
