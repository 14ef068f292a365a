/**
 * How the documented exchanges of Explorium are replayed.
 */
import type { ExploriumClient } from '../../src/services/explorium/exploriumClient.ts';
import type { SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

const enter =
  (scenario: string) =>
  (simulator: SimulatorInstance): void => {
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`the simulator has no scenario ${scenario}`);
    begin();
  };

const throttled: NonNullable<CaseScript<ExploriumClient>['ask']> = (simulator, request) => simulator.throttled(request);

const matchByName = (client: ExploriumClient) => client.matchBusinesses([{ name: 'Example' }]);

export const exploriumCases: readonly CaseScript<ExploriumClient>[] = [
  { case: 'credits (health check)', call: (client) => client.getCredits(), outcome: 'answer' },
  {
    case: 'match prospects',
    call: (client) =>
      client.matchProspects([
        { business_id: '19fbe842a2e51db95d4f92333f2cc63a', linkedin: 'https://www.linkedin.com/in/jane-doe-example' },
        { full_name: 'Jane Roe', company_name: 'Example' },
        { email: 'pat@example.com' },
      ]),
    outcome: 'answer',
  },
  {
    case: 'prospects contacts bulk enrich',
    call: (client) =>
      client.enrichProspectContacts(['ee936e451b50c70e068e1b54e106cb89173198c4', 'd668424ab4f6aaeeeb74248d56b8335383fd522b']),
    outcome: 'answer',
  },
  {
    case: '403 insufficient credits',
    call: matchByName,
    outcome: 'upstream_quota_exhausted',
    arrange: enter('out_of_credits'),
  },
  { case: '422 FastAPI validation', call: (client) => client.searchBusinesses({ size: 500, filters: {} }), outcome: 'upstream_rejected' },
  { case: '429 form A (rate limit page)', call: matchByName, outcome: 'upstream_rate_limited', ask: throttled },
  {
    case: '429 form B (error page)',
    call: matchByName,
    outcome: 'upstream_rate_limited',
    arrange: enter('second_429_body'),
    ask: throttled,
  },
];
