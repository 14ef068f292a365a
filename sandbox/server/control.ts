/**
 * The switchboard of the sandbox: faults, webhooks, seeds, the request log, reset. Everything that comes in is checked, and every
 * refusal says what to change.
 */
import { serviceNamed, type ControlledService, type ControlParts, type ControlRequest } from './controlContract.ts';
import { faultNames, faultSchema, type FaultSetting } from './faults.ts';
import { parsedBody } from './incomingRequest.ts';
import { ControlRefusal, ok, type JsonReply } from './jsonReply.ts';
import { logPage, logStyle } from './logPage.ts';
import type { SandboxedService } from './sandboxedService.ts';
import { forgetSeeds, putSeeds, takeSeeds } from './seedControl.ts';
import { clearWebhook, listWebhooks, setWebhook } from './webhookControl.ts';

type Handler = (request: ControlRequest, parts: ControlParts) => JsonReply | Promise<JsonReply>;

const serviceInPath = (request: ControlRequest, parts: ControlParts): ControlledService =>
  serviceNamed(request.path.slice('/_faults/'.length), 404, parts);

const allFaults = ({ services }: ControlParts): Record<string, unknown> =>
  Object.fromEntries([...services].map(([name, { service }]) => [name, service.report()]));

/** What `GET /` tells of this page, so that nobody needs the manual for it. */
const paths: readonly string[] = [
  'PUT /_faults/<service>',
  'GET /_faults',
  'DELETE /_faults/<service>',
  'PUT /_webhooks/<service>',
  'GET /_webhooks',
  'DELETE /_webhooks/<service>',
  'GET /_seeds',
  'PUT /_seeds',
  'DELETE /_seeds',
  'GET /_requests?service=',
  'DELETE /_requests',
  'GET /_log?service=&refresh=',
  'POST /_reset',
];

const overview: Handler = (_request, parts) =>
  ok({
    services: Object.fromEntries(
      [...parts.services].map(([name, { service, url, directUrl }]) => [
        name,
        { url, directUrl, fault: service.report(), scenarios: service.scenarios },
      ]),
    ),
    faults: faultNames,
    control: paths,
  });

/** @throws {ControlRefusal} 400 naming every field at fault. */
const parsedFault = (text: string, service: SandboxedService): FaultSetting => {
  const { body, malformed } = parsedBody(text);
  if (malformed) throw new ControlRefusal(400, 'The body is not JSON; send something like {"fault": "hang"}');
  const parsed = faultSchema.safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({ at: ['body', ...path].join('.'), message }));
    throw new ControlRefusal(400, faults.map(({ at, message }) => `${at} ${message}`).join('; '), faults);
  }
  const setting = parsed.data;
  if (setting.fault === 'scenario' && !service.scenarios.includes(setting.scenario)) {
    const message = `must be one of ${service.scenarios.join(', ') || 'none: this service has no scenarios'}`;
    throw new ControlRefusal(400, `body.scenario ${message}`, [{ at: 'body.scenario', message }]);
  }
  return setting;
};

const setFault: Handler = async (request, parts) => {
  const { service, impose } = serviceInPath(request, parts);
  const setting = parsedFault(await request.readText(), service);
  await impose(setting);
  parts.log(`${service.name}: ${JSON.stringify(setting)}`);
  return ok(service.report());
};

const clearFault: Handler = async (request, parts) => {
  const { service, impose } = serviceInPath(request, parts);
  await impose({ fault: 'ok' });
  parts.log(`${service.name}: ok`);
  return ok(service.report());
};

const listRequests: Handler = (request, parts) => {
  const name = request.query.get('service') ?? undefined;
  if (name !== undefined) serviceNamed(name, 400, parts);
  return ok(parts.requests.list(name));
};

const clearRequests: Handler = (_request, parts) => {
  parts.requests.clear();
  return ok(parts.requests.list());
};

/** Everything as after start, or after seeds were loaded; the log is emptied too. */
const reset: Handler = async (_request, parts) => {
  for (const { service, impose } of parts.services.values()) {
    await impose({ fault: 'ok' });
    service.reset();
  }
  parts.requests.clear();
  parts.log('reset');
  return ok(allFaults(parts));
};

const page: Handler = (request, parts) => {
  const name = request.query.get('service') ?? '';
  if (name !== '') serviceNamed(name, 400, parts);
  return logPage({
    requests: parts.requests,
    names: [...parts.services.keys()],
    service: name,
    refresh: request.query.get('refresh') ?? '',
  });
};

const routes: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  { path: /^\/$/u, methods: { GET: overview } },
  { path: /^\/_faults\/?$/u, methods: { GET: (_request, parts) => ok(allFaults(parts)) } },
  { path: /^\/_faults\/[^/]+$/u, methods: { PUT: setFault, DELETE: clearFault } },
  { path: /^\/_requests\/?$/u, methods: { GET: listRequests, DELETE: clearRequests } },
  { path: /^\/_webhooks\/?$/u, methods: { GET: listWebhooks } },
  { path: /^\/_webhooks\/[^/]+$/u, methods: { PUT: setWebhook, DELETE: clearWebhook } },
  { path: /^\/_seeds\/?$/u, methods: { GET: takeSeeds, PUT: putSeeds, DELETE: forgetSeeds } },
  { path: /^\/_log\/?$/u, methods: { GET: page } },
  { path: /^\/_log\.css$/u, methods: { GET: () => logStyle } },
  { path: /^\/_reset\/?$/u, methods: { POST: reset } },
];

/**
 * Carries out a control request.
 *
 * @throws {ControlRefusal} for an unknown path, service, fault or scenario, a wrong method or a setting out of range.
 */
export const control = async (request: ControlRequest, parts: ControlParts): Promise<JsonReply> => {
  const route = routes.find(({ path }) => path.test(request.path));
  if (route === undefined) {
    throw new ControlRefusal(404, `Nothing is here; services are at /${[...parts.services.keys()].join(', /')}, and GET / lists the rest`);
  }
  const handler = Object.hasOwn(route.methods, request.method) ? route.methods[request.method] : undefined;
  if (handler !== undefined) return handler(request, parts);
  const allowed = Object.keys(route.methods).join(', ');
  throw new ControlRefusal(405, `${request.method} is not allowed here; use ${allowed}`, [], { allow: allowed });
};
