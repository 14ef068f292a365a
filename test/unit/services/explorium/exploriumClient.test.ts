import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { OutcomeUnknownError, UpstreamContractBrokenError } from '../../../../src/errors/upstreamErrors.ts';
import { explorium as descriptor } from '../../../../src/services/explorium/explorium.ts';
import type { ExploriumClient } from '../../../../src/services/explorium/exploriumClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import type { Reply } from '../../../support/httpHouse.ts';
import { brokenDown, ID, matched, ok, OTHER_ID, scriptedExplorium, type ScriptedExplorium } from './scriptedExplorium.ts';

const PROSPECT = 'ee936e451b50c70e068e1b54e106cb89173198c4';

describe('ExploriumClient', () => {
  let explorium: ScriptedExplorium;

  const clientOver = (...replies: readonly Reply[]): ExploriumClient => {
    explorium = scriptedExplorium(...replies);
    return explorium.client;
  };

  afterEach(() => {
    explorium.close();
  });

  describe('enriching many companies', () => {
    it('matches all in one call, enriches the ids found in another, and answers one row per domain', async () => {
      const client = clientOver(
        matched(ID, null, OTHER_ID),
        ok({ data: [{ business_id: OTHER_ID, data: { name: 'Three' } }, { business_id: ID, data: { name: 'One' } }] }),
      );

      const { companies } = await client.enrichCompanies(['one.com', 'two.com', 'three.com', 'ONE.com']);

      expect(companies).to.deep.equal([
        { enriched: true, domain: 'one.com', business_id: ID, company: { name: 'One' } },
        { enriched: false, domain: 'two.com', reason: 'no_match' },
        { enriched: true, domain: 'three.com', business_id: OTHER_ID, company: { name: 'Three' } },
        { enriched: true, domain: 'one.com', business_id: ID, company: { name: 'One' } },
      ]);
      expect(explorium.bodies()).to.deep.equal([
        { businesses_to_match: [{ domain: 'one.com' }, { domain: 'two.com' }, { domain: 'three.com' }] },
        { business_ids: [ID, OTHER_ID] },
      ]);
    });

    it('makes one call where nothing is found, and keeps a bad id out of the second', async () => {
      const client = clientOver(matched(null), matched('../evil', null));

      await client.enrichCompanies(['one.com']);
      const { companies } = await client.enrichCompanies(['two.com', 'three.com']);

      expect(companies.map((row) => 'reason' in row && row.reason)).to.deep.equal(['match_failed', 'no_match']);
      expect(explorium.lines()).to.deep.equal(['POST /v1/businesses/match', 'POST /v1/businesses/match']);
    });

    it('refuses an answer with another number of rows: nobody could tell whose they are', async () => {
      const client = clientOver(matched(ID));

      await errorOf(client.enrichCompanies(['one.com', 'two.com']), UpstreamContractBrokenError);
    });

    it('refuses no domain and more than 50', async () => {
      const client = clientOver(matched(ID));

      await errorOf(client.enrichCompanies([]), InvalidRequestError);
      await errorOf(client.enrichCompanies(Array.from({ length: 51 }, (_, index) => `a${String(index)}.com`)), InvalidRequestError);

      expect(explorium.sent).to.deep.equal([]);
    });

    it('gives the error of the whole batch: an empty answer for 50 companies helps nobody', async () => {
      const client = clientOver(brokenDown);

      await errorOf(client.enrichCompanies(['one.com']), OutcomeUnknownError);
    });
  });

  it('asks for contacts with the types wanted', async () => {
    const client = clientOver(ok({ data: [] }));

    await client.enrichProspectContacts([PROSPECT], ['email']);

    expect(explorium.bodies()[0]).to.deep.equal({ prospect_ids: [PROSPECT], parameters: { contact_types: ['email'] } });
  });

  it('refuses a batch for one bad prospect id, naming its place and not the id', async () => {
    const client = clientOver(ok({ data: [] }));

    const error = await errorOf(client.enrichProspectContacts([PROSPECT, 'ada@example.com']), InvalidRequestError);

    expect(error.faults).to.deep.equal([{ at: 'prospect_ids.1', message: 'must be 40 hexadecimal digits, in lower case' }]);
    expect(explorium.sent).to.deep.equal([]);
  });

  it('refuses batches of no rows and of more than 50', async () => {
    const client = clientOver(matched(ID));

    await errorOf(client.matchBusinesses([]), InvalidRequestError);
    await errorOf(client.matchProspects(Array.from({ length: 51 }, () => ({ email: 'ada@example.com' }))), InvalidRequestError);

    expect(explorium.sent).to.deep.equal([]);
  });

  it('reports its health by the credits, and its figures', async () => {
    const client = clientOver(ok({ allocated_credits: 1_000, remaining_credits: 964 }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(explorium.lines()).to.deep.equal(['GET /v1/credits']);
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});

describe('declarations of Explorium', () => {
  it('say that no paid call is repeated after an unknown outcome', () => {
    const repeatable = descriptor.operations.filter(({ idempotency }) => idempotency !== 'never');

    expect(repeatable.map(({ name }) => name)).to.deep.equal(['get_credits']);
  });

  it('read the quota of a minute', () => {
    const headers = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '150', 'x-ratelimit-reset': '1234567890' };

    const readings = descriptor.readQuota(headers);

    expect(readings).to.deep.equal([{ window: 'minute', limit: 200, remaining: 150, resetAt: 1_234_567_890_000 }]);
  });
});
