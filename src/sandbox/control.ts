/**
 * The switchboard of the sandbox: faults, the request log, reset. Everything that comes in is checked, and every
 * refusal says what to change.
 */
import { faultNames, faultSchema, type FaultSetting } from './faults.ts';
import { parsedBody } from './incomingRequest.ts';
import { ControlRefusal, type JsonReply } from './jsonReply.ts';
import type { RequestLog } from './requestLog.ts';
import type { SandboxedService } from './sandboxedService.ts';

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
  readonly log: (line: string) => void;
}

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; read only where one is expected. */
  readonly readText: () => Promise<string>;
}

type Handler = (request: ControlRequest, parts: ControlParts) => JsonReply | Promise<JsonReply>;

const ok = (body: unknown): JsonReply => ({ status: 200, body });

const serviceNamed = (name: string, status: number, { services }: ControlParts): ControlledService => {
  const found = services.get(name);
  if (found !== undefined) return found;
  throw new ControlRefusal(status, `There is no service "${name.slice(0, 40)}" here; there are ${[...services.keys()].join(', ')}`);
};

const serviceInPath = (request: ControlRequest, parts: ControlParts): ControlledService =>
  serviceNamed(request.path.slice('/_faults/'.length), 404, parts);

const allFaults = ({ services }: ControlParts): Record<string, unknown> =>
  Object.fromEntries([...services].map(([name, { service }]) => [name, service.report()]));

const overview: Handler = (_request, parts) =>
  ok({
    services: Object.fromEntries(
      [...parts.services].map(([name, { service, url, directUrl }]) => [
        name,
        { url, directUrl, fault: service.report(), scenarios: service.scenarios },
      ]),
    ),
    faults: faultNames,
    control: ['PUT /_faults/<service>', 'GET /_faults', 'DELETE /_faults/<service>', 'GET /_requests?service=', 'DELETE /_requests', 'POST /_reset'],
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

/** Everything as after start; the log is emptied too. */
const reset: Handler = async (_request, parts) => {
  for (const { service, impose } of parts.services.values()) {
    await impose({ fault: 'ok' });
    service.reset();
  }
  parts.requests.clear();
  parts.log('reset');
  return ok(allFaults(parts));
};

const routes: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  { path: /^\/$/u, methods: { GET: overview } },
  { path: /^\/_faults\/?$/u, methods: { GET: (_request, parts) => ok(allFaults(parts)) } },
  { path: /^\/_faults\/[^/]+$/u, methods: { PUT: setFault, DELETE: clearFault } },
  { path: /^\/_requests\/?$/u, methods: { GET: listRequests, DELETE: clearRequests } },
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
