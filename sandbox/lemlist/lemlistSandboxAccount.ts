/**
 * The simulated account: its records, and the few rules that span them.
 */
import type { SimulatorParts } from '../simulation/simulator.ts';
import {
  seedCampaigns,
  seedContacts,
  seedLeads,
  seedTeam,
  seedUnsubscribes,
  type SimulatedCampaign,
  type SimulatedContact,
  type SimulatedLead,
  type SimulatedUnsubscribe,
} from './lemlistSandboxSeeds.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 17;
const SEED_CREDITS = 500;
/** Since then a duplicate of another campaign was seen as 409; it was 500 until 2026-08-31. */
const DUPLICATE_AS_409_SINCE = Date.UTC(2026, 8, 9);

const byId = <Row extends { readonly _id: string }>(rows: readonly Row[]): Map<string, Row> => new Map(rows.map((row) => [row._id, row]));

const emailOf = (variables: Readonly<Record<string, unknown>>): string | undefined =>
  typeof variables['email'] === 'string' ? variables['email'].toLowerCase() : undefined;

export class LemlistAccount {
  readonly campaigns: Map<string, SimulatedCampaign> = byId(seedCampaigns());
  readonly leads: Map<string, SimulatedLead> = byId(seedLeads());
  readonly contacts: Map<string, SimulatedContact> = byId(seedContacts());
  readonly unsubscribes = new Map<string, SimulatedUnsubscribe>(seedUnsubscribes().map((entry) => [entry.value, entry]));
  credits = SEED_CREDITS;
  isKeyRevoked = false;
  showsKeyInTeam = false;
  duplicates: 'as_dated' | 409 | 500 = 'as_dated';
  readonly #parts: SimulatorParts;

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
  }

  /** Tells of an activity. */
  tell(type: string, about: Readonly<Record<string, unknown>>): void {
    this.#parts.emit?.({ type, body: { type, teamId: seedTeam._id, createdAt: this.timestamp(), ...about } });
  }

  newId(prefix: string): string {
    const letters = Array.from({ length: ID_LENGTH }, () => ALPHABET[Math.floor(this.#parts.random() * ALPHABET.length)]);
    return `${prefix}_${letters.join('')}`;
  }

  timestamp(): string {
    return new Date(this.#parts.now()).toISOString();
  }

  /** The status of `Lead already in other campaign`, which changed over time. */
  duplicateStatus(): number {
    if (this.duplicates !== 'as_dated') return this.duplicates;
    return this.#parts.now() < DUPLICATE_AS_409_SINCE ? 500 : 409;
  }

  leadsByEmail(email: string): readonly SimulatedLead[] {
    return [...this.leads.values()].filter((lead) => emailOf(lead.variables) === email.toLowerCase());
  }

  /** A campaign's lead by its id or email. */
  leadIn(campaignId: string, idOrEmail: string): SimulatedLead | undefined {
    const found = this.leads.get(idOrEmail) ?? this.leadsByEmail(idOrEmail).find((lead) => lead.campaignId === campaignId);
    return found?.campaignId === campaignId ? found : undefined;
  }

  contactByEmail(email: string): SimulatedContact | undefined {
    return [...this.contacts.values()].find((contact) => contact.emails.some(({ value }) => value === email.toLowerCase()));
  }

  /** Adds without asking: duplicates are the endpoint's concern. */
  addLead(campaignId: string, variables: Readonly<Record<string, unknown>>): SimulatedLead {
    const lead: SimulatedLead = {
      _id: this.newId('lea'),
      campaignId,
      contactId: this.#contactOf(variables)._id,
      isPaused: false,
      state: 'scanned',
      updatedAt: this.timestamp(),
      variables,
      isBuried: false,
    };
    this.leads.set(lead._id, lead);
    return lead;
  }

  addContact(fields: Readonly<Record<string, unknown>>): SimulatedContact {
    const { email, linkedinUrl, ...rest } = fields;
    const contact: SimulatedContact = {
      _id: this.newId('ctc'),
      emails: typeof email === 'string' ? [{ value: email.toLowerCase() }] : [],
      ...(typeof linkedinUrl === 'string' ? { linkedinUrl } : {}),
      fields: rest,
      createdAt: this.timestamp(),
    };
    this.contacts.set(contact._id, contact);
    return contact;
  }

  /** Keeps the entry that is there: unsubscribing is idempotent, and a person's own wish outlives ours. */
  unsubscribe(value: string, source: SimulatedUnsubscribe['source']): SimulatedUnsubscribe {
    const known = this.unsubscribes.get(value);
    if (known !== undefined) return known;
    const entry = { _id: this.newId('uns'), value, source };
    this.unsubscribes.set(value, entry);
    this.tell('emailsUnsubscribed', { ...(value.includes('@') && { leadEmail: value }), unsubscribeId: entry._id });
    return entry;
  }

  #contactOf(variables: Readonly<Record<string, unknown>>): SimulatedContact {
    const email = emailOf(variables);
    const known = email === undefined ? undefined : this.contactByEmail(email);
    return known ?? this.addContact(variables);
  }
}
