/**
 * What the simulated SendGrid account holds at the start: made-up people at example.com.
 */

export interface SimulatedContact {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  /** As sent: identifiers, names, custom fields. */
  fields: Readonly<Record<string, unknown>>;
  readonly listIds: Set<string>;
}

export interface SimulatedList {
  readonly id: string;
  readonly name: string;
}

export interface SimulatedSuppression {
  readonly email: string;
  /** Unix seconds. */
  readonly created: number;
  readonly reason?: string;
  readonly status?: string;
  readonly ip?: string;
}

const NEWSLETTER = 'ca7d3a6e-0001-4a6e-9d6b-3c1b7e5f0001';
const CUSTOMERS = 'ca7d3a6e-0002-4a6e-9d6b-3c1b7e5f0002';

export const seedLists: readonly SimulatedList[] = [
  { id: NEWSLETTER, name: 'Example newsletter' },
  { id: CUSTOMERS, name: 'Example customers' },
];

const CONTACT_IDS = '5f2c8a10-4d5a-8f3e-9b21-1a2b3c4d';

const SEEDED_AT = '2026-03-02T15:25:47Z';
/** The same moment in Unix seconds. */
const SEEDED_AT_SECONDS = Date.parse(SEEDED_AT) / 1000;

const contact = (id: string, fields: Readonly<Record<string, unknown>>, ...listIds: readonly string[]): SimulatedContact => ({
  id,
  createdAt: SEEDED_AT,
  updatedAt: SEEDED_AT,
  fields,
  listIds: new Set(listIds),
});

/** Fresh ones at each call: what a simulator changes must not outlive it. */
export const seedContacts = (): readonly SimulatedContact[] => [
  contact(`${CONTACT_IDS}0001`, { email: 'jane_doe@example.com', first_name: 'Jane', last_name: 'Doe' }, NEWSLETTER),
  contact(`${CONTACT_IDS}0002`, { email: 'john_doe@example.com', first_name: 'John', last_name: 'Doe' }, NEWSLETTER, CUSTOMERS),
  contact(`${CONTACT_IDS}0003`, { email: 'known@example.com', external_id: 'crm-7', first_name: 'Kim' }, CUSTOMERS),
];

const suppressed = (email: string, more: Omit<SimulatedSuppression, 'email' | 'created'> = {}): SimulatedSuppression => ({
  email,
  created: SEEDED_AT_SECONDS,
  ...more,
});

/** By the last part of their path. */
export const seedSuppressions = (): ReadonlyMap<string, Map<string, SimulatedSuppression>> => {
  const byAddress = (...rows: readonly SimulatedSuppression[]) => new Map(rows.map((row) => [row.email, row]));
  return new Map([
    ['bounces', byAddress(suppressed('bounced@example.com', { reason: '550 5.1.1 The email account does not exist', status: '5.1.1' }))],
    ['blocks', byAddress(suppressed('blocked@example.com', { reason: '554 Message rejected', status: '5.7.1' }))],
    ['spam_reports', byAddress(suppressed('complained@example.com', { ip: '192.0.2.17' }))],
    ['invalid_emails', byAddress(suppressed('nobody@example.invalid', { reason: 'Mail domain mentioned in email address is unknown' }))],
    ['unsubscribes', byAddress(suppressed('test@example.com'))],
  ]);
};

/** Unsubscribe groups. */
export const seedGroups: readonly number[] = [12_345, 12_346];

export const allScopes: readonly string[] = [
  'mail.send',
  'mail.batch.create',
  'marketing.read',
  'marketing.update',
  'suppression.read',
  'suppression.update',
  'asm.groups.suppressions.create',
];
