/**
 * How the documented exchanges of Kit are replayed.
 */
import type { KitClient } from '../../src/services/kit/kitClient.ts';
import type { SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

const ALICE = 'alice@convertkit.dev';
const TAG = '207';
const SEQUENCE = '324';

const enter =
  (scenario: string) =>
  (simulator: SimulatorInstance): void => {
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`the simulator has no scenario ${scenario}`);
    begin();
  };

const tagAlice = (simulator: SimulatorInstance): void => {
  const headers = { 'x-kit-api-key': 'kit_arranging' };
  const path = `/v4/tags/${TAG}/subscribers`;
  const request = { method: 'POST', path, query: new URLSearchParams(), headers, body: { email_address: ALICE }, malformed: false };
  const answer = simulator.answer(request);
  if (answer.status !== 201) throw new Error(`arranging by ${path} was answered ${String(answer.status)}`);
};

export const kitCases: readonly CaseScript<KitClient>[] = [
  { case: 'account (health check)', call: (client) => client.getAccount(), outcome: 'answer' },
  {
    case: 'create subscriber',
    call: (client) =>
      client.upsertSubscriber({
        first_name: 'Alice',
        email_address: ALICE,
        state: 'active',
        fields: { last_name: 'Lamarr', birthday: 'Feb 17', source: 'landing page' },
      }),
    outcome: 'answer',
    arrange: enter('no_subscribers'),
  },
  {
    case: 'upsert existing subscriber',
    call: (client) => client.upsertSubscriber({ first_name: 'Alice', email_address: ALICE }),
    outcome: 'answer',
  },
  {
    case: 'subscriber 422',
    call: (client) => client.upsertSubscriber({ email_address: 'not-an-email' }),
    outcome: 'upstream_rejected',
  },
  { case: 'list by email (cursor pagination)', call: (client) => client.findSubscribers({ email_addresses: [ALICE] }), outcome: 'answer' },
  { case: 'tag subscriber, new', call: (client) => client.addToTag(TAG, { email_address: ALICE }), outcome: 'answer' },
  {
    case: 'tag subscriber, already tagged',
    call: (client) => client.addToTag(TAG, { email_address: ALICE }),
    outcome: 'answer',
    arrange: tagAlice,
  },
  {
    case: 'add subscriber to sequence',
    call: (client) => client.addToSequence(SEQUENCE, { email_address: ALICE }),
    outcome: 'answer',
  },
  {
    case: 'bulk create, partial failure (OAuth only)',
    call: (client) =>
      client.bulkUpsertSubscribers({
        subscribers: [
          { first_name: null, email_address: 'brooke@convertkit.dev' },
          { first_name: 'Camille', email_address: 'camille@convertkit.dev' },
          { first_name: 'Alice', email_address: ALICE },
          { first_name: 'Benito', email_address: null },
        ],
      }),
    outcome: 'answer',
  },
  {
    case: '429 rate limited (plain text)',
    call: (client) => client.listSubscribers(),
    outcome: 'upstream_rate_limited',
    ask: (simulator, request) => simulator.throttled(request),
  },
];
