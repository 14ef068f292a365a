/**
 * The simulated account: its lists and batches, and the states that no request brings about.
 */
import type { SimulatorParts } from '../simulation/simulator.ts';
import { md5, seedLists, type MemberStatus, type SimulatedList, type SimulatedMember } from './mailchimpSandboxSeeds.ts';
import { memberEvent } from './mailchimpSandboxWebhooks.ts';

export interface BatchedOperation {
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** JSON. */
  readonly body?: string;
}

export interface SimulatedBatch {
  readonly id: string;
  readonly submittedAt: number;
  readonly operations: readonly BatchedOperation[];
  /** `undefined` until they have been made. */
  errored: number | undefined;
}

const HEX = '0123456789abcdef';

const hex = (random: () => number, length: number): string => Array.from({ length }, () => HEX[Math.floor(random() * HEX.length)]).join('');

/** In the form of a UUID, by seeded chance. */
export const newInstance = (random: () => number): string => [8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-');

export class MailchimpAccount {
  readonly lists: ReadonlyMap<string, SimulatedList> = new Map(seedLists().map((list) => [list.id, list]));
  readonly batches = new Map<string, SimulatedBatch>();
  readonly #parts: SimulatorParts;

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
  }

  get now(): number {
    return this.#parts.now();
  }

  /** As Mailchimp writes moments: with an offset, without fractions. */
  timestamp(ms = this.now): string {
    return new Date(ms).toISOString().replace(/\.\d{3}Z$/u, '+00:00');
  }

  /** Tells of a member that was written; `before` is what it was, if it was. */
  tell(list: SimulatedList, member: SimulatedMember, before: MemberStatus | undefined): void {
    const event = memberEvent(list, member, before, this.now);
    if (event !== undefined) this.#parts.emit?.(event);
  }

  newBatchId(): string {
    return hex(this.#parts.random, 10);
  }

  /** A member by hash, address or contact id: Mailchimp takes each. */
  member(list: SimulatedList, name: string): SimulatedMember | undefined {
    if (name.includes('@')) return list.members.get(md5(name));
    return list.members.get(name.toLowerCase()) ?? [...list.members.values()].find(({ id }) => contactId(id) === name);
  }
}

/** One person in all lists of the account. */
export const contactId = (hash: string): string => md5(`contact ${hash}`);
