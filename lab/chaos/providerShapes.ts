/**
 * HubSpot and Lemlist as far as the writes of a run go: what each request does, and how it is answered.
 */
import type { Ledger } from './ledger.ts';
import type { Provider } from './plan.ts';

export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A request that was understood. */
export interface Deed {
  /** Of the write; absent for reads. */
  readonly marker: string | undefined;
  /** Does it; the answer tells how that went. */
  readonly perform: () => ProviderAnswer;
}

export type Shape = (request: ProviderRequest) => Deed;

const read = (body: unknown): Deed => ({ marker: undefined, perform: () => ({ status: 200, body }) });
const unknownPath: Deed = { marker: undefined, perform: () => ({ status: 404, body: {} }) };

const textIn = (value: unknown, field: string): string => {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  return typeof text === 'string' ? text : '';
};

/** A contact whose properties HubSpot does not know. */
export const POISON = 'no_such_property';

interface Contact {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Contacts are known by their email, deals by nothing. */
const hubspot = (ledger: Ledger): Shape => {
  const contacts = new Map<string, Contact>();
  let lastId = 100;
  const nextId = (): string => String((lastId += 1));
  const keep = (email: string, { id, properties }: Contact): ProviderAnswer => {
    ledger.commit(textIn(properties, 'firstname'));
    contacts.set(email, { id, properties });
    return { status: 200, body: { id, properties } };
  };
  const invalid: ProviderAnswer = { status: 400, body: { status: 'error', category: 'VALIDATION_ERROR', message: 'unknown property' } };
  const notFound: ProviderAnswer = { status: 404, body: { status: 'error', category: 'OBJECT_NOT_FOUND' } };
  const update = (email: string, properties: Contact['properties']): ProviderAnswer => {
    if (POISON in properties) return invalid;
    const known = contacts.get(email);
    return known === undefined ? notFound : keep(email, { id: known.id, properties: { ...known.properties, ...properties } });
  };
  const create = (properties: Contact['properties']): ProviderAnswer => {
    const email = textIn(properties, 'email');
    const known = contacts.get(email);
    if (known === undefined) return { ...keep(email, { id: nextId(), properties }), status: 201 };
    return { status: 409, body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${known.id}` } };
  };
  const deal = (properties: Contact['properties']): ProviderAnswer => {
    ledger.commit(textIn(properties, 'dealname'));
    return { status: 201, body: { id: nextId(), properties } };
  };
  return ({ method, path, body }) => {
    if (method === 'GET') return read({ portalId: 1 });
    const properties = (body['properties'] ?? {}) as Contact['properties'];
    const marker = textIn(properties, 'dealname') || textIn(properties, 'firstname');
    const [, type, id] = /\/objects\/[^/]+\/(contacts|deals)(?:\/([^/]+))?$/u.exec(path) ?? [];
    if (type === 'deals') return { marker, perform: () => deal(properties) };
    if (type !== 'contacts') return unknownPath;
    if (id === undefined) return { marker, perform: () => create(properties) };
    const email = id.includes('@') ? id : [...contacts].find(([, contact]) => contact.id === id)?.[0];
    return { marker, perform: () => update(email ?? '', properties) };
  };
};

export const leadMarker = (email: string): string => `lead ${email}`;
export const unsubscribeMarker = (email: string): string => `unsubscribe ${email}`;

/** A lead is known by its email, and refused the second time; unsubscribing twice is unsubscribing. */
const lemlist = (ledger: Ledger): Shape => {
  const leads = new Set<string>();
  const add = (email: string, campaignId: string): ProviderAnswer => {
    if (leads.has(email)) {
      ledger.refuseDouble(leadMarker(email));
      return { status: 400, body: 'Lead already in the campaign' };
    }
    leads.add(email);
    ledger.commit(leadMarker(email));
    return { status: 200, body: { _id: `lea_${String(leads.size)}`, campaignId, email } };
  };
  const unsubscribe = (value: string): ProviderAnswer => {
    ledger.commit(unsubscribeMarker(value));
    return { status: 200, body: { _id: 'uns_1', value } };
  };
  return ({ method, path, body }) => {
    if (method === 'GET') return read({ _id: 'tea_1', name: 'chaos' });
    const email = textIn(body, 'email');
    const campaignId = /^\/campaigns\/([^/]+)\/leads\/?$/u.exec(path)?.[1];
    if (campaignId !== undefined) return { marker: leadMarker(email), perform: () => add(email, campaignId) };
    const value = /^\/v2\/unsubscribes\/variables\/([^/]+)$/u.exec(path)?.[1];
    return value === undefined ? unknownPath : { marker: unsubscribeMarker(value), perform: () => unsubscribe(value) };
  };
};

export const shapes: Readonly<Record<Provider, (ledger: Ledger) => Shape>> = { hubspot, lemlist };
