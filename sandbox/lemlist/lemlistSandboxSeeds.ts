/**
 * What the simulated Lemlist account holds at the start: made-up people at example.com, and the records of the
 * documented exchanges.
 */

export interface SimulatedCampaign {
  readonly _id: string;
  readonly name: string;
  status: 'draft' | 'running' | 'paused';
  readonly createdAt: string;
  readonly createdBy: string;
  readonly labels: readonly string[];
  readonly emoji?: string;
  readonly timezone?: string;
  readonly errors?: readonly string[];
}

export interface SimulatedLead {
  readonly _id: string;
  readonly campaignId: string;
  readonly contactId: string;
  isPaused: boolean;
  state: string;
  updatedAt: string;
  variables: Readonly<Record<string, unknown>>;
  /** Deleted long ago, still found, never changed again. */
  isBuried: boolean;
}

export interface SimulatedContact {
  readonly _id: string;
  readonly emails: readonly { readonly value: string }[];
  readonly linkedinUrl?: string;
  fields: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
}

export interface SimulatedUnsubscribe {
  readonly _id: string;
  readonly value: string;
  readonly source: 'api' | 'LEAD' | 'ABUSE';
}

const OWNER = 'usr_4YGm9ez7gMdyhahaha';
const SEEDED_AT = '2025-10-28T00:40:37.917Z';

const campaigns: readonly SimulatedCampaign[] = [
  {
    _id: 'cam_4HrZbi8xsez4QlrnL',
    name: 'Product Launch Campaign',
    status: 'running',
    createdAt: '2025-02-20T14:45:54.230Z',
    createdBy: OWNER,
    labels: [],
    emoji: '🚀',
    timezone: 'Europe/Paris',
    errors: ['Your campaign does not have sender.'],
  },
  {
    _id: 'cam_k3gu2sa4KIfhRK34M',
    name: 'Sales Outreach 2025',
    status: 'running',
    createdAt: '2025-02-05T09:00:07.541Z',
    createdBy: OWNER,
    labels: [],
  },
  {
    _id: 'cam_bSn8EORHQxbWPjHvu',
    name: 'NEW TO DELETE',
    status: 'draft',
    createdAt: '2025-10-27T08:00:00.000Z',
    createdBy: OWNER,
    labels: [],
  },
];

const leads: readonly SimulatedLead[] = [
  {
    _id: 'lea_fiDpiGV585wy3Oii2',
    campaignId: 'cam_bSn8EORHQxbWPjHvu',
    contactId: 'ctc_xW8Ou6C03Csv8vatp',
    isPaused: false,
    state: 'scanned',
    variables: {
      email: 'support@lemlist.com',
      firstName: 'John',
      lastName: 'Doe',
      companyName: 'Acme Inc',
      companyDomain: 'example.com',
      jobTitle: 'Growth Engineer',
      preferredContactMethod: 'email',
      industry: 'Technology',
      'Company name': 'John Doe',
    },
    updatedAt: SEEDED_AT,
    isBuried: false,
  },
  {
    _id: 'lea_seedAda0000000001',
    campaignId: 'cam_4HrZbi8xsez4QlrnL',
    contactId: 'ctc_seedAda0000000001',
    isPaused: false,
    state: 'emailsSent',
    variables: { email: 'ada@example.com', firstName: 'Ada', lastName: 'Example', companyDomain: 'example.com' },
    updatedAt: SEEDED_AT,
    isBuried: false,
  },
  {
    _id: 'lea_seedOld0000000002',
    campaignId: 'cam_k3gu2sa4KIfhRK34M',
    contactId: 'ctc_seedOld0000000002',
    isPaused: false,
    state: 'emailsSent',
    variables: { email: 'old@example.com', firstName: 'Otto', lastName: 'Example' },
    updatedAt: SEEDED_AT,
    isBuried: true,
  },
];

/** Copies: what a simulator changes must not outlive it. */
export const seedCampaigns = (): readonly SimulatedCampaign[] => campaigns.map((campaign) => ({ ...campaign }));
export const seedLeads = (): readonly SimulatedLead[] => leads.map((lead) => ({ ...lead }));

export const seedContacts = (): readonly SimulatedContact[] =>
  leads.map((lead) => ({
    _id: lead.contactId,
    emails: [{ value: String(lead.variables['email']) }],
    fields: { firstName: lead.variables['firstName'], lastName: lead.variables['lastName'] },
    createdAt: SEEDED_AT,
  }));

export const seedUnsubscribes = (): readonly SimulatedUnsubscribe[] => [
  { _id: 'uns_seedApi0000000001', value: 'left@example.com', source: 'api' },
  { _id: 'uns_seedLead000000002', value: 'never@example.com', source: 'LEAD' },
];

export const seedActivities = [
  {
    _id: 'act_seed0000000000001',
    type: 'emailsSent',
    campaignId: 'cam_4HrZbi8xsez4QlrnL',
    leadId: 'lea_seedAda0000000001',
    createdAt: '2025-10-29T07:00:00.000Z',
    isFirst: true,
  },
  {
    _id: 'act_seed0000000000002',
    type: 'emailsOpened',
    campaignId: 'cam_4HrZbi8xsez4QlrnL',
    leadId: 'lea_seedAda0000000001',
    createdAt: '2025-10-29T09:30:00.000Z',
    isFirst: true,
  },
] as const;

/** As documented, with capability URLs pointing nowhere. */
export const seedTeam = {
  _id: 'tea_b4rMsi2trBhahaha',
  name: 'Example team',
  userIds: [OWNER],
  createdBy: OWNER,
  createdAt: '2018-02-22T08:52:30.926Z',
  hooks: [
    {
      _id: 'hoo_seed0000000000001',
      targetUrl: 'https://hooks.example.com/lemlist',
      createdAt: '2018-06-05T09:07:07.761Z',
      zapId: 123456789,
      type: 'emailsReplied',
      campaignId: 'cam_4HrZbi8xsez4QlrnL',
      isFirst: true,
      secret: 'sandbox-hook-secret',
    },
  ],
  slackWebhook: { url: 'https://hooks.example.com/slack', failCounter: 0 },
  beta: ['outreachQueue'],
  pictureId: 'fil_seed.png',
  invitedUsers: [{ email: 'taylor@example.com', role: 'admin', invitedBy: OWNER, invitedAt: '2024-09-13T12:39:55.984Z' }],
  agency: OWNER,
  customDomain: 'custom.example.com',
  users: [{ userId: OWNER, name: 'John Doe', email: 'john@example.com', role: 'admin' }],
} as const;
