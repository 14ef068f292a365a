/**
 * The records of the simulated account.
 */
import { seconds } from '../../src/time/clock.ts';
import { objectTypes, type ObjectType, type PropertyValues } from './hubspotSandboxObjects.ts';
import { seedMerges, seedRecords } from './hubspotSandboxSeeds.ts';
import type { SimulatorParts } from '../simulation/simulator.ts';
import { changes, creation } from './hubspotSandboxWebhooks.ts';

/** New and changed records show in searches this late. */
export const INDEX_LAG_MS = seconds(2);

const FIRST_NEW_ID = 734_931_100_000;

export interface StoredRecord {
  readonly id: string;
  readonly type: ObjectType;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: PropertyValues;
}

interface Entry {
  current: StoredRecord;
  /** As searches see it; absent until it has been indexed once. */
  indexed: StoredRecord | undefined;
  /** When the index takes over the current state; absent when it has it. */
  indexDueAt: number | undefined;
}

export class RecordStore {
  readonly #now: () => number;
  readonly #emit: NonNullable<SimulatorParts['emit']>;
  readonly #entries = new Map<string, Map<string, Entry>>(objectTypes.map(({ plural }) => [plural, new Map()]));
  #nextId = FIRST_NEW_ID;

  constructor({ now, emit = () => undefined }: Pick<SimulatorParts, 'now' | 'emit'>) {
    this.#now = now;
    this.#emit = emit;
    for (const { type, id, at, properties } of seedRecords) this.#plant(type, id, Date.parse(at), properties);
  }

  /** Of records that were merged into one, all ids find it. */
  find(type: ObjectType, id: string): StoredRecord | undefined {
    return this.#of(type).get(this.mergedInto(type, id) ?? id)?.current;
  }

  /** The record into which this one was merged, if it was. */
  mergedInto(type: ObjectType, id: string): string | undefined {
    return seedMerges[`${type.plural}/${id}`];
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
    return [...this.#of(type).values()].flatMap((entry) => {
      this.#settle(entry);
      return entry.indexed ?? [];
    });
  }

  create(type: ObjectType, properties: PropertyValues): StoredRecord {
    this.#nextId += 1;
    const id = String(this.#nextId);
    const now = this.#now();
    const current = { id, type, createdAt: now, updatedAt: now, properties: { ...type.defaults, ...properties } };
    this.#of(type).set(id, { current, indexed: undefined, indexDueAt: now + INDEX_LAG_MS });
    this.#emit(creation(current));
    return current;
  }

  update(record: StoredRecord, properties: PropertyValues): StoredRecord {
    const entry = this.#of(record.type).get(record.id);
    const current = { ...record, updatedAt: this.#now(), properties: { ...record.properties, ...properties } };
    if (entry === undefined) return current;
    this.#settle(entry);
    entry.current = current;
    entry.indexDueAt ??= this.#now() + INDEX_LAG_MS;
    for (const change of changes(record, current)) this.#emit(change);
    return current;
  }

  /** It is in no read and no search any more; restoring is not simulated. */
  archive({ type, id }: StoredRecord): void {
    this.#of(type).delete(id);
  }

  #of(type: ObjectType): Map<string, Entry> {
    return this.#entries.get(type.plural) ?? new Map<string, Entry>();
  }

  #plant(type: ObjectType, id: string, at: number, properties: PropertyValues): void {
    const current = { id, type, createdAt: at, updatedAt: at, properties };
    this.#of(type).set(id, { current, indexed: current, indexDueAt: undefined });
  }

  #settle(entry: Entry): void {
    if (entry.indexDueAt === undefined || this.#now() < entry.indexDueAt) return;
    entry.indexed = entry.current;
    entry.indexDueAt = undefined;
  }
}

/** What HubSpot writes itself on every record. */
export const systemValues = ({ id, type, createdAt, updatedAt }: StoredRecord): PropertyValues => ({
  createdate: new Date(createdAt).toISOString(),
  hs_object_id: id,
  [type.modified]: new Date(updatedAt).toISOString(),
});
