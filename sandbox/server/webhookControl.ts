/**
 * The part of the switchboard that is about webhooks: who is told of what, and what became of it.
 */
import { z } from 'zod';
import type { WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import { serviceNamed, type ControlledService, type ControlParts, type ControlRequest } from './controlContract.ts';
import { parsedBody } from './incomingRequest.ts';
import { ControlRefusal, ok, type JsonReply } from './jsonReply.ts';
import type { ServiceWebhooks } from './serviceWebhooks.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

const isAllowed = (text: string, hosts: ReadonlySet<string>): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && (LOOPBACK.test(hostname) || hosts.has(hostname));
};

const subscriptionSchema = ({ events, secret }: WebhookStyle, hosts: ReadonlySet<string>) =>
  z.strictObject({
    url: z
      .string({ error: 'must be an address' })
      .refine(
        (text) => isAllowed(text, hosts),
        'must be an http(s) address on this machine, or on a host that SANDBOX_WEBHOOK_HOSTS names',
      ),
    events: z
      .array(z.enum(events as [string, ...string[]], { error: `must be one of ${events.join(', ')}` }))
      .min(1, 'must not be empty')
      .optional(),
    secret:
      secret === 'none'
        ? z.undefined({ error: 'is not taken: this service signs with a key of its own' }).optional()
        : z.string({ error: 'must be a text' }).min(1, 'must not be empty').max(200, 'must have 200 characters at most').optional(),
  });

const webhooksOf = (controlled: ControlledService): ServiceWebhooks => {
  const { name, webhooks } = controlled.service;
  if (webhooks !== undefined) return webhooks;
  throw new ControlRefusal(409, `Nothing in the simulated ${name} brings about a webhook`);
};

const webhooksInPath = (request: ControlRequest, parts: ControlParts): ServiceWebhooks =>
  webhooksOf(serviceNamed(request.path.slice('/_webhooks/'.length), 404, parts));

export const listWebhooks = (_request: ControlRequest, { services }: ControlParts): JsonReply =>
  ok(Object.fromEntries([...services].map(([name, { service }]) => [name, service.webhooks?.report() ?? null])));

/** The answer holds the secret if one had to be made, this once. */
export const setWebhook = async (request: ControlRequest, parts: ControlParts): Promise<JsonReply> => {
  const webhooks = webhooksInPath(request, parts);
  const { body, malformed } = parsedBody(await request.readText());
  if (malformed) throw new ControlRefusal(400, 'The body is not JSON; send something like {"url": "http://127.0.0.1:9000/hook"}');
  const parsed = subscriptionSchema(webhooks.style, parts.webhookHosts).safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({ at: ['body', ...path].join('.'), message }));
    throw new ControlRefusal(400, faults.map(({ at, message }) => `${at} ${message}`).join('; '), faults);
  }
  const secret = webhooks.subscribe(parsed.data);
  return ok({ ...webhooks.report(), ...(secret === undefined ? {} : { secret }) });
};

export const clearWebhook = (request: ControlRequest, parts: ControlParts): JsonReply => {
  const webhooks = webhooksInPath(request, parts);
  webhooks.unsubscribe();
  return ok(webhooks.report());
};
