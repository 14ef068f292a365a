/**
 * The simulated HubSpot account: its types, records with an index that lags behind, associations and limits, and the events
 * it tells of: new and changed records, not associations.
 */
import { DAY_MS, minutes, seconds } from '../../src/time/clock.ts';
import { digest, mapBy, seedsIn } from '../simulation/fields.ts';
import { RateWindow } from '../simulation/rateWindow.ts';
import type { SandboxAnswer, SimulatorParts } from '../simulation/simulator.ts';
import type { WebhookStyle } from '../simulation/webhooks.ts';

export const PORTAL_ID = 123456;
const APP_ID = 54_321;
const FIRST_SUBSCRIPTION_ID = 1_000;
const FIRST_NEW_ID = 734_931_100_000;
const SEEDED_AT = Date.UTC(2026, 0, 15, 9, 30);
/** New and changed records show in searches this late. */
export const INDEX_LAG_MS = seconds(2);

export type PropertyValues = Readonly<Record<string, string>>;

export interface ObjectType {
  readonly plural: string;
  readonly singular: string;
  /** HubSpot's number for the type; it stands in paths as well. */
  readonly typeId: string;
  /** Properties that may be written; any other does not exist. */
  readonly writable: readonly string[];
  /** Properties whose values must be whole numbers. */
  readonly integers: readonly string[];
  /** What a read answers unless told otherwise. */
  readonly standard: readonly string[];
  /** What the time of the last change is called. */
  readonly modified: string;
  /** Sets of which a new record needs one whole. */
  readonly required: readonly (readonly string[])[];
  /** Set on a new record unless given. */
  readonly defaults: PropertyValues;
}

interface Seeds {
  readonly types: readonly ObjectType[];
  readonly records: readonly { readonly type: string; readonly id: string; readonly properties: PropertyValues }[];
  /** Records that were merged into others: one read finds the other, a batch leaves them out without a word. */
  readonly merges: Readonly<Record<string, string>>;
  /** By two kinds of record, such as `deals/contacts`. */
  readonly defaultAssociationTypes: Readonly<Record<string, number>>;
  readonly primaryAssociationTypes: Readonly<Record<string, number>>;
  /** Labels that a person gave to types of their own. */
  readonly associationLabels: Readonly<Record<number, string>>;
  readonly associations: readonly { readonly from: string; readonly to: string; readonly typeId: number }[];
  readonly accountDetails: unknown;
  /** Word for word where HubSpot's words are known. */
  readonly refusals: Readonly<Record<RefusalName, SandboxAnswer>>;
}

type RefusalName =
  | ('unauthenticated' | 'missingScopes' | 'objectNotFound' | 'resourceNotFound' | 'methodNotAllowed')
  | ('badJson' | 'conflict' | 'locked' | 'migrating');

export const seeds = seedsIn('./hubspotSeeds.json', import.meta.url)() as Seeds;

/** The type by the name or number that stands in a path. */
export const objectTypeNamed = (name: string): ObjectType | undefined =>
  seeds.types.find(({ plural, typeId }) => plural === name || typeId === name);

export interface StoredRecord {
  readonly id: string;
  readonly type: ObjectType;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: PropertyValues;
}

export interface Link {
  readonly toId: string;
  readonly typeIds: readonly number[];
}

interface Entry {
  current: StoredRecord;
  /** As searches see it; absent until it has been indexed once. */
  indexed: StoredRecord | undefined;
  /** When the index takes over the current state; absent when it has it. */
  indexDueAt: number | undefined;
}

/** What HubSpot writes itself on every record. */
export const systemValues = ({ id, type, createdAt, updatedAt }: StoredRecord): PropertyValues => ({
  createdate: new Date(createdAt).toISOString(),
  hs_object_id: id,
  [type.modified]: new Date(updatedAt).toISOString(),
});

/** The two kinds of record that a type of association is between, such as `['deals', 'contacts']`. */
const kindsOf = (typeId: number): readonly string[] => {
  const all = [...Object.entries(seeds.primaryAssociationTypes), ...Object.entries(seeds.defaultAssociationTypes)];
  return all.find(([, known]) => known === typeId)?.[0].split('/') ?? [];
};

