/**
 * The simulated Kit account: its people, what they belong to, the lists that lag behind, the work that Kit puts off, and the
 * events it tells of, in the form of 2026: https://developers.kit.com/webhooks/delivery-format
 */
import { minutes, seconds } from '../../src/time/clock.ts';
import { digest, mapBy, seedsIn } from '../simulation/fields.ts';
import { RateWindows } from '../simulation/rateWindow.ts';
import type { SimulatorParts } from '../simulation/simulator.ts';
import { stampedSignature, type SimulatedEvent, type WebhookStyle } from '../simulation/webhooks.ts';

/** Half of all writes are in the lists after 30 s, all but one in a hundred after five minutes at most. */
const MEDIAN_LAG_MS = seconds(30);
const LONGEST_LAG_MS = minutes(5);
const PUT_OFF_MS = seconds(5);
const FIRST_NEW_ID = 1_001;

export interface Subscriber {
  readonly id: number;
  readonly first_name: string | null;
  readonly email_address: string;
  readonly state: string;
  readonly created_at: string;
  readonly fields: Readonly<Record<string, string | null>>;
}

interface Collection {
  readonly id: number;
  readonly name: string;
  readonly created_at: string;
  /** Of sequences. */
  active?: boolean;
}

export type CollectionName = 'tags' | 'forms' | 'sequences';

interface Seeds extends Readonly<Record<CollectionName, readonly Collection[]>> {
  readonly subscribers: readonly Subscriber[];
  /** The keys of the account's custom fields. */
  readonly fieldKeys: readonly string[];
  readonly account: unknown;
  /** Sentences by status. */
  readonly failures: Readonly<Record<number, string>>;
  readonly events: readonly string[];
}

const freshSeeds = seedsIn('./kitSeeds.json', import.meta.url) as () => Seeds;

export const { failures } = freshSeeds();

/** A record, and what the lists still show in its place. */
interface Lagging {
  readonly current: Subscriber;
  readonly listed: Subscriber | undefined;
  readonly listedAt: number;
}

interface Membership {
  readonly addedAt: string;
  readonly listedAt: number;
  readonly referrer: string | null;
}

/** What events call a collection, and an addition to it. */
const told = {
  tags: { subject: 'tag', added: 'subscriber.tag_added' },
  forms: { subject: 'form', added: 'subscriber.subscribed_to_form' },
  sequences: { subject: 'sequence', added: 'subscriber.added_to_sequence' },
} as const;

/** What happened to a subscriber between two writes. */
const changesOf = (before: Subscriber | undefined, after: Subscriber): readonly string[] => {
  const isActivated = after.state === 'active' && before?.state !== 'active';
  const isCancelled = after.state === 'cancelled' && before !== undefined && before.state !== 'cancelled';
  return [
    ...(before === undefined ? ['subscriber.created'] : []),
    ...(isActivated ? ['subscriber.activated'] : []),
    ...(isCancelled ? ['subscriber.unsubscribed'] : []),
  ];
};

export class KitAccount {
  readonly seeds = freshSeeds();
  readonly tags = mapBy(this.seeds.tags, 'id');
  readonly forms = mapBy(this.seeds.forms, 'id');
  readonly sequences = mapBy(this.seeds.sequences, 'id');
  readonly windows = new RateWindows();
  credential: 'valid' | 'revoked' | 'expired' | 'forbidden' = 'valid';
  refusesUnknownFields = false;
  isFull = false;
  isBulkQueueFull = false;
  readonly parts: SimulatorParts;
  readonly #subscribers: Map<number, Lagging>;
  readonly #members = new Map<string, Map<number, Membership>>();
  #putOff: readonly { readonly dueAt: number; readonly work: () => void }[] = [];
  #nextId = FIRST_NEW_ID;

  constructor(parts: SimulatorParts) {
    this.parts = parts;
    this.#subscribers = new Map(this.seeds.subscribers.map((person) => [person.id, { current: person, listed: person, listedAt: 0 }]));
  }

  newId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  /** As Kit writes it: whole seconds. */
  timestamp(): string {
    return `${new Date(this.parts.now()).toISOString().slice(0, 19)}Z`;
  }

