/**
 * The simulated mail: every send that is accepted is delivered, a second one of the same mail, too. `GET /v3/messages` shows
 * what arrived.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { isObject, listIn, textIn } from '../simulation/simulatedFields.ts';
import type { SendgridSimulatedAccount } from './sendgridSandboxAccount.ts';
import { endpoint, json, numberIn, refused, type Endpoint, type EndpointCall } from './sendgridSandboxEndpoint.ts';
import { mailEvents } from './sendgridSandboxWebhooks.ts';

const MAX_PERSONALIZATIONS = 1_000;
const MAX_RECIPIENTS = 1_000;
const MAX_CATEGORIES = 10;
const MAX_AHEAD_MS = 72 * 3_600_000;
const MAX_MESSAGES = 1_000;

type Fields = Readonly<Record<string, unknown>>;

const personalizationsOf = (mail: Fields): readonly Fields[] => listIn(mail, 'personalizations').filter(isObject);

const recipientsOf = (personalization: Fields): readonly string[] =>
  ['to', 'cc', 'bcc'].flatMap((kind) =>
    listIn(personalization, kind).map((person) => (isObject(person) ? textIn(person, 'email').toLowerCase() : '')),
  );

/** What is wrong with a mail: the field, and SendGrid's sentence or one like it. */
interface Fault {
  readonly field: string;
  readonly message: string;
  readonly isIn: (mail: Fields, now: number) => boolean;
}

const isAddress = (email: string): boolean => email.includes('@');
const isTemplated = (mail: Fields): boolean => textIn(mail, 'template_id') !== '';
const hasSubject = (part: Fields): boolean => textIn(part, 'subject') !== '';

const faults: readonly Fault[] = [
  {
    field: 'personalizations',
    message: 'The personalizations field is required and must have at least one personalization.',
    isIn: (mail) => personalizationsOf(mail).length === 0,
  },
  {
    field: 'personalizations',
    message: 'You may not have more than 1000 personalizations or recipients per request.',
    isIn: (mail) =>
      personalizationsOf(mail).length > MAX_PERSONALIZATIONS || personalizationsOf(mail).flatMap(recipientsOf).length > MAX_RECIPIENTS,
  },
  {
    field: 'personalizations.0.to',
    message:
      'The to array is required for all personalization objects, and must have at least one email object with a valid email address.',
    isIn: (mail) => personalizationsOf(mail).some((each) => listIn(each, 'to').length === 0 || !recipientsOf(each).every(isAddress)),
  },
  {
    field: 'from.email',
    message: 'The from object must be provided for every email send. It is an object that requires the email parameter.',
    isIn: ({ from }) => !isObject(from) || !isAddress(textIn(from, 'email')),
  },
  {
    field: 'subject',
    message: 'The subject is required. You can get around this requirement if you use a template with a subject defined.',
    isIn: (mail) => !isTemplated(mail) && !hasSubject(mail) && !personalizationsOf(mail).every(hasSubject),
  },
  {
    field: 'content',
    message: 'Unless a valid template_id is provided, the content parameter is required.',
    isIn: (mail) => !isTemplated(mail) && listIn(mail, 'content').length === 0,
  },
  {
    field: 'categories',
    message: 'You may not have more than 10 categories.',
    isIn: (mail) => listIn(mail, 'categories').length > MAX_CATEGORIES,
  },
  {
    field: 'send_at',
    message: 'Mail may be scheduled at most 72 hours ahead.',
    isIn: ({ send_at: at }, now) => typeof at === 'number' && at * 1000 > now + MAX_AHEAD_MS,
  },
];

const isTrial = ({ mail_settings: settings }: Fields): boolean => {
  const mode = isObject(settings) ? settings['sandbox_mode'] : undefined;
  return isObject(mode) && mode['enable'] === true;
};

const customArgsOf = ({ custom_args: args }: Fields): Fields => (isObject(args) ? args : {});

/** Suppressed addresses are dropped; only webhooks tell. */
const deliver = (account: SendgridSimulatedAccount, mail: Fields, messageId: string): void => {
  const from = isObject(mail['from']) ? textIn(mail['from'], 'email') : '';
  for (const personalization of personalizationsOf(mail)) {
    const subject = textIn(personalization, 'subject') || textIn(mail, 'subject');
    for (const to of recipientsOf(personalization)) {
      const dropReason = account.dropReason(to);
      if (dropReason === undefined) account.deliveries.push({ messageId, from, to, subject, at: account.now });
      const customArgs = { ...customArgsOf(mail), ...customArgsOf(personalization) };
      for (const event of mailEvents({ email: to, messageId, at: account.now, customArgs, dropReason })) account.tell(event);
    }
  }
};

const send = ({ account, body }: EndpointCall): SandboxAnswer => {
  const found = faults.filter(({ isIn }) => isIn(body, account.now));
  if (found.length > 0) return json({ errors: found.map(({ field, message }) => ({ message, field, help: null })) }, 400);
  if (isTrial(body)) return { status: 200 };
  const messageId = account.newMessageId();
  deliver(account, body, messageId);
  return { status: 202, headers: { 'x-message-id': messageId } };
};

const messages = ({ account, query }: EndpointCall): SandboxAnswer => {
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
};

const batch = ({ account }: EndpointCall): SandboxAnswer => json({ batch_id: account.newBatchId() }, 201);

export const mailEndpoints: readonly Endpoint[] = [
  endpoint('POST /v3/mail/send', send),
  endpoint('POST /v3/mail/batch', batch),
  endpoint('GET /v3/messages', messages),
];

export const tooManyCredits = refused(401, 'Maximum credits exceeded');
export const senderUnverified = refused(
  403,
  'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
  'from',
);
