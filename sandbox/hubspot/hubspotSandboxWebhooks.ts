/**
 * How the simulated HubSpot tells of new and changed records. Associations are not told of.
 */
import { createHash, createHmac } from 'node:crypto';
import { minutes, seconds } from '../../src/time/clock.ts';
import type { DeliveryMoment, SimulatedEvent, WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import { PORTAL_ID } from './hubspotSandboxErrors.ts';
import { objectTypes, type ObjectType, type PropertyValues } from './hubspotSandboxObjects.ts';

/** A record, as far as events tell of it. */
interface ToldRecord {
  readonly id: string;
  readonly type: ObjectType;
  readonly updatedAt: number;
  readonly properties: PropertyValues;
}

const events = objectTypes.flatMap(({ singular }) => [`${singular}.creation`, `${singular}.propertyChange`]);

const APP_ID = 54_321;
const FIRST_SUBSCRIPTION_ID = 1_000;

const event = (record: ToldRecord, kind: string, details: Readonly<Record<string, unknown>>): SimulatedEvent => {
  const type = `${record.type.singular}.${kind}`;
  const told = {
    subscriptionId: FIRST_SUBSCRIPTION_ID + events.indexOf(type),
    portalId: PORTAL_ID,
    appId: APP_ID,
    occurredAt: record.updatedAt,
    subscriptionType: type,
    objectId: Number(record.id),
    changeSource: 'INTEGRATION',
    ...details,
  };
  // The same in every try: receivers tell doubles by it.
  const eventId = Number.parseInt(createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 8), 16);
  return { type, body: { eventId, ...told } };
};

export const creation = (record: ToldRecord): SimulatedEvent => event(record, 'creation', { changeFlag: 'CREATED' });

/** One event a property whose value is another now. */
export const changes = (before: ToldRecord, after: ToldRecord): readonly SimulatedEvent[] =>
  Object.entries(after.properties)
    .filter(([name, value]) => before.properties[name] !== value)
    .map(([propertyName, propertyValue]) => event(after, 'propertyChange', { propertyName, propertyValue }));

/** Version 3; `uri` is the whole address. */
const signature = (secret: string, body: string, { url, wallTime }: DeliveryMoment): string =>
  createHmac('sha256', secret)
    .update(`POST${url}${body}${String(wallTime)}`)
    .digest('base64');

/** Ten repeats within 24 hours, as documented; how they are spread is not. */
const repeatAfterMs = [1, 2, 4, 8, 16, 30, 60, 120, 240, 480].map(minutes);

export const hubspotWebhooks: WebhookStyle = {
  events,
  maxEvents: 100,
  timeoutMs: seconds(5),
  repeatAfterMs,
  secret: 'needed',
  createSender: (secret = '') => ({
    compose: (told, moment) => {
      const body = JSON.stringify(told.map((each) => ({ ...each.body, attemptNumber: moment.attempt })));
      const headers = {
        'content-type': 'application/json',
        'x-hubspot-signature-v3': signature(secret, body, moment),
        'x-hubspot-request-timestamp': String(moment.wallTime),
      };
      return { body, headers };
    },
  }),
};
