/**
 * The services whose quota is measured: what is in the sandbox, and who reads its rows one by one.
 */
import { Client as HubspotApi } from '@hubspot/api-client';
import sendgridApi from '@sendgrid/client';
import type { Clients } from '../../../src/compose.ts';

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

interface Filling {
  readonly requests: number;
  /** After so many requests the sandbox's own limit wants a pause, and how long that is, ms. */
  readonly burst: number;
  readonly pauseMs: number;
  /** What lists and jobs take to show the rows, ms. */
  readonly settleMs?: number;
  /** Writes some rows, and says what each is found by. */
  readonly write: (url: string, request: number) => Promise<readonly string[]>;
}

const filledBy =
  ({ requests, burst, pauseMs, settleMs = 0, write }: Filling): QuotaService['fill'] =>
  async (url, skip) => {
    const keys: string[] = [];
    for (const request of times(requests)) {
      keys.push(...(await write(url, request)));
      if (request % burst === burst - 1) skip(pauseMs);
    }
    skip(settleMs);
    return keys;
  };

const send = async (method: string, url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<unknown> => {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the sandbox refused a row with ${String(response.status)}: ${await response.text()}`);
  return response.json();
};

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const address = (row: number): string => `row${String(row)}@example.com`;

/** One row a request, each found by its address. */
const rowAt =
  (path: string, headers: Readonly<Record<string, string>>, field: string): Filling['write'] =>
  async (url, row) => {
    await send('POST', `${url}${path}`, headers, { [field]: address(row) });
    return [address(row)];
  };

const HUBSPOT_TOKEN = 'pat-na1-00000000-0000-4000-8000-000000000000';
const HUBSPOT_BATCH = 100;

interface HubspotBatch {
  readonly results: readonly { readonly id: string }[];
}

const writeHubspotBatch: Filling['write'] = async (url, batch) => {
  const inputs = times(HUBSPOT_BATCH).map((row) => ({ properties: { firstname: `row ${String(batch * HUBSPOT_BATCH + row)}` } }));
  const headers = { authorization: `Bearer ${HUBSPOT_TOKEN}` };
  const answer = (await send('POST', `${url}/crm/objects/2026-03/contacts/batch/create`, headers, { inputs })) as HubspotBatch;
  return answer.results.map(({ id }) => id);
};

const hubspot: QuotaService = {
  name: 'hubspot',
  permits: 100,
  windowMs: 10_000,
  rowsPerPermit: 100,
  fill: filledBy({ requests: 100, burst: 50, pauseMs: 20_000, write: writeHubspotBatch }),
  read: ({ hubspot: client }, id, asking) => client.getContact(id, {}, asking),
  official: {
    name: '@hubspot/api-client',
    connect: (url) => {
      const client = new HubspotApi({ accessToken: HUBSPOT_TOKEN, basePath: url, numberOfApiCallRetries: 0 });
      return (id) => client.crm.contacts.basicApi.getById(id);
    },
  },
};

const lemlistKey = { authorization: `Basic ${Buffer.from(':lemlist-sandbox-key').toString('base64')}` };

const lemlist: QuotaService = {
  name: 'lemlist',
  permits: 20,
  windowMs: 2000,
  rowsPerPermit: 100,
  fill: filledBy({ requests: 2000, burst: 10, pauseMs: 3000, write: rowAt('/contacts', lemlistKey, 'email') }),
  read: ({ lemlist: client }, email, asking) => client.findContact(email, asking),
};

const kitToken = { authorization: 'Bearer kit-sandbox-access-token' };

const kit: QuotaService = {
  name: 'kit',
  permits: 600,
  windowMs: 60_000,
  rowsPerPermit: 50,
  fill: filledBy({
    requests: 2000,
    burst: 100,
    pauseMs: 61_000,
    settleMs: 3_600_000,
    write: rowAt('/v4/subscribers', kitToken, 'email_address'),
  }),
  read: ({ kit: client }, email, asking) => client.findSubscriber(email, asking),
};

const SENDGRID_KEY = 'SG.sandbox.sandbox';

const writeSendgridContacts: Filling['write'] = async (url) => {
  const contacts = times(10_000).map((row) => ({ email: address(row) }));
  await send('PUT', `${url}/v3/marketing/contacts`, { authorization: `Bearer ${SENDGRID_KEY}` }, { contacts });
  return contacts.map(({ email }) => email);
};

const sendgrid: QuotaService = {
  name: 'sendgrid',
  permits: 600,
  windowMs: 60_000,
  rowsPerPermit: 100,
  fill: filledBy({ requests: 1, burst: 1, pauseMs: 0, settleMs: 3_600_000, write: writeSendgridContacts }),
  read: ({ sendgrid: client }, email, asking) => client.findContact(email, asking),
  official: {
    name: '@sendgrid/client',
    connect: (url) => {
      sendgridApi.setApiKey(SENDGRID_KEY);
      sendgridApi.setDefaultRequest('baseUrl', url);
      return (email) => sendgridApi.request({ method: 'POST', url: '/v3/marketing/contacts/search/emails', body: { emails: [email] } });
    },
  },
};

/** Counts rows, not requests: no batch makes more of it. It knows every name below example.com, so nothing has to be written. */
const explorium: QuotaService = {
  name: 'explorium',
  permits: 200,
  windowMs: 60_000,
  rowsPerPermit: 1,
  fill: () => Promise.resolve(times(10_000).map((row) => `row${String(row)}.example.com`)),
  read: async ({ explorium: client }, domain, asking) => {
    const { found } = await client.matchBusinesses([{ domain }], asking);
    if (found !== 1) throw new Error('not found');
  },
};

export const quotaServices: readonly QuotaService[] = [hubspot, lemlist, kit, sendgrid, explorium];
