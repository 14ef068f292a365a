/**
 * What the simulated Mailchimp account holds at the start: made-up people at example.com.
 */
import { createHash } from 'node:crypto';

export type MemberStatus = 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'transactional' | 'archived';

export interface SimulatedMember {
  readonly id: string;
  readonly email_address: string;
  status: MemberStatus;
  /** Left by its own wish, or bounced: only its own consent brings it back. */
  isInComplianceState: boolean;
  fields: Readonly<Record<string, unknown>>;
  mergeFields: Readonly<Record<string, unknown>>;
  tags: readonly string[];
  lastChanged: string;
}

export interface SimulatedList {
  readonly id: string;
  readonly name: string;
  readonly webId: number;
  readonly createdAt: string;
  /** Merge fields that a new member must have. */
  readonly requiredMergeFields: readonly string[];
  /** By hash. */
  readonly members: Map<string, SimulatedMember>;
  /** Hashes of addresses erased for good. */
  readonly forgotten: ReadonlySet<string>;
}

export const md5 = (text: string): string => createHash('md5').update(text.toLowerCase()).digest('hex');

const SEEDED_AT = '2026-05-21T20:35:16+00:00';

const member = (email: string, status: MemberStatus, FNAME: string, tags: readonly string[] = []): SimulatedMember => ({
  id: md5(email),
  email_address: email,
  status,
  isInComplianceState: status === 'unsubscribed',
  fields: {},
  mergeFields: { FNAME, LNAME: 'Example' },
  tags,
  lastChanged: SEEDED_AT,
});

const byHash = (...members: readonly SimulatedMember[]): Map<string, SimulatedMember> => new Map(members.map((row) => [row.id, row]));

/** Fresh ones at each call: what a simulator changes must not outlive it. */
export const seedLists = (): readonly SimulatedList[] => [
  {
    id: '16ed227135',
    name: 'Example newsletter',
    webId: 1_001,
    createdAt: '2025-02-05T09:00:07+00:00',
    requiredMergeFields: [],
    members: byHash(
      member('ada@example.com', 'subscribed', 'Ada', ['Customer']),
      member('ben@example.com', 'subscribed', 'Ben'),
      member('left@example.com', 'unsubscribed', 'Lea'),
      member('old@example.com', 'archived', 'Otto'),
    ),
    forgotten: new Set([md5('erased@example.com')]),
  },
  {
    id: 'a1b2c3d4e5',
    name: 'Example customers',
    webId: 1_002,
    createdAt: '2025-06-17T14:20:00+00:00',
    requiredMergeFields: ['COMPANY'],
    members: byHash(member('ada@example.com', 'subscribed', 'Ada')),
    forgotten: new Set(),
  },
];
