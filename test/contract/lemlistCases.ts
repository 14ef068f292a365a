/**
 * How the documented exchanges of Lemlist are replayed.
 */
import type { LemlistClient } from '../../src/services/lemlist/lemlistClient.ts';
import type { SandboxRequest, SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

const CAMPAIGN = 'cam_bSn8EORHQxbWPjHvu';
const OTHER_CAMPAIGN = 'cam_4HrZbi8xsez4QlrnL';
const LEAD = 'lea_fiDpiGV585wy3Oii2';
const EMAIL = 'support@lemlist.com';

const ask = (simulator: SimulatorInstance, method: string, path: string, body?: unknown): void => {
  const [pathname = '', query = ''] = path.split('?');
  const headers: SandboxRequest['headers'] = { authorization: `Basic ${Buffer.from(':arranging').toString('base64')}` };
  const answer = simulator.answer({ method, path: pathname, query: new URLSearchParams(query), headers, body, malformed: false });
  if (answer.status !== 200) throw new Error(`arranging by ${method} ${path} was answered ${String(answer.status)}`);
};

const removeLead = (simulator: SimulatorInstance): void => {
  ask(simulator, 'DELETE', `/campaigns/${CAMPAIGN}/leads/${LEAD}?action=remove`);
};

const moveLeadAway = (simulator: SimulatorInstance): void => {
  removeLead(simulator);
  ask(simulator, 'POST', `/campaigns/${OTHER_CAMPAIGN}/leads/`, { email: EMAIL });
};

const enter =
  (scenario: string, ...first: readonly ((simulator: SimulatorInstance) => void)[]) =>
  (simulator: SimulatorInstance): void => {
    for (const arrange of first) arrange(simulator);
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`the simulator has no scenario ${scenario}`);
    begin();
  };

const addAgain = (client: LemlistClient) => client.addLead(CAMPAIGN, { email: EMAIL }, { deduplicate: true });

export const lemlistCases: readonly CaseScript<LemlistClient>[] = [
  { case: 'team (health check)', call: (client) => client.getTeam(), outcome: 'answer' },
  { case: 'list campaigns', call: (client) => client.listCampaigns({ limit: 100, offset: 0 }), outcome: 'answer' },
  {
    case: 'add lead to campaign',
    call: (client) =>
      client.addLead(
        CAMPAIGN,
        {
          email: EMAIL,
          firstName: 'John',
          lastName: 'Doe',
          companyName: 'lemlist',
          jobTitle: 'GTM Engineer',
          companyDomain: 'example.com',
        },
        { deduplicate: true },
      ),
    outcome: 'answer',
    arrange: removeLead,
  },
  { case: 'get lead by email (one row per campaign)', call: (client) => client.getLeadsByEmail(EMAIL), outcome: 'answer' },
  { case: 'pause lead', call: (client) => client.pauseLead(CAMPAIGN, LEAD), outcome: 'answer' },
  {
    case: '401 wrong credentials',
    call: (client) => client.getTeam(),
    outcome: 'upstream_unauthorized',
    arrange: enter('key_revoked'),
  },
  { case: '404 campaign not found', call: (client) => client.getCampaign('cam_unknown'), outcome: 'upstream_rejected' },
  {
    case: '400 duplicate in the same campaign',
    call: (client) => client.addLead(CAMPAIGN, { email: EMAIL }),
    outcome: 'upstream_rejected',
  },
  {
    case: 'duplicate in another campaign, status until 2026-08',
    call: addAgain,
    outcome: 'upstream_rejected',
    arrange: enter('duplicate_as_500', moveLeadAway),
  },
  {
    case: 'duplicate in another campaign, status since 2026-09',
    call: addAgain,
    outcome: 'upstream_rejected',
    arrange: enter('duplicate_as_409', moveLeadAway),
  },
  {
    case: '500 lead in graveyard',
    call: (client) => client.updateLead(CAMPAIGN, LEAD, { preferredContactMethod: 'email' }),
    outcome: 'upstream_rejected',
    arrange: enter('leads_in_graveyard'),
  },
  {
    case: '429 rate limited',
    call: (client) => client.listCampaigns(),
    outcome: 'upstream_rate_limited',
    ask: (simulator, request) => simulator.throttled(request),
  },
  {
    case: 'bulk unsubscribe (<=10,000 values)',
    call: (client) => client.bulkUnsubscribe({ values: ['john.doe@example.com', '@example.org', '+1234567890'] }),
    outcome: 'answer',
  },
  {
    case: 'unsubscribe one value (documented idempotent)',
    call: (client) => client.unsubscribe({ value: 'john.doe@example.com' }),
    outcome: 'answer',
  },
  {
    case: 'contact upsert created',
    call: (client) =>
      client.upsertContact({
        email: 'jane.smith@example.com',
        firstName: 'Jane',
        lastName: 'Smith',
        linkedinUrl: 'https://linkedin.com/in/janesmith',
        jobTitle: 'Product Manager',
        companyDomain: 'acme.com',
      }),
    outcome: 'answer',
  },
];
