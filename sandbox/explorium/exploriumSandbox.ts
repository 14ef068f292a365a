/**
 * An Explorium to try things on: the api_key header, 200 entities in any 60 s, credits that run out, misses inside 200s,
 * whole batches refused for one bad id. What the documentation leaves open is marked in docs/services/explorium.md.
 */
import { drawn, HEX, isObject, listIn, type Fields } from '../simulation/fields.ts';
import { RateWindow } from '../simulation/rateWindow.ts';
import { createRouter, type Handler } from '../simulation/router.ts';
import { defineSimulator, type SandboxAnswer, type SandboxRequest, type SimulatorParts } from '../simulation/simulator.ts';
import { ExploriumCatalogue, seeds } from './exploriumCatalogue.ts';

const MAX_ROWS = 50;
const MAX_SEARCH_SIZE = 100;
const BUSINESS_ID = /^[a-f0-9]{32}$/u;
const PROSPECT_ID = /^[a-f0-9]{40}$/u;
const WELL_FORMED_KEY = /^[\w-]{8,200}$/u;
const ALLOCATED_CREDITS = 1_000;
const THROTTLE_MS = 60_000;
const CREDITS = 'GET /v1/credits';

const OUT_OF_CREDITS = 'You have insufficient credits to perform this operation. Please purchase additional credits.';

interface Account {
  readonly parts: SimulatorParts;
  readonly catalogue: ExploriumCatalogue;
  /** A request counts as many as it has rows. */
  readonly window: RateWindow;
  credits: number;
  state: 'working' | 'key_revoked' | 'missing_scopes' | 'request_failure';
  /** The two forms of its 429 take turns, unless one is asked for. */
  nextForm: 'first' | 'second';
  isSecondFormOnly: boolean;
}

const correlationId = ({ parts }: Account): string => drawn(parts.random, HEX, 32);

const failure = (account: Account, status: number, words = seeds.failures[status] ?? 'Error'): SandboxAnswer => ({
  status,
  body: { details: words, correlation_id: correlationId(account) },
});

const success = (account: Account, requestStatus: 'success' | 'miss' | 'failure', body: Fields): SandboxAnswer => {
  const context = { correlation_id: correlationId(account), request_status: requestStatus, time_took_in_seconds: 0.074 };
  return { status: 200, body: { response_context: context, ...body } };
};

const limitHeaders = ({ window, parts }: Account, remaining = window.remaining(parts.now())): Record<string, string> => ({
  'x-ratelimit-limit': String(window.limit),
  'x-ratelimit-remaining': String(remaining),
  'x-ratelimit-reset': String(Math.ceil(window.resetsAt(parts.now()) / 1_000)),
});

const withLimits = (account: Account, answer: SandboxAnswer): SandboxAnswer => ({ ...answer, headers: limitHeaders(account) });

/** Form one as its page on limits has it, with Retry-After; form two as its page on errors has it, without. */
const tooMany = (account: Account, waitMs: number): SandboxAnswer => {
  const wait = Math.max(1, Math.ceil(waitMs / 1_000));
  const form = account.isSecondFormOnly ? 'second' : account.nextForm;
  account.nextForm = form === 'first' ? 'second' : 'first';
  const headers = limitHeaders(account, 0);
  if (form === 'second') {
    const message = 'Rate limit exceeded. Please retry after the specified time.';
    return { status: 429, headers, body: { code: 429, message, retry_after: wait } };
  }
  const message = `API rate limit exceeded. Please retry after ${String(wait)} seconds.`;
  const body = { error: 'rate_limit_exceeded', message, retry_after: wait };
  return { status: 429, headers: { ...headers, 'retry-after': String(wait) }, body };
};

const limited = (account: Account, rows: number, answer: () => SandboxAnswer): SandboxAnswer => {
  const now = account.parts.now();
  if (!account.window.take(now, rows)) return tooMany(account, account.window.freeAt(now, rows) - now);
  return withLimits(account, answer());
};

/** An entry of a FastAPI 422. */
interface Fault {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
  readonly ctx?: Fields;
}

const unprocessable = (faults: readonly Fault[]): SandboxAnswer => ({ status: 422, body: { detail: faults } });
const bodyMissing = unprocessable([{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }]);

