/**
 * How the documented exchanges of Mailchimp are replayed.
 */
import type { MailchimpClient } from '../../src/services/mailchimp/mailchimpClient.ts';
import type { NewMember } from '../../src/services/mailchimp/mailchimpInputs.ts';
import type { SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

const LIST = '16ed227135';
const EMAIL = 'person.one+save@example.com';

/** As any caller that asks for nothing by mistake; the client's own type does not allow it. */
const emptyMember = {} as NewMember;

const createMember = (client: MailchimpClient) => client.createMember(LIST, { email_address: EMAIL, status: 'subscribed' });

const createdBefore = (simulator: SimulatorInstance): void => {
  const answer = simulator.answer({
    method: 'POST',
    path: `/lists/${LIST}/members`,
    query: new URLSearchParams(),
    headers: { authorization: `Basic ${Buffer.from('anystring:arranging-us19').toString('base64')}` },
    body: { email_address: EMAIL, status: 'subscribed' },
    malformed: false,
  });
  if (answer.status !== 200) throw new Error(`arranging a member was answered ${String(answer.status)}`);
};

const enter =
  (scenario: string, ...first: readonly ((simulator: SimulatorInstance) => void)[]) =>
  (simulator: SimulatorInstance): void => {
    for (const arrange of first) arrange(simulator);
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`the simulator has no scenario ${scenario}`);
    begin();
  };

export const mailchimpCases: readonly CaseScript<MailchimpClient>[] = [
  { case: 'ping (health check)', call: (client) => client.ping(), outcome: 'answer' },
  { case: 'create member', call: createMember, outcome: 'answer' },
  {
    case: 'tag member (204, empty)',
    call: (client) => client.tagMember(LIST, EMAIL, { tags: [{ name: 'TestTag2', status: 'active' }] }),
    outcome: 'answer',
    arrange: createdBefore,
  },
  { case: '400 invalid resource', call: (client) => client.createMember(LIST, emptyMember), outcome: 'upstream_rejected' },
  { case: '400 member exists', call: createMember, outcome: 'upstream_rejected', arrange: createdBefore },
  {
    case: '400 compliance state',
    call: (client) => client.upsertMember(LIST, EMAIL, { status: 'subscribed' }),
    outcome: 'upstream_rejected',
    arrange: enter('members_in_compliance_state', createdBefore),
  },
  { case: '401 api key invalid', call: (client) => client.ping(), outcome: 'upstream_unauthorized', arrange: enter('key_revoked') },
  { case: '404 resource not found', call: (client) => client.getMember(LIST, EMAIL), outcome: 'upstream_rejected' },
  {
    case: '429 ten simultaneous connections',
    call: (client) => client.listLists(),
    outcome: 'upstream_rate_limited',
    ask: (simulator, request) => simulator.throttled(request),
  },
];
