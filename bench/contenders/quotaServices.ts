/**
 * The services whose quota is measured: what is in the sandbox, and who reads its rows one by one.
 */
import { Client as HubspotApi } from '@hubspot/api-client';
import sendgridApi from '@sendgrid/client';
import type { Clients } from '../../src/compose.ts';

/** What a caller may ask about a row, as options of a call of ours. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly refresh: true;
}

export interface QuotaService {
  readonly name: keyof Clients;
  /** Permits in a window, by the sandbox as by the service. */
  readonly permits: number;
  readonly windowMs: number;
  /** Rows that one permit can bring, at best. */
  readonly rowsPerPermit: number;
  /** Writes rows, and says what each is found by. `skip` moves the sandbox's clock on, past its own limit. */
  fill(url: string, skip: (ms: number) => void): Promise<readonly string[]>;
  /** Reads one row; throws if it is not there. */
  read(clients: Clients, key: string, asking: Asking): Promise<unknown>;
  /** The same by the provider's own client, where there is one. */
  readonly official?: { readonly name: string; readonly connect: (url: string) => (key: string) => Promise<unknown> };
}

const post = async (url: string, headers: Readonly<Record<string, string>>, body: unknown, method = 'POST'): Promise<unknown> => {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the sandbox refused a row with ${String(response.status)}: ${await response.text()}`);
  return response.json();
};

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const address = (row: number): string => `row${String(row)}@example.com`;

const HUBSPOT_TOKEN = 'pat-na1-00000000-0000-4000-8000-000000000000';
const HUBSPOT_BATCH = 100;

interface HubspotBatch {
  readonly results: readonly { readonly id: string }[];
}

const hubspot: QuotaService = {
  name: 'hubspot',
  permits: 100,
  windowMs: 10_000,
  rowsPerPermit: 100,
  fill: async (url, skip) => {
    const ids: string[] = [];
    const headers = { authorization: `Bearer ${HUBSPOT_TOKEN}` };
    for (const batch of times(100)) {
      const inputs = times(HUBSPOT_BATCH).map((row) => ({ properties: { firstname: `row ${String(batch * HUBSPOT_BATCH + row)}` } }));
      const answer = (await post(`${url}/crm/objects/2026-03/contacts/batch/create`, headers, { inputs })) as HubspotBatch;
      ids.push(...answer.results.map(({ id }) => id));
      if (batch % 50 === 49) skip(20_000);
    }
    return ids;
  },
  read: ({ hubspot: client }, id, asking) => client.getContact(id, asking),
  official: {
    name: '@hubspot/api-client',
    connect: (url) => {
      const client = new HubspotApi({ accessToken: HUBSPOT_TOKEN, basePath: url, numberOfApiCallRetries: 0 });
      return (id) => client.crm.contacts.basicApi.getById(id);
    },
  },
};

const lemlist: QuotaService = {
  name: 'lemlist',
  permits: 20,
  windowMs: 2000,
  rowsPerPermit: 100,
  fill: async (url, skip) => {
    const authorization = `Basic ${Buffer.from(':lemlist-sandbox-key').toString('base64')}`;
    for (const row of times(2000)) {
      await post(`${url}/contacts`, { authorization }, { email: address(row) });
      if (row % 10 === 9) skip(3000);
    }
    return times(2000).map(address);
  },
  read: async ({ lemlist: client }, email, asking) => {
    const { contacts } = await client.getContacts([email], asking);
    if (contacts.length !== 1) throw new Error('not found');
  },
};

const kit: QuotaService = {
  name: 'kit',
  permits: 600,
  windowMs: 60_000,
  rowsPerPermit: 50,
  fill: async (url, skip) => {
    for (const row of times(2000)) {
      await post(`${url}/v4/subscribers`, { authorization: 'Bearer kit-sandbox-access-token' }, { email_address: address(row) });
      if (row % 100 === 99) skip(61_000);
    }
    skip(3_600_000);
    return times(2000).map(address);
  },
  read: ({ kit: client }, email, asking) => client.findSubscriber(email, asking),
};

const sendgrid: QuotaService = {
  name: 'sendgrid',
  permits: 600,
  windowMs: 60_000,
  rowsPerPermit: 100,
  fill: async (url, skip) => {
    const contacts = times(10_000).map((row) => ({ email: address(row) }));
    await post(`${url}/v3/marketing/contacts`, { authorization: 'Bearer SG.sandbox.sandbox' }, { contacts }, 'PUT');
    skip(3_600_000);
    return contacts.map(({ email }) => email);
  },
  read: ({ sendgrid: client }, email, asking) => client.findContact(email, asking),
  official: {
    name: '@sendgrid/client',
    connect: (url) => {
      sendgridApi.setApiKey('SG.sandbox.sandbox');
      sendgridApi.setDefaultRequest('baseUrl', url);
      return (email) => sendgridApi.request({ method: 'POST', url: '/v3/marketing/contacts/search/emails', body: { emails: [email] } });
    },
  },
};

/** Counts rows, not requests: no batch makes more of it. */
const explorium: QuotaService = {
  name: 'explorium',
  permits: 200,
  windowMs: 60_000,
  rowsPerPermit: 1,
  fill: () => Promise.resolve(times(10_000).map((row) => `row${String(row)}.example.com`)),
  read: ({ explorium: client }, domain, asking) => client.matchBusinesses([{ domain }], asking),
};

export const quotaServices: readonly QuotaService[] = [hubspot, lemlist, kit, sendgrid, explorium];