const countFaults = (body: Fields, field: string): readonly Fault[] => {
  const loc = ['body', field];
  if (!Array.isArray(body[field])) return [{ loc, msg: 'field required', type: 'value_error.missing' }];
  const { length } = body[field];
  if (length >= 1 && length <= MAX_ROWS) return [];
  const [bound, limit] = length === 0 ? (['min', 1] as const) : (['max', MAX_ROWS] as const);
  const msg = `ensure this value has at ${bound === 'min' ? 'least' : 'most'} ${String(limit)} items`;
  return [{ loc, msg, type: `value_error.list.${bound}_items`, ctx: { limit_value: limit } }];
};

const idFaults = (loc: Fault['loc'], id: unknown, pattern: RegExp): readonly Fault[] => {
  if (typeof id !== 'string') return [{ loc, msg: 'none is not an allowed value', type: 'type_error.none.not_allowed' }];
  if (pattern.test(id)) return [];
  return [{ loc, msg: 'string does not match regex', type: 'value_error.str.regex', ctx: { pattern: pattern.source } }];
};

const rowFaults = (loc: Fault['loc'], row: unknown): readonly Fault[] =>
  isObject(row) ? [] : [{ loc, msg: 'value is not a valid dict', type: 'type_error.dict' }];

const sizeFaults = (size: unknown): readonly Fault[] => {
  if (typeof size !== 'number' || size <= MAX_SEARCH_SIZE) return [];
  const msg = `ensure this value is less than or equal to ${String(MAX_SEARCH_SIZE)}`;
  return [{ loc: ['body', 'size'], msg, type: 'value_error.number.not_le', ctx: { limit_value: MAX_SEARCH_SIZE } }];
};

/** What an endpoint refuses, counts, charges and finds. */
interface Endpoint {
  /** Empty if the body can be taken; else the whole request is refused, however many of its rows are good. */
  readonly faults: (body: Fields) => readonly Fault[];
  /** The field whose rows count against the limit; one without. */
  readonly list?: string;
  /** Credits charged per row. A row that finds nothing is charged too: the worse of what is not documented. */
  readonly creditsPerRow?: (body: Fields) => number;
  readonly answer: (body: Fields, catalogue: ExploriumCatalogue) => { readonly found: boolean; readonly body: Fields };
}

const eachIn =
  (list: string, faultsOf: (loc: Fault['loc'], row: unknown) => readonly Fault[]): Endpoint['faults'] =>
  (body) => [...countFaults(body, list), ...listIn(body, list).flatMap((row, index) => faultsOf(['body', list, index], row))];

/** Rows of a match in the order asked. */
const matching = (list: string, matched: string, id: string, match: (catalogue: ExploriumCatalogue, row: Fields) => Fields): Endpoint => ({
  faults: eachIn(list, rowFaults),
  list,
  answer: (body, catalogue) => {
    const rows = listIn(body, list).map((row) => match(catalogue, row as Fields));
    const total = rows.filter((row) => typeof row[id] === 'string').length;
    return { found: total > 0, body: { total_results: rows.length, total_matches: total, [matched]: rows } };
  },
});

const contactTypes = ({ parameters }: Fields): ReadonlySet<string> => {
  const asked = isObject(parameters) ? parameters['contact_types'] : undefined;
  return new Set(Array.isArray(asked) ? asked.map(String) : ['email', 'phone']);
};

