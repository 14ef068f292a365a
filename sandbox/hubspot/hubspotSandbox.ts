/**
 * A HubSpot account that behaves as the real one does: limits, refusals, lagging search and all. What it does not know
 * (merging, restoring, other objects) answers 404.
 */
import { seconds } from '../../src/time/clock.ts';
import { drawn, drawnUuid, HEX, isObject } from '../simulation/fields.ts';
import { createRouter } from '../simulation/router.ts';
import { defineSimulator, withHeaders, type SandboxAnswer, type SandboxRequest } from '../simulation/simulator.ts';
import { HubspotAccount, hubspotWebhooks, PORTAL_ID, seeds, type Condition, type RefusedBy } from './hubspotAccount.ts';
import { associationRoutes } from './hubspotAssociations.ts';
import { badInput, batchRoutes, objectNotFound, recordRoutes, refusal } from './hubspotRecords.ts';
import { searchRecords } from './hubspotSearch.ts';

const LOCK_MS = seconds(2);

/** A private app's token or service key (`pat-na1-…`), or an OAuth access token, which is longer than any made-up word. */
const CREDENTIAL = /^Bearer (?:pat-[a-z]{2}\d-[\w-]{6,}|[\w.-]{24,})$/u;

const { unauthenticated, missingScopes, resourceNotFound, methodNotAllowed, badJson, conflict, locked, migrating } = seeds.refusals;

/** What the edge says when HubSpot behind it does not answer: no JSON, no correlation id. */
const edgeFailure = (status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
  body: [
    `<html><head><title>${String(status)} Error</title></head>`,
    `<body><center><h1>${String(status)} Error</h1></center>`,
    '<hr><center>cloudflare</center></body></html>',
    '',
  ].join('\r\n'),
});

const wellKnown = [
  badInput('the request was refused'),
  unauthenticated,
  missingScopes,
  objectNotFound,
  methodNotAllowed,
  conflict,
  locked,
  migrating,
];

/** HubSpot's own body for a status that something else brought about. */
const failureOf = (status: number): SandboxAnswer => {
  const known = wellKnown.find((answer) => answer.status === status);
  if (known !== undefined) return known;
  if ([502, 503, 504].includes(status) || status >= 520) return edgeFailure(status);
  return refusal(status, status >= 500 ? 'internal error' : 'the request was refused');
};

/** Words before ids: the first pattern that fits has the request. */
const find = createRouter<HubspotAccount>(
  {
    'GET account/details': () => ({ status: 200, body: seeds.accountDetails }),
    'POST objects/:type/search': searchRecords,
    ...batchRoutes,
    ...recordRoutes,
    ...associationRoutes,
  },
  { notFound: resourceNotFound, methodNotAllowed, malformed: badJson },
);

