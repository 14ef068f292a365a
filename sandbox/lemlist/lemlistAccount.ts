/**
 * The simulated Lemlist account: its records, the few rules that span them, and the activities it tells of.
 */
import { seconds } from '../../src/time/clock.ts';
import { drawn, LETTERS, mapBy, seedsIn, type Fields } from '../simulation/fields.ts';
import { RateWindow } from '../simulation/rateWindow.ts';
import type { SimulatorParts } from '../simulation/simulator.ts';
import type { WebhookStyle } from '../simulation/webhooks.ts';

/** Since then a duplicate of another campaign was seen as 409; it was 500 until 2026-08-31. */
const DUPLICATE_AS_409_SINCE = Date.UTC(2026, 8, 9);
const ID_LENGTH = 17;

export interface Campaign {
  readonly _id: string;
  readonly name: string;
  status: string;
  readonly createdBy: string;
  readonly errors?: readonly string[];
}

export interface Lead {
  readonly _id: string;
  readonly campaignId: string;
  readonly contactId: string;
  isPaused: boolean;
  state: string;
  updatedAt: string;
  variables: Fields;
  /** Deleted long ago, still found, never changed again. */
  isBuried: boolean;
}

export interface Contact {
  readonly _id: string;
  readonly emails: readonly { readonly value: string }[];
  readonly linkedinUrl?: string;
  fields: Fields;
  readonly createdAt: string;
}

export interface Unsubscribe {
  readonly _id: string;
  readonly value: string;
  readonly source: 'api' | 'LEAD' | 'ABUSE';
}

interface Seeds {
  readonly team: Readonly<Record<'_id' | 'createdBy', string>>;
  readonly campaigns: readonly Campaign[];
  readonly leads: readonly Lead[];
  readonly contacts: readonly Contact[];
  readonly unsubscribes: readonly Unsubscribe[];
  /** Sentences by status. */
  readonly failures: Readonly<Record<number, string>>;
  readonly activities: readonly Readonly<Record<'_id' | 'type' | 'campaignId' | 'leadId', string>>[];
}

const freshSeeds = seedsIn('./lemlistSeeds.json', import.meta.url) as () => Seeds;

export const { failures } = freshSeeds();

const emailOf = ({ email }: Fields): string | undefined => (typeof email === 'string' ? email.toLowerCase() : undefined);

export class LemlistAccount {
  readonly seeds = freshSeeds();
  readonly campaigns = mapBy(this.seeds.campaigns, '_id');
  readonly leads = mapBy(this.seeds.leads, '_id');
  readonly contacts = mapBy(this.seeds.contacts, '_id');
  readonly unsubscribes = mapBy(this.seeds.unsubscribes, 'value');
  /** All routes together. */
  readonly window = new RateWindow({ limit: 20, lengthMs: seconds(2), kind: 'fixed' });
  credits = 500;
  access: 'full' | 'team_only' | 'revoked' = 'full';
  showsKeyInTeam = false;
  duplicates: 'as_dated' | 409 | 500 = 'as_dated';
  readonly parts: SimulatorParts;

  constructor(parts: SimulatorParts) {
    this.parts = parts;
  }

  /** Tells of an activity. */
  tell(type: string, about: Fields): void {
    this.parts.emit?.({ type, body: { type, teamId: this.seeds.team._id, createdAt: this.timestamp(), ...about } });
  }

  newId(prefix: string): string {
    return `${prefix}_${drawn(this.parts.random, LETTERS, ID_LENGTH)}`;
  }

  timestamp(): string {
    return new Date(this.parts.now()).toISOString();
  }

  /** The status of `Lead already in other campaign`, which changed over time. */
  duplicateStatus(): number {
    if (this.duplicates !== 'as_dated') return this.duplicates;
    return this.parts.now() < DUPLICATE_AS_409_SINCE ? 500 : 409;
  }

  leadsByEmail(email: string): readonly Lead[] {
    return [...this.leads.values()].filter(({ variables }) => emailOf(variables) === email.toLowerCase());
  }

  /** A campaign's lead by its id or email. */
  leadIn(campaignId: string, idOrEmail: string): Lead | undefined {
    const found = this.leads.get(idOrEmail) ?? this.leadsByEmail(idOrEmail).find((lead) => lead.campaignId === campaignId);
    return found?.campaignId === campaignId ? found : undefined;
  }

  contactByEmail(email: string | undefined): Contact | undefined {
    return [...this.contacts.values()].find(({ emails }) => emails.some(({ value }) => value === email?.toLowerCase()));
  }

  /** Adds without asking: duplicates are the endpoint's concern. */
  addLead(campaignId: string, variables: Fields): Lead {
    const lead: Lead = {
      _id: this.newId('lea'),
      campaignId,
      contactId: (this.contactByEmail(emailOf(variables)) ?? this.addContact(variables))._id,
      isPaused: false,
      state: 'scanned',
      updatedAt: this.timestamp(),
      variables,
      isBuried: false,
    };
    this.leads.set(lead._id, lead);
    return lead;
  }

  addContact({ email, linkedinUrl, ...fields }: Fields): Contact {
    const contact: Contact = {
      _id: this.newId('ctc'),
      emails: typeof email === 'string' ? [{ value: email.toLowerCase() }] : [],
      ...(typeof linkedinUrl === 'string' ? { linkedinUrl } : {}),
      fields,
      createdAt: this.timestamp(),
    };
    this.contacts.set(contact._id, contact);
    return contact;
  }

  /** Keeps the entry that is there: unsubscribing is idempotent, and a person's own wish outlives ours. */
  unsubscribe(value: string, source: Unsubscribe['source']): Unsubscribe {
    const known = this.unsubscribes.get(value);
    if (known !== undefined) return known;
    const entry = { _id: this.newId('uns'), value, source };
    this.unsubscribes.set(value, entry);
    this.tell('emailsUnsubscribed', { ...(value.includes('@') && { leadEmail: value }), unsubscribeId: entry._id });
    return entry;
  }
}

/** Nothing is signed: a secret, if there is one, comes inside the body. */
export const lemlistWebhooks: WebhookStyle = {
  events: ['emailsUnsubscribed', 'paused', 'resumed'],
  maxEvents: 1,
  // How long it waits, and whether it repeats, is not documented: it doesn't here.
  timeoutMs: seconds(10),
  repeatAfterMs: [],
  secret: 'optional',
  compose: ([event], _moment, { secret }) => ({
    body: JSON.stringify({ ...event?.body, ...(secret === undefined ? {} : { secret }) }),
    headers: { 'content-type': 'application/json' },
  }),
};
