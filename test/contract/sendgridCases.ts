/**
 * How the documented exchanges of SendGrid are replayed.
 */
import type { SendgridClient } from '../../src/services/sendgrid/sendgridClient.ts';
import type { Mail } from '../../src/services/sendgrid/sendgridMail.ts';
import type { SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

const templated: Mail = {
  personalizations: [
    {
      to: [
        { email: 'alex@example.com', name: 'Alex' },
        { email: 'bola@example.com', name: 'Bola' },
      ],
      dynamic_template_data: { subject: 'Hello, Alex', customer_name: 'Alex', confirmation_number: '123abc456def789hij0' },
    },
  ],
  from: { email: 'orders@example.com', name: 'Example Order Confirmation' },
  reply_to: { email: 'customer_service@example.com', name: 'Example Customer Service Team' },
  template_id: 'd-123abc456def789hij0klm123nop456qrs789tuv0xyz',
  categories: ['cake', 'pie', 'baking'],
  send_at: 1_617_260_400,
  batch_id: 'AsdFgHjklQweRTYuIopzXcVBNm0aSDfGHjklmZcVbNMqWert1znmOP2asDFjkl',
  asm: { group_id: 12_345, groups_to_display: [12_345] },
  ip_pool_name: 'transactional email',
  mail_settings: { bypass_list_management: { enable: false }, footer: { enable: false }, sandbox_mode: { enable: false } },
  tracking_settings: {
    click_tracking: { enable: true, enable_text: false },
    open_tracking: { enable: true, substitution_tag: '%open-track%' },
    subscription_tracking: { enable: false },
  },
};

/** What the documentation sends to be refused. */
const bare: Mail = { personalizations: [{ to: [{ email: 'alex@example.com' }] }], from: { email: 'orders@example.com' } };

const EMAILS = ['jane_doe@example.com', 'john_doe@example.com', 'joann_doe@example.com'];

const enter =
  (scenario: string) =>
  (simulator: SimulatorInstance): void => {
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`the simulator has no scenario ${scenario}`);
    begin();
  };

export const sendgridCases: readonly CaseScript<SendgridClient>[] = [
  { case: 'scopes (health check)', call: (client) => client.getScopes(), outcome: 'answer' },
  { case: 'mail send with dynamic template (202, empty)', call: (client) => client.sendMail(templated), outcome: 'answer' },
  { case: 'get contacts by emails, one missing', call: (client) => client.findContacts({ emails: EMAILS }), outcome: 'answer' },
  { case: 'global suppression check', call: (client) => client.isSuppressed('test@example.com'), outcome: 'answer' },
  {
    case: '401 authorization required',
    call: (client) => client.getScopes(),
    outcome: 'upstream_unauthorized',
    arrange: enter('key_revoked'),
  },
  {
    case: '403 access forbidden',
    call: (client) => client.sendMail(bare),
    outcome: 'missing_scopes',
    arrange: enter('mail_scope_missing'),
  },
  {
    case: '429 too many requests',
    call: (client) => client.listSuppressions('bounces', { limit: 500, offset: 0 }),
    outcome: 'upstream_rate_limited',
    ask: (simulator, request) => simulator.throttled(request),
  },
];