/** The versions that answer today, the dated ones and those before them. */
const versions: readonly (readonly [pattern: RegExp, area: string])[] = [
  [/^\/crm\/(?:objects\/(?:2025-09|2026-03|2026-09)|v[34]\/objects)\//u, 'objects/'],
  [/^\/crm\/(?:associations\/(?:2025-09|2026-03|2026-09)|v4\/associations)\//u, 'associations/'],
  [/^\/account-info\/(?:2025-09|2026-03|2026-09|v3)\//u, 'account/'],
];

/** The path without its version; as it is, and nowhere, if it has none of HubSpot's. */
const withoutVersion = (path: string): string => {
  const version = versions.find(([pattern]) => pattern.test(path));
  return version === undefined ? path : path.replace(...version);
};

/** A search counts against a limit of its own, and not against that of 10 s. */
const isSearch = ({ method, path }: SandboxRequest): boolean => method === 'POST' && path.endsWith('/search');

const isWrite = (request: SandboxRequest): boolean =>
  request.method !== 'GET' && !isSearch(request) && !request.path.endsWith('/batch/read');

/** Counts a call, or says which limit refuses it. */
const take = (account: HubspotAccount, forSearch: boolean): RefusedBy | undefined => {
  const { condition, burst, second, searches, day } = account;
  const now = account.parts.now();
  const [window, name, imposed] = forSearch
    ? ([searches, 'secondly', 'search_limit'] as const)
    : ([burst, 'ten_secondly_rolling', 'ten_second_limit'] as const);
  if (condition === imposed) return name;
  if (day.remaining(now) <= 0) return 'daily';
  if (!window.take(now)) return name;
  if (!forSearch) second.add(now);
  day.add(now);
  return undefined;
};

/** Every answer to a search says only that it is exempt from the ten-second limit. */
const limitHeaders = ({ burst, second, day, parts }: HubspotAccount, forSearch: boolean): Readonly<Record<string, string>> => {
  if (forSearch) return { 'x-hubspot-rate-limit-exemptions': '["ten-secondly"]' };
  const now = parts.now();
  return {
    'x-hubspot-ratelimit-max': String(burst.limit),
    'x-hubspot-ratelimit-remaining': String(burst.remaining(now)),
    'x-hubspot-ratelimit-interval-milliseconds': '10000',
    'x-hubspot-ratelimit-secondly': String(second.limit),
    'x-hubspot-ratelimit-secondly-remaining': String(Math.max(0, second.remaining(now))),
    'x-hubspot-ratelimit-daily': String(day.limit),
    'x-hubspot-ratelimit-daily-remaining': String(day.remaining(now)),
  };
};

/** The three shapes of a 429: a search has no policy's name, and a word of its own for its kind. */
const tooMany = (by: RefusedBy, requestId: string): SandboxAnswer => {
  const message = `You have reached your ${by} limit.`;
  if (by === 'secondly') return refusal(429, message, { category: 'RATE_LIMITS' });
  if (by === 'daily') return refusal(429, message, { errorType: 'RATE_LIMIT', policyName: 'DAILY', requestId });
  return refusal(429, message, {
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
    groupName: `publicapi:private-app-api-calls-ten-secondly:${String(PORTAL_ID)}`,
  });
};

const refusedByLimit = (account: HubspotAccount, by: RefusedBy, forSearch: boolean): SandboxAnswer => {
  const spent = !forSearch && by !== 'daily' ? { 'x-hubspot-ratelimit-remaining': '0' } : {};
  return withHeaders(tooMany(by, drawnUuid(account.parts.random)), { ...limitHeaders(account, forSearch), ...spent });
};

const throttled = (account: HubspotAccount, forSearch: boolean): SandboxAnswer =>
  refusedByLimit(account, forSearch ? 'secondly' : 'ten_secondly_rolling', forSearch);

const served = (account: HubspotAccount, request: SandboxRequest): SandboxAnswer => {
  if (request.malformed) return badJson;
  if (isWrite(request) && account.parts.now() < account.lockedUntil) return locked;
  return find(request, withoutVersion(request.path)).respond(account);
};

const answer = (account: HubspotAccount, request: SandboxRequest): SandboxAnswer => {
  if (account.condition === 'cloudflare_502') return edgeFailure(502);
  if (account.condition === 'migrating') return migrating;
  if (!CREDENTIAL.test(request.headers['authorization'] ?? '')) return unauthenticated;
  if (account.condition === 'missing_scopes') return missingScopes;
  const forSearch = isSearch(request);
  const refusedBy = take(account, forSearch);
  if (refusedBy !== undefined) return refusedByLimit(account, refusedBy, forSearch);
  return withHeaders(served(account, request), limitHeaders(account, forSearch));
};

/** What every answer carries; the edge's own pages are not HubSpot's, and know no correlation id. */
const finish = ({ parts: { random } }: HubspotAccount, response: SandboxAnswer): SandboxAnswer => {
  const ray = { 'cf-ray': `${drawn(random, HEX, 16)}-FRA` };
  const { body } = response;
  if (typeof body === 'string') return withHeaders(response, ray);
  const correlationId = drawnUuid(random);
  const contentType = body === undefined ? {} : { 'content-type': 'application/json;charset=utf-8' };
  const signed = withHeaders(response, { ...contentType, ...ray, 'x-hubspot-correlation-id': correlationId });
  return isObject(body) && body['status'] === 'error' ? { ...signed, body: { ...body, correlationId } } : signed;
};

const entering =
  (condition: Condition) =>
  (account: HubspotAccount): void => {
    account.condition = condition;
  };

export const hubspotSimulator = defineSimulator<HubspotAccount>({
  name: 'hubspot',
  webhooks: hubspotWebhooks,
  open: (parts) => new HubspotAccount(parts),
  answer,
  throttled: (account, request) => throttled(account, isSearch(request)),
  failure: (account, status) => (status === 429 ? throttled(account, false) : failureOf(status)),
  finish,
  // All but `locked`, which is over after two seconds, last until a reset.
  scenarios: {
    daily_limit: ({ day, parts }) => day.exhaust(parts.now()),
    ten_second_limit: entering('ten_second_limit'),
    search_limit: entering('search_limit'),
    locked: (account) => (account.lockedUntil = account.parts.now() + LOCK_MS),
    migrating: entering('migrating'),
    cloudflare_502: entering('cloudflare_502'),
    missing_scopes: entering('missing_scopes'),
  },
});
