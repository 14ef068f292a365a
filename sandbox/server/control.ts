/**
 * The control paths of the sandbox: faults, webhooks, seeds, the request log, reset. Every refusal says what to change.
 */
import { z } from 'zod';
import type { WebhookStyle } from '../simulation/webhooks.ts';
import { faultNames, faultSchema, type FaultSetting } from './faults.ts';
import { logPage, logStyle } from './logPage.ts';
import { checked, ControlRefusal, ok, type Reply } from './reply.ts';
import type { RequestLog } from './requestLog.ts';
import type { SandboxedService } from './sandboxedService.ts';
import { parsedSeeds, seedsOf, type Seeds } from './journal.ts';
import type { ServiceWebhooks } from './webhooks.ts';

/** A service with its addresses, and the one way to change its fault. */
export interface ControlledService {
  readonly service: SandboxedService;
  /** On the shared port. */
  readonly url: string;
  /** On a port of its own, where connections can be refused. */
  readonly directUrl: string;
  /** Sets the fault, and opens or shuts the port of its own accordingly. */
  readonly impose: (fault: FaultSetting) => Promise<void>;
}

export interface ControlParts {
  readonly services: ReadonlyMap<string, ControlledService>;
  readonly requests: RequestLog;
  /** Besides this machine, where webhooks may go. */
  readonly webhookHosts: ReadonlySet<string>;
  readonly log: (line: string) => void;
}

interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; read only where one is expected. */
  readonly readText: () => Promise<string>;
}

type Handler = (request: ControlRequest, parts: ControlParts) => Reply | Promise<Reply>;

const namesOf = ({ services }: Pick<ControlParts, 'services'>): string => [...services.keys()].join(', ');

/** @throws {ControlRefusal} with the status given, naming the services there are. */
const serviceNamed = (name: string, status: number, parts: ControlParts): ControlledService => {
  const found = parts.services.get(name);
  if (found !== undefined) return found;
  throw new ControlRefusal(status, `There is no service "${name.slice(0, 40)}" here; there are ${namesOf(parts)}`);
};

/** The service in the last part of the path. */
const serviceInPath = ({ path }: ControlRequest, parts: ControlParts): ControlledService =>
  serviceNamed(path.slice(path.indexOf('/', 1) + 1), 404, parts);

const ofEach = ({ services }: ControlParts, tell: (controlled: ControlledService) => unknown): Reply =>
  ok(Object.fromEntries([...services].map(([name, controlled]) => [name, tell(controlled)])));

const allFaults = (parts: ControlParts): Reply => ofEach(parts, ({ service }) => service.report());

const imposeOn = async ({ service, impose }: ControlledService, fault: FaultSetting, { log }: ControlParts): Promise<Reply> => {
  await impose(fault);
  log(`${service.name}: ${fault.fault === 'ok' ? 'ok' : JSON.stringify(fault)}`);
  return ok(service.report());
};

const setFault: Handler = async (request, parts) => {
  const controlled = serviceInPath(request, parts);
  const { scenarios } = controlled.service;
  const text = await request.readText();
  const setting = checked(text, faultSchema, 'body', 'The body is not JSON; send something like {"fault": "hang"}');
  if (setting.fault === 'scenario' && !scenarios.includes(setting.scenario)) {
    const message = `must be one of ${scenarios.join(', ') || 'none: this service has no scenarios'}`;
    throw new ControlRefusal(400, `body.scenario ${message}`, [{ at: 'body.scenario', message }]);
  }
  return imposeOn(controlled, setting, parts);
};

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

const webhooksInPath = (request: ControlRequest, parts: ControlParts): ServiceWebhooks => {
  const { name, webhooks } = serviceInPath(request, parts).service;
  if (webhooks !== undefined) return webhooks;
  throw new ControlRefusal(409, `Nothing in the simulated ${name} brings about a webhook`);
};

/** The answer holds the secret if one had to be made, this once. */
const setWebhook: Handler = async (request, parts) => {
  const webhooks = webhooksInPath(request, parts);
  const schema = subscriptionSchema(webhooks.style, parts.webhookHosts);
  const notJson = 'The body is not JSON; send something like {"url": "http://127.0.0.1:9000/hook"}';
  const secret = webhooks.subscribe(checked(await request.readText(), schema, 'body', notJson));
  return ok({ ...webhooks.report(), ...(secret === undefined ? {} : { secret }) });
};

const clearWebhook: Handler = (request, parts) => {
  const webhooks = webhooksInPath(request, parts);
  webhooks.unsubscribe();
  return ok(webhooks.report());
};

/** @throws {ControlRefusal} 409 if a service can't be recorded as it is. */
const takeSeeds: Handler = (_request, { services }) => {
  const taken = [...services].map(([name, { service }]) => {
    const seeds = service.seeds();
    if (seeds !== undefined) return [name, seeds] as const;
    const why = 'a scenario is in force, or too much was asked of it. POST /_reset, and build the data again';
    throw new ControlRefusal(409, `${name} can't be recorded: ${why}`);
  });
  // Compact: indented it would be twice as long.
  const body = JSON.stringify(seedsOf(Object.fromEntries(taken)));
  return { status: 200, body, headers: { 'content-disposition': 'attachment; filename="sandbox-seeds.json"' } };
};

