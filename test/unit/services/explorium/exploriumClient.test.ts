import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import {
  CircuitOpenError,
  OutcomeUnknownError,
  UpstreamQuotaExhaustedError,
  UpstreamRejectedError,
} from '../../../../src/errors/upstreamErrors.ts';
import type { CallOptions } from '../../../../src/contract/call.ts';
import type { ExploriumClient } from '../../../../src/services/explorium/exploriumClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, type Reply } from '../../../support/httpHouse.ts';
import { brokenDown, company, ID, matched, ok, OTHER_ID, scriptedExplorium, type ScriptedExplorium } from './scriptedExplorium.ts';

const UNAVAILABLE = { enriched: false, error: 'Enrichment temporarily unavailable', _fallback: true };
const NO_DOMAINS = ['', 'example', 'http://example.com', 'example.com/path', '-a.com', 'a..com', `${'a'.repeat(300)}.com`, '192.168.0.1'];

describe('the client of Explorium', () => {
  let explorium: ScriptedExplorium;

  const clientOver = (...replies: readonly Reply[]): ExploriumClient => {
    explorium = scriptedExplorium(...replies);
    return explorium.client;
  };

  afterEach(() => {
    explorium.close();
  });

  it('reports its health by the credits, and its figures', async () => {
    const client = clientOver(ok({ allocated_credits: 1_000, remaining_credits: 964 }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(explorium.lines()).to.deep.equal(['GET /v1/credits']);
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });

  describe('while Explorium answers', () => {
    it('matches the domain and reads the firmographics of the match', async () => {
      const client = clientOver(matched(ID), company('Example Inc'));

      const answer = await client.enrichCompany(' Example.COM ');

      expect(answer).to.deep.equal({ enriched: true, domain: 'example.com', business_id: ID, company: { name: 'Example Inc' } });
      expect(explorium.lines()).to.deep.equal(['POST /v1/businesses/match', 'POST /v1/businesses/firmographics/enrich']);
      expect(explorium.bodies()).to.deep.equal([{ businesses_to_match: [{ domain: 'example.com' }] }, { business_id: ID }]);
      expect(explorium.sent[0]?.headers).to.include({ api_key: 'key' });
    });

    it('gives each company its own answer, and asks nothing twice', async () => {
      const client = clientOver(matched(ID), company('One'), matched(OTHER_ID), company('Other'));
      await client.enrichCompany('one.example.com');

      const other = await client.enrichCompany('other.example.com');
      const again = await client.enrichCompany('one.example.com');

      expect(other).to.deep.include({ company: { name: 'Other' } });
      expect(again).to.deep.include({ company: { name: 'One' }, _cached: true });
      expect(explorium.sent).to.have.length(4);
    });

    it('answers no match without a second call', async () => {
      const client = clientOver(matched(null));

      const answer = await client.enrichCompany('example.com');

      expect(answer).to.deep.equal({ enriched: false, domain: 'example.com', reason: 'no_match' });
      expect(explorium.sent).to.have.length(1);
    });

    it('answers no match when Explorium misses, in either step', async () => {
      const client = clientOver(ok({}, 'miss'), matched(ID), ok({ data: null }, 'miss'));

      const first = await client.enrichCompany('one.example.com');
      const second = await client.enrichCompany('other.example.com');

      expect([first, second]).to.deep.equal([
        { enriched: false, domain: 'one.example.com', reason: 'no_match' },
        { enriched: false, domain: 'other.example.com', reason: 'no_match' },
      ]);
    });

    it('tells the caller once where the whole came from', async () => {
      const told: (readonly [string, string])[] = [];
      const onAnswer: CallOptions['onAnswer'] = ({ source }, { operation }) => void told.push([source, operation]);
      const client = clientOver(matched(ID), company('Example Inc'));

      await client.enrichCompany('example.com', { onAnswer });
      await client.enrichCompany('example.com', { onAnswer });

      expect(told).to.deep.equal([
        ['upstream', 'enrich_firmographics'],
        ['cache', 'enrich_firmographics'],
      ]);
    });

    for (const domain of NO_DOMAINS) {
      it(`refuses ${JSON.stringify(domain.slice(0, 20))} as a domain before anything is sent`, async () => {
        const client = clientOver(matched(ID));

        const error = await errorOf(client.enrichCompany(domain), InvalidRequestError);

        expect(error.faults).to.have.nested.property('[0].at', 'domain');
        expect(explorium.sent).to.deep.equal([]);
      });
    }
  });

  describe('while Explorium is not to be had', () => {
    it('answers that enrichment is unavailable, and says so to listeners', async () => {
      const told: string[] = [];
      const client = clientOver(brokenDown);

      const answer = await client.enrichCompany('example.com', { onAnswer: ({ source }) => void told.push(source) });

      expect(answer).to.deep.equal(UNAVAILABLE);
      expect(told).to.deep.equal(['static']);
    });

    it('answers the same when only the second step fails, and repeats no paid call', async () => {
      const client = clientOver(matched(ID), brokenDown);

      const answer = await client.enrichCompany('example.com');

      expect(answer).to.deep.equal(UNAVAILABLE);
      expect(explorium.sent).to.have.length(2);
    });

    it('answers the same on an open circuit, without a call', async () => {
      const client = clientOver(brokenDown);
      await client.enrichCompany('example.com');

      const answer = await client.enrichCompany('other.example.com');

      expect(answer).to.deep.equal(UNAVAILABLE);
      expect(explorium.sent).to.have.length(1);
    });

    it('answers the same to a failure inside a 200, and counts it against the circuit', async () => {
      const client = clientOver(ok({}, 'failure'));

      const answer = await client.enrichCompany('example.com');

      expect(answer).to.deep.equal(UNAVAILABLE);
      expect(client.getCircuitState().state).to.equal('open');
    });

    it('answers the same to a rate limit, and to a caller whose patience is over', async () => {
      const client = clientOver(json(429, { code: 429, retry_after: 60 }), 'hang');

      const limited = await client.enrichCompany('example.com');
      const impatient = await client.enrichCompany('example.com', { deadlineMs: 5 });

      expect([limited, impatient]).to.deep.equal([UNAVAILABLE, UNAVAILABLE]);
    });

    it('gives a strict caller the error', async () => {
      const client = clientOver(brokenDown);

      await errorOf(client.enrichCompany('example.com', { strict: true }), OutcomeUnknownError);
      await errorOf(client.enrichCompany('example.com', { strict: true }), CircuitOpenError);
    });

    it('hides neither spent credits nor a row that cannot be looked up', async () => {
      const client = clientOver(
        json(403, { details: 'You have insufficient credits to perform this operation.' }),
        ok({ matched_businesses: [{ input: {}, error: 'no', error_type: 'x' }] }),
      );

      await errorOf(client.enrichCompany('example.com'), UpstreamQuotaExhaustedError);
      await errorOf(client.enrichCompany('example.com'), UpstreamRejectedError);
    });
  });
});
