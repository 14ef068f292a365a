/** Answers of hostile providers, and the longest of honest ones. */

export const harmlessAnswer = '{"id":"1","properties":{}}';

const fields = (count, value = 'v') => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, value]));

const rows = (count, row) => Array.from({ length: count }, (_, index) => row(index));

/** A page as each provider has it, of rows with so many fields. */
const pages = {
  hubspot: (count, more) => ({ total: count, results: rows(count, (index) => ({ id: String(index), properties: more })) }),
  mailchimp: (count, more) => ({
    total_items: count,
    members: rows(count, (index) => ({ id: `m${index}`, email_address: 'a@b.co', status: 'subscribed', merge_fields: more })),
  }),
  kit: (count, more) => ({
    pagination: { has_previous_page: false, has_next_page: false },
    subscribers: rows(count, (index) => ({ id: index, email_address: 'a@b.co', fields: more })),
  }),
  sendgrid: (count, more) => ({ result: rows(count, (index) => ({ id: String(index), email: 'a@b.co', custom_fields: more })) }),
  lemlist: (count, more) => rows(count, (index) => ({ _id: `x${index}`, email: 'a@b.co', variables: more })),
  explorium: (count, more) => ({
    data: rows(count, (index) => ({ business_id: String(index), data: more })),
    matched_businesses: rows(count, () => more),
  }),
};

const pageOf = (place, count, more) => JSON.stringify((pages[place.split('/')[1]] ?? pages.hubspot)(count, more));

const kinds = {
  'empty objects': () => `[${'{},'.repeat(2_600_000)}{}]`,
  'one wide object': () => JSON.stringify({ id: '1', properties: fields(150_000) }),
  'deep lists': () => '['.repeat(1_900_000),
  'one long string': () => JSON.stringify({ id: '1', properties: { a: '\n'.repeat(950_000) } }),
  'long numbers': () => `[${'12345678901234567890,'.repeat(19_000)}1]`,
  'a record at the limit': () => JSON.stringify({ id: '1', properties: fields(9_900) }),
  'a broken record at the limit': () => JSON.stringify({ id: '1', properties: fields(9_900, 1) }),
  'nulls at the limit': (place) => pageOf(place, 900, fields(200, null)),
  'a page at the limit': (place) => pageOf(place, 900, fields(200)),
  'a page of broken rows': (place) => pageOf(place, 900, fields(200, { a: [] })),
};

export const ANSWER_KINDS = Object.keys(kinds);

const made = new Map();

export const hostileAnswer = (kind, place) => {
  const key = `${kind} ${place.split('/')[1]}`;
  const text = made.get(key) ?? kinds[kind](place);
  made.set(key, text);
  return text;
};
