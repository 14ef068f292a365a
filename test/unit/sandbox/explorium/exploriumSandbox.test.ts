import { expect } from 'chai';
import { exploriumSimulator } from '../../../../sandbox/explorium/exploriumSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';

const ID = '19fbe842a2e51db95d4f92333f2cc63a';
const PROSPECT = 'ee936e451b50c70e068e1b54e106cb89173198c4';
const MATCH = 'POST /v1/businesses/match';

describe('simulated Explorium', () => {
  let now: number;
  let simulator: SimulatorInstance;

  beforeEach(() => {
    now = 1_000_000;
    simulator = exploriumSimulator.create({ now: () => now, random: () => 0.5 });
  });

  const requestOf = (where: string, body?: unknown): SandboxRequest => {
    const [method = '', path = ''] = where.split(' ');
    return { method, path, query: new URLSearchParams(), headers: { api_key: 'sandbox-key' }, body, malformed: false };
  };

  const ask = (where: string, body?: unknown): SandboxAnswer => simulator.answer(requestOf(where, body));

  const enter = (scenario: string): void => {
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`no scenario ${scenario}`);
    begin();
  };

  const rowsFor = (count: number) => ({
    businesses_to_match: Array.from({ length: count }, (_, index) => ({ domain: `c${String(index)}.example.com` })),
  });

  const credits = (): unknown => (ask('GET /v1/credits').body as { readonly remaining_credits: unknown }).remaining_credits;

  it('wants the key in its own header', () => {
    const asked = requestOf('GET /v1/credits');

    expect(simulator.answer(asked).status).to.equal(200);
    expect(simulator.answer({ ...asked, headers: { authorization: 'Bearer sandbox-key' } }).status).to.equal(401);
    expect(simulator.answer({ ...asked, headers: { api_key: 'no' } }).body).to.include({ details: 'Invalid API key' });
  });

  it('counts every row of a batch against 200 in any 60 seconds', () => {
    const statuses = [50, 50, 50, 50, 1].map((rows) => {
      now += 1_000;
      return ask(MATCH, rowsFor(rows)).status;
    });
    now += 56_001;

    expect(statuses).to.deep.equal([200, 200, 200, 200, 429]);
    expect(ask(MATCH, rowsFor(50)).status).to.equal(200);
    expect(ask(MATCH, rowsFor(1)).status).to.equal(429);
  });

  it('tells what is left on every answer, and the reset in unix seconds', () => {
    expect(ask(MATCH, rowsFor(50)).headers).to.deep.equal({
      'x-ratelimit-limit': '200',
      'x-ratelimit-remaining': '150',
      'x-ratelimit-reset': '1060',
    });
  });

  it('says no in two forms by turns, with the wait until enough rows are free', () => {
    for (const rows of [50, 50, 50, 50]) ask(MATCH, rowsFor(rows));
    now += 10_000;

    const first = ask(MATCH, rowsFor(1));
    const second = ask(MATCH, rowsFor(1));

    expect(first.headers).to.include({ 'retry-after': '50', 'x-ratelimit-remaining': '0' });
    expect(first.body).to.include({ error: 'rate_limit_exceeded', retry_after: 50 });
    expect(second.headers).not.to.have.property('retry-after');
    expect(second.body).to.include({ code: 429, retry_after: 50 });
  });

  it('says no in the second form only, if asked to', () => {
    enter('second_429_body');

    const answers = [simulator.throttled(requestOf(MATCH)), simulator.throttled(requestOf(MATCH))];

    expect(answers.map(({ body }) => (body as { readonly code?: number }).code)).to.deep.equal([429, 429]);
  });

  it('ends a throttle with its fault', () => {
    simulator.throttled(requestOf(MATCH));

    expect(ask(MATCH, rowsFor(1)).status).to.equal(200);
  });

  it('charges by row: one credit, for contacts two by email and five with a phone', () => {
    ask(MATCH, rowsFor(3));
    const afterMatch = credits();
    ask('POST /v1/prospects/contacts_information/bulk_enrich', { prospect_ids: [PROSPECT], parameters: { contact_types: ['email'] } });
    const afterEmail = credits();
    ask('POST /v1/prospects/contacts_information/bulk_enrich', { prospect_ids: [PROSPECT] });

    expect([afterMatch, afterEmail, credits()]).to.deep.equal([997, 995, 990]);
  });

  it('keeps the order of a match, with null for the unknown and an error for the failed', () => {
    const domains = ['nobody.test', 'example.com', 'failing.example.com'].map((domain) => ({ domain }));

    const { body } = ask(MATCH, { businesses_to_match: [...domains, { url: 'https://www.example.org/x' }] });

    const rows = (body as { readonly matched_businesses: readonly Record<string, unknown>[] }).matched_businesses;
    expect(rows.slice(0, 2).map((row) => row['business_id'])).to.deep.equal([null, ID]);
    expect(rows[2]).to.include({ error_type: 'processing_error' }).and.not.have.property('business_id');
    expect(rows[3]?.['business_id']).to.match(/^[a-f0-9]{32}$/u);
    expect(body).to.include({ total_results: 4, total_matches: 2 });
  });

  it('answers a miss inside a 200', () => {
    const unknown = ask('POST /v1/businesses/firmographics/enrich', { business_id: 'f'.repeat(32) });

    expect(unknown.status).to.equal(200);
    expect(unknown.body).to.have.nested.property('response_context.request_status', 'miss');
    expect(unknown.body).to.include({ data: null });
  });

  it('answers a failure inside a 200, if asked to, and charges nothing', () => {
    enter('request_failure');

    const answer = ask(MATCH, rowsFor(1));

    expect(answer.status).to.equal(200);
    expect(answer.body).to.have.nested.property('response_context.request_status', 'failure');
    expect(credits()).to.equal(1_000);
  });

  it('answers bulk firmographics in another order, leaving out what it does not know', () => {
    const { body } = ask(MATCH, { businesses_to_match: [{ domain: 'one.example.com' }, { domain: 'no-data.example.com' }] });
    const rows = (body as { readonly matched_businesses: readonly { readonly business_id: string }[] }).matched_businesses;
    const ids = rows.map((row) => row.business_id);

    const bulk = ask('POST /v1/businesses/firmographics/bulk_enrich', { business_ids: [ID, ...ids] });

    const data = (bulk.body as { readonly data: readonly { readonly business_id: string }[] }).data;
    expect(data.map((row) => row.business_id)).to.deep.equal([ids[0], ID]);
  });

  it('refuses a whole batch for one bad id, and names its place', () => {
    const answer = ask('POST /v1/prospects/contacts_information/bulk_enrich', { prospect_ids: [PROSPECT, null, 'short'] });

    const { detail } = answer.body as { readonly detail: readonly { readonly loc: unknown }[] };
    expect(answer.status).to.equal(422);
    expect(detail.map(({ loc }) => loc)).to.deep.equal([
      ['body', 'prospect_ids', 1],
      ['body', 'prospect_ids', 2],
    ]);
    expect(credits()).to.equal(1_000);
  });

  for (const [what, body] of [
    ['no rows', { businesses_to_match: [] }],
    ['51 rows', rowsFor(51)],
    ['no list', {}],
    ['a row that is no object', { businesses_to_match: ['example.com'] }],
    ['no body', undefined],
  ] as const) {
    it(`refuses a match of ${what} with 422`, () => {
      expect(ask(MATCH, body).status).to.equal(422);
    });
  }

  it('finds prospects by email, profile, or name and company', () => {
    const { body } = ask('POST /v1/prospects/match', {
      prospects_to_match: [
        { email: 'pat@example.com' },
        { linkedin: 'https://www.linkedin.com/in/new-example' },
        { full_name: 'Jane Roe', company_name: 'Example' },
        { email: 'pat@nobody.test' },
      ],
    });

    const rows = (body as { readonly matched_prospects: readonly { readonly prospect_id: unknown }[] }).matched_prospects;
    const ids = rows.map((row) => row.prospect_id);
    expect(ids[0]).to.equal(PROSPECT);
    expect(ids[1]).to.match(/^[a-f0-9]{40}$/u);
    expect(ids[2]).to.equal('46ab818ec439a76489024b5727abdf194dfa3329');
    expect(ids[3]).to.equal(null);
  });

  it('knows unknown paths and wrong methods', () => {
    expect([ask('POST /v1/enrichment/company', {}).status, ask('GET /v1/businesses/match').status]).to.deep.equal([404, 405]);
  });

  it('refuses every call once the key is revoked, until it is reset', () => {
    enter('key_revoked');
    const refused = ask('GET /v1/credits').status;
    simulator.reset();

    expect([refused, ask('GET /v1/credits').status]).to.deep.equal([401, 200]);
  });

  it('searches businesses, and refuses a size over 100', () => {
    expect(ask('POST /v1/businesses', { size: 10, filters: {} }).body).to.have.nested.property('data[0].business_id', ID);
    expect(ask('POST /v1/businesses', { size: 101 }).body).to.have.nested.property('detail[0].ctx.limit_value', 100);
  });
});
