import { expect } from 'chai';
import type { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { OutcomeUnknownError, UpstreamContractBrokenError, UpstreamQuotaExhaustedError } from '../../../../src/errors/upstreamErrors.ts';
import type { ExploriumClient } from '../../../../src/services/explorium/exploriumClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, type Reply } from '../../../support/httpHouse.ts';
import { brokenDown, company, ID, matched, ok, OTHER_ID, scriptedExplorium, type ScriptedExplorium } from './scriptedExplorium.ts';

const PROSPECT = 'ee936e451b50c70e068e1b54e106cb89173198c4';
const OTHER_PROSPECT = 'd668424ab4f6aaeeeb74248d56b8335383fd522b';
const MATCH = 'POST /v1/businesses/match';
const ENRICH = 'POST /v1/businesses/firmographics/bulk_enrich';

const outOfCredits = json(403, { details: 'You have insufficient credits to perform this operation.', correlation_id: 'c' });
const failedRow = { input: {}, error: 'The row could not be processed', error_type: 'processing_error' };
const refusedFor = (place: readonly (string | number)[]): Reply => json(422, { detail: [{ loc: place, msg: 'no', type: 'value_error' }] });

describe('bulk lookups of Explorium', () => {
  let explorium: ScriptedExplorium;

  const clientOver = (...replies: readonly Reply[]): ExploriumClient => {
    explorium = scriptedExplorium(...replies);
    return explorium.client;
  };

  afterEach(() => {
    explorium.close();
  });

  it('match all in one call, enrich the ids found in another, and answer one row per domain', async () => {
    const client = clientOver(
      matched(ID, null, OTHER_ID),
      ok({
        data: [
          { business_id: OTHER_ID, data: { name: 'Three' } },
          { business_id: ID, data: { name: 'One' } },
        ],
      }),
    );

    const answer = await client.enrichCompanies(['one.com', 'two.com', 'three.com', 'ONE.com', 'no domain']);

    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'found', business_id: ID, company: { name: 'One' } },
      { index: 1, outcome: 'missing' },
      { index: 2, outcome: 'found', business_id: OTHER_ID, company: { name: 'Three' } },
      { index: 3, outcome: 'found', business_id: ID, company: { name: 'One' } },
      { index: 4, outcome: 'refused', reason: 'invalid_row', fields: ['domain'] },
    ]);
    expect(answer).to.include({ found: 3, missing: 1, refused: 1, failed: 0 });
    expect(explorium.bodies()).to.deep.equal([
      { businesses_to_match: [{ domain: 'one.com' }, { domain: 'two.com' }, { domain: 'three.com' }] },
      { business_ids: [ID, OTHER_ID] },
    ]);
  });

  it('keep what was matched where the second step fails, and repeat no paid call', async () => {
    const client = clientOver(matched(ID, null, OTHER_ID), brokenDown);

    const { rows } = await client.enrichCompanies(['one.com', 'two.com', 'three.com']);

    expect(rows).to.deep.equal([
      { index: 0, outcome: 'failed', reason: 'outcome_unknown', retryable: false, business_id: ID },
      { index: 1, outcome: 'missing' },
      { index: 2, outcome: 'failed', reason: 'outcome_unknown', retryable: false, business_id: OTHER_ID },
    ]);
    expect(explorium.lines()).to.deep.equal([MATCH, ENRICH]);
  });

  it('pay once for a row that was asked for before, alone or with others', async () => {
    const client = clientOver(matched(ID), company('One'), matched(OTHER_ID), company('Two'));
    await client.enrichCompany('one.com');

    const first = await client.enrichCompanies(['one.com', 'two.com']);
    const again = await client.enrichCompanies(['two.com', 'one.com']);

    expect([first.found, again.found]).to.deep.equal([2, 2]);
    expect(again).to.have.property('_cached', true);
    expect(explorium.sent).to.have.length(4);
    expect(explorium.bodies()[2]).to.deep.equal({ businesses_to_match: [{ domain: 'two.com' }] });
  });

  it('tell a row that Explorium could not look up, ask for it no second time, and keep it in no cache', async () => {
    const rows = ok({ matched_businesses: [failedRow, { input: {}, business_id: null }] });
    const client = clientOver(rows, rows);

    const first = await client.matchBusinesses([{ name: 'A' }, { name: 'B' }]);
    const second = await client.matchBusinesses([{ name: 'A' }, { name: 'C' }]);

    const failed = { index: 0, outcome: 'failed', reason: 'match_failed', retryable: false };
    expect(first.rows).to.deep.equal([failed, { index: 1, outcome: 'missing' }]);
    expect(second.rows).to.deep.equal(first.rows);
    expect(explorium.lines()).to.deep.equal([MATCH, MATCH]);
  });

  it('ask no second time either where Explorium could look up none of the rows', async () => {
    const client = clientOver(ok({ matched_businesses: [failedRow, failedRow] }));

    const answer = await client.matchBusinesses([{ name: 'A' }, { name: 'B' }]);

    expect(answer).to.include({ found: 0, failed: 2 });
    expect(explorium.lines()).to.deep.equal([MATCH]);
  });

  it('give the others theirs where Explorium refuses all for one row, and name the field at fault', async () => {
    const client = clientOver(
      refusedFor(['body', 'prospects_to_match', 1, 'email']),
      ok({ matched_prospects: [{ input: {}, prospect_id: PROSPECT }] }),
      refusedFor(['body', 'prospects_to_match', 0, 'email']),
    );

    const answer = await client.matchProspects([{ email: 'ada@example.com' }, { email: 'x@y' }]);

    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'found', prospect_id: PROSPECT },
      { index: 1, outcome: 'refused', reason: 'validation_failed', fields: ['email'] },
    ]);
  });

  it('give each prospect its own contacts, of the types wanted', async () => {
    const contacts = { professions_email: 'ada@example.com' };
    const client = clientOver(ok({ data: [{ prospect_id: OTHER_PROSPECT, data: contacts }] }));

    const answer = await client.enrichProspectContacts([PROSPECT, OTHER_PROSPECT, 'ada@example.com'], ['email']);

    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'missing' },
      { index: 1, outcome: 'found', prospect_id: OTHER_PROSPECT, contacts },
      { index: 2, outcome: 'refused', reason: 'invalid_row', fields: ['prospect_id'] },
    ]);
    expect(explorium.bodies()).to.deep.equal([{ prospect_ids: [PROSPECT, OTHER_PROSPECT], parameters: { contact_types: ['email'] } }]);
  });

  it('keep contacts of one kind apart from those of another', async () => {
    const client = clientOver(ok({ data: [] }));

    await Promise.all([client.enrichProspectContacts([PROSPECT], ['email']), client.enrichProspectContacts([OTHER_PROSPECT], ['phone'])]);

    expect(explorium.sent).to.have.length(2);
  });

  it('enrich companies by the ids that are some', async () => {
    const client = clientOver(company('One'));

    const answer = await client.enrichBusinesses([ID, ID.toUpperCase()]);

    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'found', business_id: ID, company: { name: 'One' } },
      { index: 1, outcome: 'refused', reason: 'invalid_row', fields: ['business_id'] },
    ]);
  });

  const whole: readonly (readonly [string, Reply, abstract new (...given: never[]) => GatewayError])[] = [
    ['Explorium breaks down', brokenDown, OutcomeUnknownError],
    ['the credits are spent', outOfCredits, UpstreamQuotaExhaustedError],
    ['rows come in another number: nobody could tell whose they are', matched(ID), UpstreamContractBrokenError],
  ];
  for (const [what, reply, kind] of whole) {
    it(`fail as a whole, after one call, where ${what}`, async () => {
      const client = clientOver(reply);

      await errorOf(client.enrichCompanies(['one.com', 'two.com', 'no domain']), kind);

      expect(explorium.sent).to.have.length(1);
    });
  }

  it('send nothing where no row can be sent', async () => {
    const client = clientOver(matched(ID));

    const answer = await client.enrichCompanies(['no domain']);

    expect(answer).to.include({ found: 0, refused: 1 });
    expect(explorium.sent).to.deep.equal([]);
  });

  it('take 1 to 50 rows', async () => {
    const client = clientOver(matched(ID));
    const many = Array.from({ length: 51 }, (_, index) => `a${String(index)}.com`);

    await errorOf(client.enrichCompanies([]), InvalidRequestError);
    await errorOf(client.enrichCompanies(many), InvalidRequestError);
    await errorOf(client.matchBusinesses([]), InvalidRequestError);
    await errorOf(client.enrichBusinesses(many), InvalidRequestError);
    await errorOf(client.matchProspects(many.map((domain) => ({ company_name: domain }))), InvalidRequestError);
    await errorOf(client.enrichProspectContacts([]), InvalidRequestError);

    expect(explorium.sent).to.deep.equal([]);
  });
});
