/**
 * What the simulated Kit account holds at the start: made-up people, and the records of the documented exchanges.
 */

export interface SimulatedSubscriber {
  readonly id: number;
  readonly first_name: string | null;
  readonly email_address: string;
  readonly state: string;
  readonly created_at: string;
  readonly fields: Readonly<Record<string, string | null>>;
}

export interface SimulatedCollection {
  readonly id: number;
  readonly name: string;
  readonly created_at: string;
}

export interface SimulatedSequence extends SimulatedCollection {
  readonly active: boolean;
}

const SEEDED_AT = '2023-02-17T11:43:55Z';

const person = (id: number, email: string, name: string | null, state: string, day: number): SimulatedSubscriber => ({
  id,
  first_name: name,
  email_address: email,
  state,
  created_at: `2023-03-0${String(day)}T08:00:00Z`,
  fields: {},
});

export const seedSubscribers: readonly SimulatedSubscriber[] = [
  { ...person(200, 'alice@convertkit.dev', 'Alice', 'active', 1), created_at: SEEDED_AT, fields: { category: 'One' } },
  person(201, 'ada@example.com', 'Ada', 'active', 1),
  person(202, 'left@example.com', null, 'cancelled', 2),
  person(203, 'unconfirmed@example.com', 'Ines', 'inactive', 3),
];

export const seedTags: readonly SimulatedCollection[] = [
  { id: 207, name: 'Customer', created_at: SEEDED_AT },
  { id: 208, name: 'Trial', created_at: SEEDED_AT },
];

export const seedForms: readonly SimulatedCollection[] = [
  { id: 311, name: 'Newsletter', created_at: SEEDED_AT },
  { id: 312, name: 'White paper', created_at: SEEDED_AT },
];

export const seedSequences: readonly SimulatedSequence[] = [
  { id: 324, name: 'Welcome', created_at: SEEDED_AT, active: true },
  { id: 325, name: 'Retired course', created_at: SEEDED_AT, active: false },
];

/** The keys of the account's custom fields. */
export const seedFieldKeys: readonly string[] = [
  'last_name',
  'birthday',
  'source',
  'category',
  ...Array.from({ length: 20 }, (_, index) => `answer_${String(index + 1)}`),
];

export const seedAccount = {
  user: { email: 'test@kit.dev', id: 27 },
  account: {
    id: 27,
    name: 'Kit Greetings',
    plan_type: 'creator',
    primary_email_address: 'test@kit.dev',
    created_at: SEEDED_AT,
    timezone: { name: 'America/New_York', friendly_name: 'Eastern Time (US & Canada)', utc_offset: '-05:00' },
    sending_addresses: [
      {
        email_address: 'test@kit.dev',
        from_name: 'Kit Greetings',
        status: 'confirmed',
        is_default: true,
        is_verified: true,
        is_dmarc_configured: false,
      },
    ],
  },
} as const;
