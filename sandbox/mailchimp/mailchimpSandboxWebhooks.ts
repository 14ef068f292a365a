/**
 * How the simulated Mailchimp tells of members: one form a delivery, signed only for who gives a secret. Older hooks have
 * theirs in the address.
 */
import { minutes, seconds } from '../../src/time/clock.ts';
import type { SimulatedEvent, WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import { stampedSignature } from '../simulation/stampedSignature.ts';
import type { MemberStatus, SimulatedList, SimulatedMember } from './mailchimpSandboxSeeds.ts';

const typeOf = (before: MemberStatus | undefined, after: MemberStatus): string | undefined => {
  if (before === after) return 'profile';
  if (after === 'subscribed') return 'subscribe';
  if (after === 'cleaned') return 'cleaned';
  const hasLeft = before === 'subscribed' && (after === 'unsubscribed' || after === 'archived');
  return hasLeft ? 'unsubscribe' : undefined;
};

const details = (type: string, status: MemberStatus): Readonly<Record<string, string>> => {
  if (type === 'unsubscribe') return { action: status === 'archived' ? 'delete' : 'unsub', reason: 'manual' };
  return type === 'cleaned' ? { reason: 'hard' } : {};
};

/** `undefined` for changes that Mailchimp keeps to itself, such as a pending member. */
export const memberEvent = (
  list: SimulatedList,
  member: SimulatedMember,
  before: MemberStatus | undefined,
  now: number,
): SimulatedEvent | undefined => {
  const type = typeOf(before, member.status);
  if (type === undefined) return undefined;
  const merges = { EMAIL: member.email_address, ...member.mergeFields };
  const data = {
    ...details(type, member.status),
    id: member.id,
    list_id: list.id,
    email: member.email_address,
    email_type: 'html',
    merges,
  };
  return { type, body: { type, fired_at: new Date(now).toISOString().slice(0, 19).replace('T', ' '), data } };
};

/** As forms nest: `data[merges][FNAME]`. */
const pairs = (name: string, value: unknown): readonly (readonly [string, string])[] => {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => pairs(name === '' ? key : `${name}[${key}]`, inner));
  }
  if (value === null || value === undefined) return [[name, '']];
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
};

/** Repeated for about 75 minutes, as documented; how often is not. */
const repeatAfterMs = [5, 10, 20, 40].map(minutes);

export const mailchimpWebhooks: WebhookStyle = {
  events: ['subscribe', 'unsubscribe', 'profile', 'cleaned'],
  maxEvents: 1,
  timeoutMs: seconds(10),
  repeatAfterMs,
  secret: 'optional',
  createSender: (secret) => ({
    compose: ([event], { wallTime }) => {
      const body = new URLSearchParams(pairs('', event?.body).map(([name, value]): [string, string] => [name, value])).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return {
        body,
        headers: secret === undefined ? headers : { ...headers, 'x-mailchimp-signature': stampedSignature(secret, body, wallTime) },
      };
    },
  }),
};
