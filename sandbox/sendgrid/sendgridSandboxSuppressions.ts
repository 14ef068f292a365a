/**
 * The simulated suppressions.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { textsIn } from '../simulation/simulatedFields.ts';
import type { SendgridSimulatedAccount } from './sendgridSandboxAccount.ts';
import { endpoint, json, noContent, notFound, numberIn, refused, type Endpoint, type EndpointCall } from './sendgridSandboxEndpoint.ts';

const MAX_PAGE = 500;
const GLOBAL = 'unsubscribes';

const list =
  (kind: string) =>
  ({ account, query }: EndpointCall): SandboxAnswer => {
    const [from, to] = [numberIn(query, 'start_time', 0), numberIn(query, 'end_time', Number.MAX_SAFE_INTEGER)];
    const email = query.get('email')?.toLowerCase();
    const rows = [...account.suppressed(kind).values()]
      .filter(({ created }) => created >= from && created <= to)
      .filter((row) => email === undefined || row.email === email)
      .sort((one, other) => other.created - one.created);
    const offset = numberIn(query, 'offset', 0);
    return json(rows.slice(offset, offset + Math.min(MAX_PAGE, numberIn(query, 'limit', MAX_PAGE))));
  };

const emailsIn = ({ body }: EndpointCall): readonly string[] => textsIn(body, 'recipient_emails').map((email) => email.toLowerCase());

const unsubscribe = (account: SendgridSimulatedAccount, emails: readonly string[]): void => {
  const created = Math.floor(account.now / 1000);
  for (const email of emails) account.suppressed(GLOBAL).set(email, { email, created });
};

const noEmails = refused(400, 'recipient_emails is required', 'recipient_emails');

const addGlobal = (call: EndpointCall): SandboxAnswer => {
  const emails = emailsIn(call);
  if (emails.length === 0) return noEmails;
  unsubscribe(call.account, emails);
  return json({ recipient_emails: emails }, 201);
};

const getGlobal = ({ account, params }: EndpointCall): SandboxAnswer => {
  const email = (params['email'] ?? '').toLowerCase();
  return json(account.suppressed(GLOBAL).has(email) ? { recipient_email: email } : {});
};

const removeGlobal = ({ account, params }: EndpointCall): SandboxAnswer =>
  account.suppressed(GLOBAL).delete((params['email'] ?? '').toLowerCase()) ? noContent : notFound;

/** Addresses for a group that does not exist go to the global list, as SendGrid has it. */
const addToGroup = (call: EndpointCall): SandboxAnswer => {
  const emails = emailsIn(call);
  if (emails.length === 0) return noEmails;
  const group = call.account.groups.get(call.params['id'] ?? '');
  if (group === undefined) unsubscribe(call.account, emails);
  else for (const email of emails) group.add(email);
  return json({ recipient_emails: emails }, 201);
};

const kinds = ['bounces', 'blocks', 'spam_reports', 'invalid_emails', 'unsubscribes'];

export const suppressionEndpoints: readonly Endpoint[] = [
  ...kinds.map((kind) => endpoint(`GET /v3/suppression/${kind}`, list(kind))),
  endpoint('POST /v3/asm/suppressions/global', addGlobal),
  endpoint('GET /v3/asm/suppressions/global/:email', getGlobal),
  endpoint('DELETE /v3/asm/suppressions/global/:email', removeGlobal),
  endpoint('POST /v3/asm/groups/:id/suppressions', addToGroup),
];
