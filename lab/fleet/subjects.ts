/**
 * What callers ask of each service: nothing that a cache or a shared flight could answer, and one request of the service each,
 * never several that go as one.
 */
import type { PlainRequest } from '../../test/support/plainHttp.ts';

export interface Asked extends Pick<PlainRequest, 'method' | 'headers' | 'body'> {
  readonly path: string;
}

export interface Subject {
  /** The call with a number, from 0. That there is no such record is an answer too. */
  readonly call: (number: number) => Asked;
  /** What it uses of the quota. */
  readonly weight: number;
  /** What the service grants, as its simulator enforces it. */
  readonly quota: { readonly permits: number; readonly windowMs: number };
}

const UNKNOWN = 900_000_000;
/** Every call is to need the service: an answer out of the cache, or a fallback in its place, would hide it. */
const DIRECT = { 'cache-control': 'no-cache', prefer: 'handling=strict' };
const ROWS = 5;

const read = (path: string): Asked => ({ method: 'GET', path, headers: DIRECT });
const companies = (number: number): unknown =>
  Array.from({ length: ROWS }, (_, row) => ({ domain: `fleet-${String(number)}-${String(row)}.test` }));

/** Two operations, as real callers have more than one. */
const hubspotRead = (number: number): Asked =>
  number % 2 === 0
    ? read(`/api/hubspot/contacts/${String(UNKNOWN + number)}/associations/companies`)
    : read(`/api/hubspot/deals?limit=1&after=${String(UNKNOWN + number)}`);

export const subjects = {
  hubspot: { call: hubspotRead, weight: 1, quota: { permits: 100, windowMs: 10_000 } },
  lemlist: {
    call: (number) => read(`/api/lemlist/campaigns/cam_fleet${String(number)}`),
    weight: 1,
    quota: { permits: 20, windowMs: 2000 },
  },
  explorium: {
    call: (number) => ({
      method: 'POST',
      path: '/api/explorium/companies/match/bulk',
      headers: { ...DIRECT, 'content-type': 'application/json' },
      body: { companies: companies(number) },
    }),
    weight: ROWS,
    quota: { permits: 200, windowMs: 60_000 },
  },
  // As an access token has it; a key has 120.
  kit: { call: (number) => read(`/api/kit/subscribers/${String(UNKNOWN + number)}`), weight: 1, quota: { permits: 600, windowMs: 60_000 } },
} as const satisfies Readonly<Record<string, Subject>>;

export type SubjectName = keyof typeof subjects;
export const subjectNames = Object.keys(subjects) as readonly SubjectName[];
export const subjectOf = (name: SubjectName): Subject => subjects[name];
