/**
 * How the simulated Lemlist tells of activities. Nothing is signed: a secret, if there is one, comes inside the body.
 */
import { seconds } from '../../src/time/clock.ts';
import type { WebhookStyle } from '../simulation/simulatedWebhooks.ts';

export const lemlistWebhooks: WebhookStyle = {
  events: ['emailsUnsubscribed', 'paused', 'resumed'],
  maxEvents: 1,
  // How long it waits, and whether it repeats, is not documented: it doesn't here.
  timeoutMs: seconds(10),
  repeatAfterMs: [],
  secret: 'optional',
  createSender: (secret) => ({
    compose: ([event]) => ({
      body: JSON.stringify({ ...event?.body, ...(secret === undefined ? {} : { secret }) }),
      headers: { 'content-type': 'application/json' },
    }),
  }),
};
