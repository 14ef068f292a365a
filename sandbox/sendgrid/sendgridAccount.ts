/**
 * The simulated SendGrid account: its contacts, lists, jobs, suppressions and sent mail.
 */
import { seconds } from '../../src/time/clock.ts';
import { drawn, drawnUuid, LETTERS, mapBy, seedsIn, textIn, type Fields } from '../simulation/fields.ts';
import { RateWindows, type RateWindow } from '../simulation/rateWindow.ts';
import type { SandboxAnswer, SimulatorParts } from '../simulation/simulator.ts';

/** How long after its request a job is done. */
const JOB_MS = seconds(2);
const ID_LETTERS = `${LETTERS}-_`;
const IDENTIFIERS = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const;
/** Suppressions that drop mail, and what the event webhook says of it. */
const DROP_REASONS = [
  ['bounces', 'Bounced Address'],
  ['spam_reports', 'Spam Reporting Address'],
  ['invalid_emails', 'Invalid'],
  ['unsubscribes', 'Unsubscribed Address'],
] as const;

export interface Contact {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  /** As sent: identifiers, names, custom fields. */
  fields: Fields;
  listIds: readonly string[];
}

export interface List {
  readonly id: string;
  readonly name: string;
}

interface Suppression {
  readonly email: string;
  /** Unix seconds. */
  readonly created: number;
}

interface Seeds {
  readonly lists: readonly List[];
  readonly contacts: readonly Contact[];
  /** By the last part of their path. */
  readonly suppressions: Readonly<Record<string, readonly Suppression[]>>;
  /** Unsubscribe groups. */
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  /** Sentences by status. */
  readonly failures: Readonly<Record<number, string>>;
  readonly emptyContact: Fields;
}

const freshSeeds = seedsIn('./sendgridSeeds.json', import.meta.url) as () => Seeds;

export const { failures, emptyContact } = freshSeeds();

/** What a job did, once it is done. */
export interface JobResults {
  readonly requested_count: number;
  readonly created_count?: number;
  readonly updated_count?: number;
  readonly deleted_count?: number;
  readonly errored_count: number;
}

export interface Job {
  readonly id: string;
  readonly type: 'upsert_contacts' | 'delete_contacts' | 'remove_contacts_from_list';
  readonly startedAt: number;
  readonly requested: number;
  readonly work: () => JobResults;
  /** `undefined` until it was done. */
  results: JobResults | undefined;
  finishedAt: number | undefined;
}

/** One mail to one address. */
interface Delivery {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly at: number;
}

export const identifiersOf = (row: Fields): readonly string[] => IDENTIFIERS.filter((name) => textIn(row, name) !== '');

const keysOf = (row: Fields): readonly string[] => identifiersOf(row).map((name) => `${name} ${textIn(row, name)}`);

/** Contacts by id and by each of their identifiers: an upsert may be of 30,000. */
class ContactBook {
  readonly #byId = new Map<string, Contact>();
  readonly #byIdentifier = new Map<string, Contact>();

  constructor(contacts: readonly Contact[]) {
    for (const contact of contacts) this.add(contact);
  }

  get all(): readonly Contact[] {
    return [...this.#byId.values()];
  }

  get(id: string): Contact | undefined {
    return this.#byId.get(id);
  }

  /** Those that share an identifier with the row. */
  matching(row: Fields): readonly Contact[] {
    return [...new Set(keysOf(row).flatMap((key) => this.#byIdentifier.get(key) ?? []))];
  }

  add(contact: Contact): void {
    this.#byId.set(contact.id, contact);
    for (const key of keysOf(contact.fields)) this.#byIdentifier.set(key, contact);
  }

  /** `false` if there is none. */
  delete(id: string): boolean {
    for (const key of keysOf(this.#byId.get(id)?.fields ?? {})) this.#byIdentifier.delete(key);
    return this.#byId.delete(id);
  }
}

export class SendgridAccount {
  readonly seeds = freshSeeds();
  readonly contacts = new ContactBook(this.seeds.contacts);
  readonly lists = mapBy(this.seeds.lists, 'id');
  readonly jobs = new Map<string, Job>();
  readonly deliveries: Delivery[] = [];
  /** Addresses by group. */
  readonly groups = new Map(this.seeds.groups.map((id) => [id, new Set<string>()]));
  readonly parts: SimulatorParts;
  /** Whether jobs end, and how. */
  imports: 'done' | 'failed' | 'stuck' = 'done';
  /** Answers in an endpoint's place while a scenario is in force; `undefined` leaves it to the endpoint. */
  standing: (route: string) => SandboxAnswer | undefined = () => undefined;
  readonly #suppressions = new Map(Object.entries(this.seeds.suppressions).map(([kind, rows]) => [kind, mapBy(rows, 'email')]));
  readonly #windows = new RateWindows();

  constructor(parts: SimulatorParts) {
    this.parts = parts;
  }

  /** Wall-clock ms. */
  get now(): number {
    return this.parts.now();
  }

  /** Of each credential at each endpoint apart. SendGrid publishes no numbers. */
  window(key: string): RateWindow {
    return this.#windows.of(key, { limit: 600, lengthMs: seconds(60), kind: 'fixed' });
  }

  /** ISO 8601 in whole seconds, as SendGrid writes moments. */
  timestamp(ms = this.now): string {
    return new Date(ms).toISOString().replace(/\.\d{3}Z$/u, 'Z');
  }

  newId(): string {
    return drawnUuid(this.parts.random);
  }

  /** Of messages and batches. */
  newShortId(length: number): string {
    return drawn(this.parts.random, ID_LETTERS, length);
  }

  /** Accepts work, to be done in a while. */
  begin(type: Job['type'], requested: number, work: () => JobResults): Job {
    const job: Job = { id: this.newId(), type, startedAt: this.now, requested, work, results: undefined, finishedAt: undefined };
    this.jobs.set(job.id, job);
    return job;
  }

  /** Does the work whose time has come, the earliest first, and says whether there was any. */
  settle(): boolean {
    if (this.imports === 'stuck') return false;
    const isDue = ({ results, startedAt }: Job): boolean => results === undefined && this.now - startedAt >= JOB_MS;
    const due = [...this.jobs.values()].filter(isDue);
    for (const job of due) {
      job.results = this.imports === 'failed' ? { requested_count: job.requested, errored_count: job.requested } : job.work();
      job.finishedAt = this.now;
    }
    return due.length > 0;
  }

  suppressed(kind: string): Map<string, Suppression> {
    return this.#suppressions.get(kind) ?? new Map<string, Suppression>();
  }

  /** Why mail to an address is dropped, without a word to its sender; `undefined` if it is delivered. */
  dropReason(email: string): string | undefined {
    return DROP_REASONS.find(([kind]) => this.suppressed(kind).has(email))?.[1];
  }
}