/** The type that the same association has from the other end. */
const inverseOf = (typeId: number): number => {
  const [from, to] = kindsOf(typeId);
  const table = Object.values(seeds.primaryAssociationTypes).includes(typeId)
    ? seeds.primaryAssociationTypes
    : seeds.defaultAssociationTypes;
  return table[`${to ?? ''}/${from ?? ''}`] ?? typeId;
};

/** Whether a record of this type can be associated by it. Labels of people's own fit any. */
export const isAssociationType = (from: ObjectType, typeId: number): boolean =>
  typeId in seeds.associationLabels || kindsOf(typeId)[0] === from.plural;

const keyOf = ({ plural }: ObjectType, id: string): string => `${plural}/${id}`;

export type RefusedBy = 'daily' | 'ten_secondly_rolling' | 'secondly';
export type Condition = 'ten_second_limit' | 'search_limit' | 'migrating' | 'cloudflare_502' | 'missing_scopes';

export class HubspotAccount {
  readonly parts: SimulatorParts;
  /** The limits of a private app on the Free tier; the one of a second is told, and not enforced. */
  readonly burst = new RateWindow({ limit: 100, lengthMs: seconds(10), kind: 'rolling' });
  readonly second = new RateWindow({ limit: 10, lengthMs: seconds(1), kind: 'rolling' });
  readonly searches = new RateWindow({ limit: 5, lengthMs: seconds(1), kind: 'rolling' });
  /** The simulated account lives by UTC: its day ends at midnight there. */
  readonly day = new RateWindow({ limit: 250_000, lengthMs: DAY_MS, kind: 'aligned' });
  condition: Condition | undefined;
  lockedUntil = 0;
  readonly #entries = new Map<string, Map<string, Entry>>(seeds.types.map(({ plural }) => [plural, new Map()]));
  readonly #links = new Map<string, Map<string, Set<number>>>();
  #nextId = FIRST_NEW_ID;

  constructor(parts: SimulatorParts) {
    this.parts = parts;
    const types = mapBy(seeds.types, 'plural');
    for (const { type: name, id, properties } of seeds.records) {
      const type = types.get(name);
      if (type === undefined) throw new Error(`there is no object type "${name}"`);
      const current = { id, type, createdAt: SEEDED_AT, updatedAt: SEEDED_AT, properties };
      this.#of(type).set(id, { current, indexed: current, indexDueAt: undefined });
    }
    for (const { from, to, typeId } of seeds.associations) this.#link(from, to, typeId);
  }

  /** Of records that were merged into one, all ids find it. */
  find(type: ObjectType, id: string): StoredRecord | undefined {
    return this.#of(type).get(this.mergedInto(type, id) ?? id)?.current;
  }

  /** The record into which this one was merged, if it was. */
  mergedInto(type: ObjectType, id: string): string | undefined {
    return seeds.merges[keyOf(type, id)];
  }

  findBy(type: ObjectType, property: string, value: string): StoredRecord | undefined {
    const wanted = value.toLowerCase();
    return this.all(type).find((record) => record.properties[property]?.toLowerCase() === wanted);
  }

