/**
 * Which path of HubSpot's, in which version, is which endpoint of the simulator.
 */
import { percentDecoded } from '../../src/config/percentEncoding.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import type { Endpoint, SimulatedAccount } from './hubspotSandboxAccount.ts';
import {
  associateByDefault,
  associateLabelled,
  batchReadAssociations,
  listAssociations,
  removeAssociation,
} from './hubspotSandboxAssociations.ts';
import { batchCreate, batchRead, batchUpdate } from './hubspotSandboxBatches.ts';
import { methodNotAllowed, PORTAL_ID, resourceNotFound } from './hubspotSandboxErrors.ts';
import { archiveRecord, createRecord, getRecord, listRecords, updateRecord } from './hubspotSandboxRecords.ts';
import { searchRecords } from './hubspotSandboxSearch.ts';
import { batchArchive, batchUpsert } from './hubspotSandboxUpsert.ts';

/** The versions that answer today, the dated ones and those before them. */
const versions: readonly (readonly [pattern: RegExp, room: string])[] = [
  [/^\/crm\/(?:objects\/(?:2025-09|2026-03|2026-09)|v[34]\/objects)\//u, 'objects/'],
  [/^\/crm\/(?:associations\/(?:2025-09|2026-03|2026-09)|v4\/associations)\//u, 'associations/'],
  [/^\/account-info\/(?:2025-09|2026-03|2026-09|v3)\//u, 'account/'],
];

const accountDetails: Endpoint = () => ({
  status: 200,
  body: {
    portalId: PORTAL_ID,
    accountType: 'DEVELOPER_TEST',
    timeZone: 'UTC',
    companyCurrency: 'USD',
    additionalCurrencies: ['EUR'],
    utcOffset: '+00:00',
    utcOffsetMilliseconds: 0,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'na1',
  },
});

interface Entry {
  readonly method: string;
  readonly pattern: readonly string[];
  readonly endpoint: Endpoint;
}

const on = (method: string, pattern: string, endpoint: Endpoint): Entry => ({ method, pattern: pattern.split('/'), endpoint });

/** Words before ids: the first pattern that fits has the request. */
const entries: readonly Entry[] = [
  on('GET', 'account/details', accountDetails),
  on('POST', 'objects/:type/search', searchRecords),
  on('POST', 'objects/:type/batch/read', batchRead),
  on('POST', 'objects/:type/batch/create', batchCreate),
  on('POST', 'objects/:type/batch/update', batchUpdate),
  on('POST', 'objects/:type/batch/upsert', batchUpsert),
  on('POST', 'objects/:type/batch/archive', batchArchive),
  on('GET', 'objects/:type', listRecords),
  on('POST', 'objects/:type', createRecord),
  on('GET', 'objects/:type/:id', getRecord),
  on('PATCH', 'objects/:type/:id', updateRecord),
  on('DELETE', 'objects/:type/:id', archiveRecord),
  on('PUT', 'objects/:type/:id/associations/default/:toType/:toId', associateByDefault),
  on('GET', 'objects/:type/:id/associations/:toType', listAssociations),
  on('PUT', 'objects/:type/:id/associations/:toType/:toId', associateLabelled),
  on('DELETE', 'objects/:type/:id/associations/:toType/:toId', removeAssociation),
  on('POST', 'associations/:type/:toType/batch/read', batchReadAssociations),
];

/** The path's segments without its version, decoded; `undefined` if it is none of HubSpot's. */
const segmentsOf = (path: string): readonly string[] | undefined => {
  const version = versions.find(([pattern]) => pattern.test(path));
  if (version === undefined) return undefined;
  try {
    return path
      .replace(...version)
      .split('/')
      .map((part) => percentDecoded(part) ?? part);
  } catch {
    return undefined;
  }
};

const paramsOf = (pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> | undefined => {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
};

/** Whether the request counts against the limit of searches, and not against that of 10 s. */
export const isSearch = ({ method, path }: Pick<SandboxRequest, 'method' | 'path'>): boolean =>
  method === 'POST' && path.endsWith('/search');

/** Whether the request would change anything. */
export const isWrite = (request: Pick<SandboxRequest, 'method' | 'path'>): boolean =>
  request.method !== 'GET' && !isSearch(request) && !request.path.endsWith('/batch/read');

export const serve = (account: SimulatedAccount, { method, path, query, body }: SandboxRequest): SandboxAnswer => {
  const segments = segmentsOf(path);
  if (segments === undefined) return resourceNotFound;
  let known = false;
  for (const entry of entries) {
    const params = paramsOf(entry.pattern, segments);
    if (params === undefined) continue;
    if (entry.method === method) return entry.endpoint(account, { params, query, body });
    known = true;
  }
  return known ? methodNotAllowed : resourceNotFound;
};
