/**
 * The simulated mail: every send that is accepted is delivered, a second one of the same mail, too; `GET /v3/messages` shows
 * what arrived, and the event webhook tells what became of each.
 */
import { minutes, seconds } from '../../src/time/clock.ts';
import { digest, isObject, listIn, textIn, type Fields } from '../simulation/fields.ts';
import { numberIn } from '../simulation/paging.ts';
import type { Routes } from '../simulation/router.ts';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { WebhookStyle } from '../simulation/webhooks.ts';
import type { SendgridAccount } from './sendgridAccount.ts';

const MAX_PERSONALIZATIONS = 1_000;
const MAX_RECIPIENTS = 1_000;
const MAX_CATEGORIES = 10;
const MAX_AHEAD_MS = minutes(72 * 60);
const MAX_MESSAGES = 1_000;

export const json = (body: unknown, status = 200): SandboxAnswer => ({ status, headers: { 'content-type': 'application/json' }, body });

/** The one shape of SendGrid's refusals. @param field `null`, or the word: SendGrid has both for none. */
export const refused = (status: number, message: string, field: string | null = null): SandboxAnswer =>
  json({ errors: [{ field, message }] }, status);

const personalizationsOf = (mail: Fields): readonly Fields[] => listIn(mail, 'personalizations').filter(isObject);

const recipientsOf = (personalization: Fields): readonly string[] =>
  ['to', 'cc', 'bcc'].flatMap((kind) =>
    listIn(personalization, kind).map((person) => (isObject(person) ? textIn(person, 'email').toLowerCase() : '')),
  );

const isAddress = (email: string): boolean => email.includes('@');
const isTemplated = (mail: Fields): boolean => textIn(mail, 'template_id') !== '';
const hasSubject = (part: Fields): boolean => textIn(part, 'subject') !== '';

/** What is wrong with a mail: the field, SendGrid's sentence or one like it, and when. */
const rules: readonly (readonly [field: string, message: string, isBroken: (mail: Fields, now: number) => boolean])[] = [
  [
    'personalizations',
    'The personalizations field is required and must have at least one personalization.',
    (mail) => personalizationsOf(mail).length === 0,
  ],
  [
    'personalizations',
    'You may not have more than 1000 personalizations or recipients per request.',
    (mail) =>
      personalizationsOf(mail).length > MAX_PERSONALIZATIONS || personalizationsOf(mail).flatMap(recipientsOf).length > MAX_RECIPIENTS,
  ],
  [
    'personalizations.0.to',
    'The to array is required for all personalization objects, and must have at least one email object with a valid email address.',
    (mail) => personalizationsOf(mail).some((each) => listIn(each, 'to').length === 0 || !recipientsOf(each).every(isAddress)),
  ],
  [
    'from.email',
    'The from object must be provided for every email send. It is an object that requires the email parameter.',
    ({ from }) => !isObject(from) || !isAddress(textIn(from, 'email')),
  ],
  [
    'subject',
    'The subject is required. You can get around this requirement if you use a template with a subject defined.',
    (mail) => !isTemplated(mail) && !hasSubject(mail) && !personalizationsOf(mail).every(hasSubject),
  ],
  [
    'content',
    'Unless a valid template_id is provided, the content parameter is required.',
    (mail) => !isTemplated(mail) && listIn(mail, 'content').length === 0,
  ],
  ['categories', 'You may not have more than 10 categories.', (mail) => listIn(mail, 'categories').length > MAX_CATEGORIES],
  [
    'send_at',
    'Mail may be scheduled at most 72 hours ahead.',
    ({ send_at: at }, now) => typeof at === 'number' && at * 1000 > now + MAX_AHEAD_MS,
  ],
];

const isTrial = ({ mail_settings: settings }: Fields): boolean => {
  const mode = isObject(settings) ? settings['sandbox_mode'] : undefined;
  return isObject(mode) && mode['enable'] === true;
};

/** The sender's own fields, which come back in events. */
const customArgsOf = ({ custom_args: args }: Fields): Fields => (isObject(args) ? args : {});

/** Suppressed addresses are dropped; only webhooks tell. */
const deliver = (account: SendgridAccount, mail: Fields, messageId: string): void => {
  const from = isObject(mail['from']) ? textIn(mail['from'], 'email') : '';
  const at = account.now;
  for (const personalization of personalizationsOf(mail)) {
    const subject = textIn(personalization, 'subject') || textIn(mail, 'subject');
    const customArgs = { ...customArgsOf(mail), ...customArgsOf(personalization) };
    for (const to of recipientsOf(personalization)) {
      const reason = account.dropReason(to);
      if (reason === undefined) account.deliveries.push({ messageId, from, to, subject, at });
      for (const event of reason === undefined ? ['processed', 'delivered'] : ['dropped']) {
        const told = { email: to, timestamp: Math.floor(at / 1000), event, sg_message_id: messageId };
        const id = digest('sha256', JSON.stringify(told), 'base64url').slice(0, 22);
        account.parts.emit?.({ type: event, body: { ...customArgs, ...told, sg_event_id: id, ...(reason !== undefined && { reason }) } });
      }
    }
  }
};

export const SEND = 'POST /v3/mail/send';

export const mailRoutes: Routes<SendgridAccount> = {
  [SEND]: ({ account, body }) => {
    const broken = rules.filter(([, , isBroken]) => isBroken(body, account.now));
    if (broken.length > 0) return json({ errors: broken.map(([field, message]) => ({ message, field, help: null })) }, 400);
    if (isTrial(body)) return { status: 200 };
    const messageId = account.newShortId(22);
    deliver(account, body, messageId);
    return { status: 202, headers: { 'x-message-id': messageId } };
  },
  'POST /v3/mail/batch': ({ account }) => json({ batch_id: account.newShortId(62) }, 201),
  'GET /v3/messages': ({ account, query }) => {
    const rows = account.deliveries.toReversed().slice(0, Math.min(MAX_MESSAGES, numberIn(query, 'limit', 10)));
    return json({
      messages: rows.map(({ messageId, from, to, subject, at }) => ({
        msg_id: messageId,
        from_email: from,
        to_email: to,
        subject,
        status: 'delivered',
        last_event_time: account.timestamp(at),
      })),
    });
  },
};

/** The event webhook, signed with a key of its own. */
export const sendgridWebhooks: WebhookStyle = {
  events: ['processed', 'delivered', 'dropped'],
  maxEvents: 1_000,
  // How long it waits is not known.
  timeoutMs: seconds(10),
  // At growing intervals for 24 hours, as documented; the intervals are not.
  repeatAfterMs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map(minutes),
  secret: 'none',
  compose: (events, { wallTime }, { sign }) => {
    const body = JSON.stringify(events.map((event) => event.body));
    const timestamp = String(Math.floor(wallTime / 1000));
    const headers = {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': sign(timestamp + body, 'base64'),
      'x-twilio-email-event-webhook-timestamp': timestamp,
    };
    return { body, headers };
  },
};