  /** In the order of their ids. */
  all(type: ObjectType): readonly StoredRecord[] {
    return [...this.#of(type).values()].map(({ current }) => current).sort((one, other) => Number(one.id) - Number(other.id));
  }

  /** As searches see them. */
  indexed(type: ObjectType): readonly StoredRecord[] {
    return [...this.#of(type).values()].flatMap((entry) => this.#brought(entry).indexed ?? []);
  }

  create(type: ObjectType, properties: PropertyValues): StoredRecord {
    this.#nextId += 1;
    const now = this.parts.now();
    const current = { id: String(this.#nextId), type, createdAt: now, updatedAt: now, properties: { ...type.defaults, ...properties } };
    this.#of(type).set(current.id, { current, indexed: undefined, indexDueAt: now + INDEX_LAG_MS });
    this.#tell(current, 'creation', { changeFlag: 'CREATED' });
    return current;
  }

  update(record: StoredRecord, properties: PropertyValues): StoredRecord {
    const now = this.parts.now();
    const current = { ...record, updatedAt: now, properties: { ...record.properties, ...properties } };
    const entry = this.#of(record.type).get(record.id);
    if (entry === undefined) return current;
    this.#brought(entry).current = current;
    entry.indexDueAt ??= now + INDEX_LAG_MS;
    for (const [propertyName, propertyValue] of Object.entries(current.properties)) {
      if (record.properties[propertyName] !== propertyValue) this.#tell(current, 'propertyChange', { propertyName, propertyValue });
    }
    return current;
  }

  /** It is in no read and no search any more; restoring is not simulated. What is not there is archived already. */
  archive(type: ObjectType, id: string): void {
    this.#of(type).delete(this.mergedInto(type, id) ?? id);
  }

  associate(from: StoredRecord, to: StoredRecord, typeId: number): void {
    this.#link(keyOf(from.type, from.id), keyOf(to.type, to.id), typeId);
  }

  /** For a new record, whose associations name only the id at the other end: its kind follows from the type. */
  associateNew(from: StoredRecord, toId: string, typeId: number): void {
    const to = objectTypeNamed(kindsOf(typeId)[1] ?? '');
    if (to !== undefined) this.#link(keyOf(from.type, from.id), keyOf(to, toId), typeId);
  }

  links(from: StoredRecord, toType: ObjectType): readonly Link[] {
    const prefix = keyOf(toType, '');
    return [...(this.#links.get(keyOf(from.type, from.id)) ?? [])]
      .filter(([to]) => to.startsWith(prefix))
      .map(([to, typeIds]) => ({ toId: to.slice(prefix.length), typeIds: [...typeIds] }));
  }

  dissociate(from: StoredRecord, to: StoredRecord): void {
    const [one, other] = [keyOf(from.type, from.id), keyOf(to.type, to.id)];
    this.#links.get(one)?.delete(other);
    this.#links.get(other)?.delete(one);
  }

  #of({ plural }: ObjectType): Map<string, Entry> {
    return this.#entries.get(plural) ?? new Map<string, Entry>();
  }

  /** Kept from both ends. */
  #link(from: string, to: string, typeId: number): void {
    for (const [one, other, type] of [[from, to, typeId] as const, [to, from, inverseOf(typeId)] as const]) {
      const links = this.#links.get(one) ?? new Map<string, Set<number>>();
      this.#links.set(one, links.set(other, (links.get(other) ?? new Set<number>()).add(type)));
    }
  }

  /** The entry with its index brought up to date. */
  #brought(entry: Entry): Entry {
    if (entry.indexDueAt === undefined || this.parts.now() < entry.indexDueAt) return entry;
    entry.indexed = entry.current;
    entry.indexDueAt = undefined;
    return entry;
  }

  #tell(record: StoredRecord, kind: string, details: PropertyValues): void {
    const type = `${record.type.singular}.${kind}`;
    const told = {
      subscriptionId: FIRST_SUBSCRIPTION_ID + hubspotWebhooks.events.indexOf(type),
      portalId: PORTAL_ID,
      appId: APP_ID,
      occurredAt: record.updatedAt,
      subscriptionType: type,
      objectId: Number(record.id),
      changeSource: 'INTEGRATION',
      ...details,
    };
    // The same in every try: receivers tell doubles by it.
    const eventId = Number.parseInt(digest('sha256', JSON.stringify(told)).slice(0, 8), 16);
    this.parts.emit?.({ type, body: { eventId, ...told } });
  }
}

/** Signatures of version 3. */
export const hubspotWebhooks: WebhookStyle = {
  events: seeds.types.flatMap(({ singular }) => [`${singular}.creation`, `${singular}.propertyChange`]),
  maxEvents: 100,
  timeoutMs: seconds(5),
  // Ten repeats within 24 hours, as documented; how they are spread is not.
  repeatAfterMs: [1, 2, 4, 8, 16, 30, 60, 120, 240, 480].map(minutes),
  secret: 'needed',
  compose: (events, { attempt, url, wallTime }, { sign }) => {
    const body = JSON.stringify(events.map((event) => ({ ...event.body, attemptNumber: attempt })));
    const headers = {
      'content-type': 'application/json',
      'x-hubspot-signature-v3': sign(`POST${url}${body}${String(wallTime)}`, 'base64'),
      'x-hubspot-request-timestamp': String(wallTime),
    };
    return { body, headers };
  },
};
