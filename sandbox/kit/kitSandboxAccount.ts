/**
 * The simulated account: its people, what they belong to, and the two things that take time: lists that lag behind, and work
 * that Kit puts off.
 */
import type { SimulatorParts } from '../simulation/simulator.ts';
import { ADDED, changesOf } from './kitSandboxWebhooks.ts';
import {
  seedFieldKeys,
  seedForms,
  seedSequences,
  seedSubscribers,
  seedTags,
  type SimulatedCollection,
  type SimulatedSequence,
  type SimulatedSubscriber,
} from './kitSandboxSeeds.ts';

/** Half of all writes are in the lists after 30 s, all but one in a hundred after five minutes at most. */
const MEDIAN_LAG_MS = 30_000;
const LONGEST_LAG_MS = 300_000;
const ROW_DELAY_MS = 5_000;

/** A record, and what the lists still show in its place. */
interface Lagging {
  current: SimulatedSubscriber;
  listed: SimulatedSubscriber | undefined;
  listedAt: number;
}

interface Membership {
  readonly addedAt: string;
  readonly listedAt: number;
  readonly referrer: string | null;
}

export type CollectionName = 'tags' | 'forms' | 'sequences';

const byId = <Row extends { readonly id: number }>(rows: readonly Row[]): Map<number, Row> => new Map(rows.map((row) => [row.id, row]));

export class KitSimulatedAccount {
  readonly tags: Map<number, SimulatedCollection> = byId(seedTags);
  readonly forms: ReadonlyMap<number, SimulatedCollection> = byId(seedForms);
  sequences: ReadonlyMap<number, SimulatedSequence> = byId(seedSequences);
  credential: 'valid' | 'revoked' | 'expired' = 'valid';
  refusesUnknownFields = false;
  isFull = false;
  isBulkQueueFull = false;
  readonly #parts: SimulatorParts;
  readonly #subscribers: Map<number, Lagging>;
  readonly #members = new Map<string, Map<number, Membership>>();
  readonly #putOff: { readonly dueAt: number; readonly work: () => void }[] = [];
  #lastId = 1_000;

  constructor(parts: SimulatorParts, people: readonly SimulatedSubscriber[] = seedSubscribers) {
    this.#parts = parts;
    this.#subscribers = new Map(people.map((person) => [person.id, { current: person, listed: person, listedAt: 0 }]));
  }

  get random(): () => number {
    return this.#parts.random;
  }

  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** As Kit writes it: whole seconds. */
  timestamp(): string {
    return `${new Date(this.#parts.now()).toISOString().slice(0, 19)}Z`;
  }

  /** Does what has become due, and says whether there was anything; every request begins with it. */
  settle(): boolean {
    const due = this.#putOff.filter(({ dueAt }) => dueAt <= this.#parts.now());
    for (const task of due) {
      this.#putOff.splice(this.#putOff.indexOf(task), 1);
      task.work();
    }
    return due.length > 0;
  }

  putOff(work: () => void): void {
    this.#putOff.push({ dueAt: this.#parts.now() + ROW_DELAY_MS, work });
  }

  subscriber(id: number): SimulatedSubscriber | undefined {
    return this.#subscribers.get(id)?.current;
  }

  subscriberByEmail(email: unknown): SimulatedSubscriber | undefined {
    const wanted = typeof email === 'string' ? email.toLowerCase() : undefined;
    const all = [...this.#subscribers.values()].map(({ current }) => current);
    return all.find((subscriber) => subscriber.email_address.toLowerCase() === wanted);
  }

  /** What the lists show: the past, for a while. */
  listed(): readonly SimulatedSubscriber[] {
    const now = this.#parts.now();
    return [...this.#subscribers.values()]
      .map(({ current, listed, listedAt }) => (now >= listedAt ? current : listed))
      .filter((subscriber) => subscriber !== undefined);
  }

  save(subscriber: SimulatedSubscriber): SimulatedSubscriber {
    const now = this.#parts.now();
    const known = this.#subscribers.get(subscriber.id);
    const listed = known !== undefined && now >= known.listedAt ? known.current : known?.listed;
    this.#subscribers.set(subscriber.id, { current: subscriber, listed, listedAt: now + this.#lag() });
    for (const type of changesOf(known?.current, subscriber)) this.#tell(type, { subscriber });
    return subscriber;
  }

  /** When somebody was added; `undefined` for who was not. */
  membership(collection: CollectionName, id: number, subscriberId: number): Membership | undefined {
    return this.#members.get(`${collection}/${String(id)}`)?.get(subscriberId);
  }

  addMember(collection: CollectionName, id: number, subscriberId: number, referrer: string | null = null): Membership {
    const key = `${collection}/${String(id)}`;
    const members = this.#members.get(key) ?? new Map<number, Membership>();
    this.#members.set(key, members);
    const membership = { addedAt: this.timestamp(), listedAt: this.#parts.now() + this.#lag(), referrer };
    members.set(subscriberId, membership);
    this.#tellOfMember(collection, id, subscriberId, ADDED[collection]);
    return membership;
  }

  removeMember(collection: CollectionName, id: number, subscriberId: number): void {
    const wasMember = this.#members.get(`${collection}/${String(id)}`)?.delete(subscriberId) === true;
    if (wasMember && collection === 'tags') this.#tellOfMember(collection, id, subscriberId, 'subscriber.tag_removed');
  }

  isListedMember(collection: CollectionName, id: number, subscriberId: number): boolean {
    const membership = this.membership(collection, id, subscriberId);
    return membership !== undefined && this.#parts.now() >= membership.listedAt;
  }

  knowsField(key: string): boolean {
    return seedFieldKeys.includes(key);
  }

  #tell(type: string, data: Readonly<Record<string, unknown>>): void {
    this.#parts.emit?.({ type, body: { type, created: this.timestamp(), data } });
  }

  #tellOfMember(collection: CollectionName, id: number, subscriberId: number, type: string): void {
    const subject = { tags: 'tag', forms: 'form', sequences: 'sequence' }[collection];
    this.#tell(type, { subscriber: this.subscriber(subscriberId), [subject]: this[collection].get(id) });
  }

  /** Exponential around its median. */
  #lag(): number {
    return Math.min(LONGEST_LAG_MS, -Math.log2(1 - this.#parts.random()) * MEDIAN_LAG_MS);
  }
}
