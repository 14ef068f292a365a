/**
 * What the simulated Explorium answers where, what it refuses, and what it charges.
 */
import { MAX_ROWS, BUSINESS_ID, PROSPECT_ID } from '../../src/services/explorium/exploriumInputs.ts';
import type { ExploriumCatalogue, Row } from './exploriumSandboxCatalogue.ts';

/** An entry of a FastAPI 422. */
export interface Fault {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

export interface Endpoint {
  /** Empty if the body can be taken; else the whole request is refused, however many of its rows are good. */
  readonly faults: (body: Row) => readonly Fault[];
  /** How many entities it counts against the limit. */
  readonly rows: (body: Row) => number;
  /** Credits charged per row. A row that finds nothing is charged too: the worse of what is not documented. */
  readonly creditsPerRow: (body: Row) => number;
  readonly answer: (body: Row, catalogue: ExploriumCatalogue) => { readonly found: boolean; readonly body: Row };
}

const listIn = (body: Row, field: string): readonly unknown[] => (Array.isArray(body[field]) ? body[field] : []);

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

const notAnObject = (loc: Fault['loc']): Fault => ({ loc, msg: 'value is not a valid dict', type: 'type_error.dict' });

const countFaults = (body: Row, field: string): readonly Fault[] => {
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

const faultsOfRows =
  (field: string) =>
  (body: Row): readonly Fault[] => [
    ...countFaults(body, field),
    ...listIn(body, field).flatMap((row, index) => (isObject(row) ? [] : [notAnObject(['body', field, index])])),
  ];

const faultsOfIds =
  (field: string, pattern: RegExp) =>
  (body: Row): readonly Fault[] => [
    ...countFaults(body, field),
    ...listIn(body, field).flatMap((id, index) => idFaults(['body', field, index], id, pattern)),
  ];

const oneCredit = (): number => 1;
const count =
  (field: string) =>
  (body: Row): number =>
    listIn(body, field).length;

/** The rows of a match in the order asked. */
const matched = (rows: readonly Row[], field: string, id: string): { readonly found: boolean; readonly body: Row } => {
  const total = rows.filter((row) => typeof row[id] === 'string').length;
  return { found: total > 0, body: { total_results: rows.length, total_matches: total, [field]: rows } };
};

const matchBusinesses: Endpoint = {
  faults: faultsOfRows('businesses_to_match'),
  rows: count('businesses_to_match'),
  creditsPerRow: oneCredit,
  answer: (body, catalogue) => {
    const rows = listIn(body, 'businesses_to_match').map((row) => catalogue.matchBusiness(row as Row));
    return matched(rows, 'matched_businesses', 'business_id');
  },
};

const matchProspects: Endpoint = {
  faults: faultsOfRows('prospects_to_match'),
  rows: count('prospects_to_match'),
  creditsPerRow: oneCredit,
  answer: (body, catalogue) => {
    const rows = listIn(body, 'prospects_to_match').map((row) => catalogue.matchProspect(row as Row));
    return matched(rows, 'matched_prospects', 'prospect_id');
  },
};

const enrichFirmographics: Endpoint = {
  faults: (body) => idFaults(['body', 'business_id'], body['business_id'], BUSINESS_ID),
  rows: oneCredit,
  creditsPerRow: oneCredit,
  answer: (body, catalogue) => {
    const id = String(body['business_id']);
    const data = catalogue.firmographics(id);
    return { found: data !== undefined, body: { data: data ?? null, entity_id: id } };
  },
};

/** Last asked, first answered: only the id tells whose a row is. */
const bulkEnrichFirmographics: Endpoint = {
  faults: faultsOfIds('business_ids', BUSINESS_ID),
  rows: count('business_ids'),
  creditsPerRow: oneCredit,
  answer: (body, catalogue) => {
    const ids = listIn(body, 'business_ids').map(String).reverse();
    const data = ids.flatMap((id) => {
      const known = catalogue.firmographics(id);
      return known === undefined ? [] : [{ business_id: id, data: known }];
    });
    return { found: data.length > 0, body: { data, entity_id: null, total_results: data.length } };
  },
};

const contactTypes = (body: Row): ReadonlySet<string> => {
  const asked = isObject(body['parameters']) ? body['parameters']['contact_types'] : undefined;
  return new Set(Array.isArray(asked) ? asked.map(String) : ['email', 'phone']);
};

const enrichContacts: Endpoint = {
  faults: faultsOfIds('prospect_ids', PROSPECT_ID),
  rows: count('prospect_ids'),
  creditsPerRow: (body) => (contactTypes(body).has('phone') ? 5 : 2),
  answer: (body, catalogue) => {
    const ids = listIn(body, 'prospect_ids').map(String);
    const data = ids.flatMap((id) => {
      const known = catalogue.contacts(id, contactTypes(body));
      return known === undefined ? [] : [{ prospect_id: id, data: known }];
    });
    return { found: data.length > 0, body: { data, total_results: data.length } };
  },
};

const MAX_SEARCH_SIZE = 100;

const searchBusinesses: Endpoint = {
  faults: ({ size }) =>
    typeof size === 'number' && size > MAX_SEARCH_SIZE
      ? [
          {
            loc: ['body', 'size'],
            msg: `ensure this value is less than or equal to ${String(MAX_SEARCH_SIZE)}`,
            type: 'value_error.number.not_le',
            ctx: { limit_value: MAX_SEARCH_SIZE },
          },
        ]
      : [],
  rows: oneCredit,
  creditsPerRow: oneCredit,
  answer: (_body, catalogue) => {
    const { business_id: id } = catalogue.matchBusiness({ domain: 'example.com' });
    const found = catalogue.firmographics(String(id));
    return { found: true, body: { data: [found], total_results: 1 } };
  },
};

export const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/businesses', searchBusinesses],
  ['/v1/businesses/match', matchBusinesses],
  ['/v1/businesses/firmographics/enrich', enrichFirmographics],
  ['/v1/businesses/firmographics/bulk_enrich', bulkEnrichFirmographics],
  ['/v1/prospects/match', matchProspects],
  ['/v1/prospects/contacts_information/bulk_enrich', enrichContacts],
]);