const endpoints: Readonly<Record<string, Endpoint>> = {
  'POST /v1/businesses': {
    faults: ({ size }) => sizeFaults(size),
    answer: (_body, catalogue) => {
      const { business_id: id } = catalogue.matchBusiness({ domain: 'example.com' });
      return { found: true, body: { data: [catalogue.firmographics(String(id))], total_results: 1 } };
    },
  },
  'POST /v1/businesses/match': matching('businesses_to_match', 'matched_businesses', 'business_id', (catalogue, row) =>
    catalogue.matchBusiness(row),
  ),
  'POST /v1/businesses/firmographics/enrich': {
    faults: (body) => idFaults(['body', 'business_id'], body['business_id'], BUSINESS_ID),
    answer: (body, catalogue) => {
      const id = String(body['business_id']);
      const data = catalogue.firmographics(id);
      return { found: data !== undefined, body: { data: data ?? null, entity_id: id } };
    },
  },
  'POST /v1/businesses/firmographics/bulk_enrich': {
    faults: eachIn('business_ids', (loc, id) => idFaults(loc, id, BUSINESS_ID)),
    list: 'business_ids',
    answer: (body, catalogue) => {
      // Last asked, first answered: only the id tells whose a row is.
      const ids = listIn(body, 'business_ids').map(String).reverse();
      const data = ids.flatMap((id) => {
        const known = catalogue.firmographics(id);
        return known === undefined ? [] : [{ business_id: id, data: known }];
      });
      return { found: data.length > 0, body: { data, entity_id: null, total_results: data.length } };
    },
  },
  'POST /v1/prospects/match': matching('prospects_to_match', 'matched_prospects', 'prospect_id', (catalogue, row) =>
    catalogue.matchProspect(row),
  ),
  'POST /v1/prospects/contacts_information/bulk_enrich': {
    faults: eachIn('prospect_ids', (loc, id) => idFaults(loc, id, PROSPECT_ID)),
    list: 'prospect_ids',
    creditsPerRow: (body) => (contactTypes(body).has('phone') ? 5 : 2),
    answer: (body, catalogue) => {
      const data = listIn(body, 'prospect_ids').flatMap((id) => {
        const known = catalogue.contacts(String(id), contactTypes(body));
        return known === undefined ? [] : [{ prospect_id: id, data: known }];
      });
      return { found: data.length > 0, body: { data, total_results: data.length } };
    },
  },
};

const charged = (account: Account, endpoint: Endpoint, body: Fields, cost: number): SandboxAnswer => {
  if (cost > account.credits) return failure(account, 403, OUT_OF_CREDITS);
  if (account.state === 'request_failure') return success(account, 'failure', {});
  account.credits -= cost;
  const answer = endpoint.answer(body, account.catalogue);
  return success(account, answer.found ? 'success' : 'miss', answer.body);
};

const handlerOf =
  (endpoint: Endpoint): Handler<Account> =>
  ({ account, request, body }) => {
    if (!isObject(request.body)) return withLimits(account, bodyMissing);
    const { faults, list, creditsPerRow = () => 1 } = endpoint;
    const found = faults(body);
    if (found.length > 0) return limited(account, 1, () => unprocessable(found));
    const rows = list === undefined ? 1 : listIn(body, list).length;
    return limited(account, rows, () => charged(account, endpoint, body, rows * creditsPerRow(body)));
  };

const find = createRouter<Account>(
  {
    [CREDITS]: ({ account }) =>
      limited(account, 1, () => success(account, 'success', { allocated_credits: ALLOCATED_CREDITS, remaining_credits: account.credits })),
    ...Object.fromEntries(Object.entries(endpoints).map(([route, endpoint]) => [route, handlerOf(endpoint)])),
  },
  {
    notFound: { status: 404, body: { detail: 'Not Found' } },
    methodNotAllowed: { status: 405, body: { detail: 'Method Not Allowed' } },
    malformed: bodyMissing,
  },
);

const answer = (account: Account, request: SandboxRequest): SandboxAnswer => {
  if (account.state === 'key_revoked' || !WELL_FORMED_KEY.test(request.headers['api_key'] ?? '')) return failure(account, 401);
  const found = find(request);
  if (account.state === 'missing_scopes' && found.route !== CREDITS) return withLimits(account, failure(account, 403));
  const response = found.respond(account);
  return response.headers === undefined ? withLimits(account, response) : response;
};

export const exploriumSimulator = defineSimulator<Account>({
  name: 'explorium',
  open: (parts) => ({
    parts,
    catalogue: new ExploriumCatalogue(),
    window: new RateWindow({ limit: 200, lengthMs: 60_000, kind: 'rolling' }),
    credits: ALLOCATED_CREDITS,
    state: 'working',
    nextForm: 'first',
    isSecondFormOnly: false,
  }),
  answer,
  // Without filling the window, so that the throttle ends with the fault.
  throttled: (account) => tooMany(account, THROTTLE_MS),
  failure,
  scenarios: {
    out_of_credits: (account) => (account.credits = 0),
    key_revoked: (account) => (account.state = 'key_revoked'),
    missing_scopes: (account) => (account.state = 'missing_scopes'),
    second_429_body: (account) => (account.isSecondFormOnly = true),
    request_failure: (account) => (account.state = 'request_failure'),
  },
});