  /** Does what has become due, and says whether there was anything. */
  settle(): boolean {
    const isDue = ({ dueAt }: { readonly dueAt: number }): boolean => dueAt <= this.parts.now();
    const due = this.#putOff.filter(isDue);
    this.#putOff = this.#putOff.filter((task) => !isDue(task));
    for (const { work } of due) work();
    return due.length > 0;
  }

  putOff(work: () => void): void {
    this.#putOff = [...this.#putOff, { dueAt: this.parts.now() + PUT_OFF_MS, work }];
  }

  subscriber(id: number): Subscriber | undefined {
    return this.#subscribers.get(id)?.current;
  }

  subscriberByEmail(email: unknown): Subscriber | undefined {
    const wanted = typeof email === 'string' ? email.toLowerCase() : undefined;
    const all = [...this.#subscribers.values()].map(({ current }) => current);
    return all.find((subscriber) => subscriber.email_address.toLowerCase() === wanted);
  }

  /** What the lists show: the past, for a while. */
  listed(): readonly Subscriber[] {
    return [...this.#subscribers.values()].flatMap((record) => this.#shown(record) ?? []);
  }

  save(subscriber: Subscriber): Subscriber {
    const known = this.#subscribers.get(subscriber.id);
    const listed = known === undefined ? undefined : this.#shown(known);
    this.#subscribers.set(subscriber.id, { current: subscriber, listed, listedAt: this.parts.now() + this.#lag() });
    for (const type of changesOf(known?.current, subscriber)) this.#tell(type, { subscriber });
    return subscriber;
  }

  removeAllSubscribers(): void {
    this.#subscribers.clear();
  }

  /** When somebody was added; `undefined` for who was not. */
  membership(collection: CollectionName, id: number, subscriberId: number): Membership | undefined {
    return this.#members.get(`${collection}/${String(id)}`)?.get(subscriberId);
  }

  addMember(collection: CollectionName, id: number, subscriberId: number, referrer: string | null = null): Membership {
    const key = `${collection}/${String(id)}`;
    const membership = { addedAt: this.timestamp(), listedAt: this.parts.now() + this.#lag(), referrer };
    this.#members.set(key, (this.#members.get(key) ?? new Map<number, Membership>()).set(subscriberId, membership));
    this.#tellOfMember(collection, id, subscriberId, told[collection].added);
    return membership;
  }

  removeTag(id: number, subscriberId: number): void {
    const wasMember = this.#members.get(`tags/${String(id)}`)?.delete(subscriberId) === true;
    if (wasMember) this.#tellOfMember('tags', id, subscriberId, 'subscriber.tag_removed');
  }

  #shown({ current, listed, listedAt }: Lagging): Subscriber | undefined {
    return this.parts.now() >= listedAt ? current : listed;
  }

  #tell(type: string, data: Readonly<Record<string, unknown>>): void {
    this.parts.emit?.({ type, body: { type, created: this.timestamp(), data } });
  }

  #tellOfMember(collection: CollectionName, id: number, subscriberId: number, type: string): void {
    this.#tell(type, { subscriber: this.subscriber(subscriberId), [told[collection].subject]: this[collection].get(id) });
  }

  /** Exponential around its median. */
  #lag(): number {
    return Math.min(LONGEST_LAG_MS, -Math.log2(1 - this.parts.random()) * MEDIAN_LAG_MS);
  }
}

/** In the form of a UUID; the same in every try: receivers tell doubles by it. */
const eventId = (deliveryId: number, index: number, { body }: SimulatedEvent): string =>
  digest('md5', `${String(deliveryId)} ${String(index)} ${JSON.stringify(body)}`).replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');

export const kitWebhooks: WebhookStyle = {
  events: freshSeeds().events,
  maxEvents: 100,
  // How long it waits is not known.
  timeoutMs: seconds(10),
  repeatAfterMs: [seconds(30), minutes(2), minutes(15), minutes(60), minutes(240), minutes(720), minutes(1440)],
  heedsReceiver: true,
  secret: 'needed',
  compose: (events, { id, wallTime }, signer) => {
    const body = JSON.stringify({
      delivery_id: id,
      events: events.map((event, index) => ({ id: eventId(id, index, event), ...event.body })),
    });
    const headers = { 'x-kit-delivery': String(id), 'x-kit-signature': stampedSignature(signer, body, wallTime) };
    return { body, headers: { 'content-type': 'application/json', ...headers } };
  },
};