/**
 * Makes the accounts that the seeds describe; services that the seeds leave out get their built-in data.
 *
 * @returns Puts them all in place. Webhooks stay.
 * @throws {ControlRefusal} 400 for a service that is not here, 409 if the seeds don't fit.
 */
export const prepareAll = (seeds: Seeds, parts: Pick<ControlParts, 'services'>): (() => void) => {
  const strange = Object.keys(seeds.services).find((name) => !parts.services.has(name));
  if (strange !== undefined) {
    throw new ControlRefusal(400, `seeds.services.${strange.slice(0, 40)} is no service here; there are ${namesOf(parts)}`);
  }
  const prepared = [...parts.services].map(([name, { service }]) => service.prepare(seeds.services[name]));
  return () => {
    for (const putInPlace of prepared) putInPlace();
  };
};

/** Loads the seeds, and ends all faults. All or nothing: seeds that don't fit leave everything as it was. */
const load = async (seeds: Seeds, parts: ControlParts): Promise<void> => {
  const putInPlace = prepareAll(seeds, parts);
  for (const { impose } of parts.services.values()) await impose({ fault: 'ok' });
  putInPlace();
};

const putSeeds: Handler = async (request, parts) => {
  const seeds = parsedSeeds(await request.readText());
  await load(seeds, parts);
  parts.log('seeds loaded');
  return ok({ services: Object.fromEntries([...parts.services.keys()].map((name) => [name, seeds.services[name]?.entries.length ?? 0])) });
};

/** Back to the built-in data, for good. */
const forgetSeeds: Handler = async (_request, parts) => {
  await load(seedsOf({}), parts);
  parts.log('seeds forgotten');
  return ok({ services: {} });
};

/** The name of the service to show in the query, or `undefined` for all. */
const shownService = ({ query }: ControlRequest, parts: ControlParts): string | undefined => {
  const name = query.get('service') ?? undefined;
  if (name !== undefined) serviceNamed(name, 400, parts);
  return name;
};

/** Everything as after start, or after seeds were loaded; the log is emptied too. */
const reset: Handler = async (_request, parts) => {
  for (const { service, impose } of parts.services.values()) {
    await impose({ fault: 'ok' });
    service.reset();
  }
  parts.requests.clear();
  parts.log('reset');
  return allFaults(parts);
};

const page: Handler = (request, parts) => {
  const { query } = request;
  const service = query.get('service') === '' ? undefined : shownService(request, parts);
  const names = [...parts.services.keys()];
  return logPage({ requests: parts.requests, names, service, refresh: query.get('refresh') ?? '' });
};

const overview: Handler = (_request, parts) => {
  const services = ofEach(parts, ({ service, url, directUrl }) => ({
    url,
    directUrl,
    fault: service.report(),
    scenarios: service.scenarios,
  })).body;
  return ok({ services, faults: faultNames, control: Object.keys(routes).filter((route) => !HIDDEN.includes(route)) });
};

const HIDDEN: readonly string[] = ['GET /', 'GET /_log.css'];

/** By method and path, as `GET /` tells of them, so that nobody needs the manual for it. */
const routes: Readonly<Record<string, Handler>> = {
  'GET /': overview,
  'PUT /_faults/<service>': setFault,
  'GET /_faults': (_request, parts) => allFaults(parts),
  'DELETE /_faults/<service>': (request, parts) => imposeOn(serviceInPath(request, parts), { fault: 'ok' }, parts),
  'PUT /_webhooks/<service>': setWebhook,
  'GET /_webhooks': (_request, parts) => ofEach(parts, ({ service }) => service.webhooks?.report() ?? null),
  'DELETE /_webhooks/<service>': clearWebhook,
  'GET /_seeds': takeSeeds,
  'PUT /_seeds': putSeeds,
  'DELETE /_seeds': forgetSeeds,
  'GET /_requests?service=': (request, parts) => ok(parts.requests.list(shownService(request, parts))),
  'DELETE /_requests': (_request, { requests }) => {
    requests.clear();
    return ok(requests.list());
  },
  'GET /_log?service=&refresh=': page,
  'GET /_log.css': () => logStyle,
  'POST /_reset': reset,
};

const table = Object.entries(routes).map(([route, handler]) => {
  const [method = '', target = ''] = route.split(' ');
  return { method, path: target.split('?')[0] ?? '', handler };
});

/** `/_faults/hubspot` as the routes have it; a slash at the end does no harm. */
const patternOf = (path: string): string => {
  const [, area = '', name = ''] = /^\/([^/]+)(?:\/([^/]*))?$/u.exec(path) ?? [undefined, path.slice(1)];
  return name === '' ? `/${area}` : `/${area}/<service>`;
};

/**
 * Carries out a control request.
 *
 * @throws {ControlRefusal} for an unknown path, service, fault or scenario, a wrong method or a setting out of range.
 */
export const control = async (request: ControlRequest, parts: ControlParts): Promise<Reply> => {
  const fitting = table.filter(({ path }) => path === patternOf(request.path));
  if (fitting.length === 0) {
    throw new ControlRefusal(404, `Nothing is here; services are at /${[...parts.services.keys()].join(', /')}, and GET / lists the rest`);
  }
  const handler = fitting.find(({ method }) => method === request.method)?.handler;
  if (handler !== undefined) return handler(request, parts);
  const allowed = fitting.map(({ method }) => method).join(', ');
  throw new ControlRefusal(405, `${request.method} is not allowed here; use ${allowed}`, [], { allow: allowed });
};
