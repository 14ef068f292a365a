/**
 * The simulated account: its contacts, lists, jobs, suppressions and sent mail, and the states that no request brings about.
 */
import type { SimulatedEvent } from '../simulation/simulatedWebhooks.ts';
import type { SimulatorParts } from '../simulation/simulator.ts';
import { SendgridContactBook } from './sendgridSandboxContactBook.ts';
import {
  seedContacts,
  seedGroups,
  seedLists,
  seedSuppressions,
  type SimulatedList,
  type SimulatedSuppression,
} from './sendgridSandboxSeeds.ts';

/** What a job did, once it is done. */
export interface JobResults {
  readonly requested_count: number;
  readonly created_count?: number;
  readonly updated_count?: number;
  readonly deleted_count?: number;
  readonly errored_count: number;
}

export interface SimulatedJob {
  readonly id: string;
  readonly type: 'upsert_contacts' | 'delete_contacts' | 'remove_contacts_from_list';
  readonly startedAt: number;
  readonly requested: number;
  /** `undefined` until it was done. */
  results: JobResults | undefined;
  finishedAt: number | undefined;
}

interface Waiting {
  readonly job: SimulatedJob;
  readonly make: () => JobResults;
}

/** One mail to one address. */
export interface Delivery {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly at: number;
}

/** How long after its request a job is done. */
const JOB_MS = 2_000;
/** Suppressions that drop mail, and what the event webhook says of it. */
const DROP_REASONS = [
  ['bounces', 'Bounced Address'],
  ['spam_reports', 'Spam Reporting Address'],
  ['invalid_emails', 'Invalid'],
  ['unsubscribes', 'Unsubscribed Address'],
] as const;
const HEX = '0123456789abcdef';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export class SendgridSimulatedAccount {
  readonly contacts = new SendgridContactBook(seedContacts());
  readonly lists: Map<string, SimulatedList> = new Map(seedLists.map((list) => [list.id, list]));
  readonly jobs = new Map<string, SimulatedJob>();
  readonly suppressions = seedSuppressions();
  /** Addresses by group. */
  readonly groups: ReadonlyMap<string, Set<string>> = new Map(seedGroups.map((id) => [String(id), new Set<string>()]));
  readonly deliveries: Delivery[] = [];
  /** Whether jobs end, and how. */
  imports: 'done' | 'failed' | 'stuck' = 'done';
  readonly #parts: SimulatorParts;
  /** Oldest first. */
  readonly #waiting: Waiting[] = [];

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
  }

  /** Wall-clock ms. */
  get now(): number {
    return this.#parts.now();
  }

  /** ISO 8601 in whole seconds, as SendGrid writes moments. */
  timestamp(ms = this.now): string {
    return new Date(ms).toISOString().replace(/\.\d{3}Z$/u, 'Z');
  }

  tell(event: SimulatedEvent): void {
    this.#parts.emit?.(event);
  }

  newId(): string {
    return [8, 4, 4, 4, 12].map((length) => this.#drawn(HEX, length)).join('-');
  }

  newMessageId(): string {
    return this.#drawn(LETTERS, 22);
  }

  newBatchId(): string {
    return this.#drawn(LETTERS, 62);
  }

  /** Accepts work, to be done in a while. */
  begin(type: SimulatedJob['type'], requested: number, make: () => JobResults): SimulatedJob {
    const job: SimulatedJob = { id: this.newId(), type, startedAt: this.now, requested, results: undefined, finishedAt: undefined };
    this.jobs.set(job.id, job);
    this.#waiting.push({ job, make });
    return job;
  }

  /** Does the work whose time has come, the earliest first, and says whether there was any; whoever asks next sees what it did. */
  settle(): boolean {
    if (this.imports === 'stuck') return false;
    const before = this.#waiting.length;
    while (this.#waiting[0] !== undefined && this.now - this.#waiting[0].job.startedAt >= JOB_MS) {
      const { job, make } = this.#waiting[0];
      job.results = this.imports === 'failed' ? { requested_count: job.requested, errored_count: job.requested } : make();
      job.finishedAt = this.now;
      this.#waiting.shift();
    }
    return this.#waiting.length < before;
  }

  suppressed(kind: string): Map<string, SimulatedSuppression> {
    return this.suppressions.get(kind) ?? new Map<string, SimulatedSuppression>();
  }

  /** Why mail to an address is dropped, without a word to its sender; `undefined` if it is delivered. */
  dropReason(email: string): string | undefined {
    return DROP_REASONS.find(([kind]) => this.suppressed(kind).has(email))?.[1];
  }

  #drawn(letters: string, length: number): string {
    return Array.from({ length }, () => letters[Math.floor(this.#parts.random() * letters.length)]).join('');
  }
}
