/**
 * The sandbox: faithful simulators of the upstream services on real sockets, with faults to switch while it runs.
 *
 * All services share one port, each below `/<name>`. Each has a port of its own besides, with the same prefix: only
 * there can a service refuse connections, since the shared port has to stay open for the others.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Simulator } from '../simulation/simulator.ts';
import type { Clock } from '../../src/time/clock.ts';
import { control, prepareAll, type ControlledService, type ControlParts } from './control.ts';
import { refusesAll } from './faults.ts';
import { Listener } from './listener.ts';
import { ControlRefusal, readText, refusalReply, sendReply, splitTarget } from './reply.ts';
import { RequestLog } from './requestLog.ts';
import { SandboxedService } from './sandboxedService.ts';
import { parsedSeeds } from './journal.ts';

export interface SandboxParts {
  readonly simulators: readonly Simulator[];
  /** 0 picks a free one. */
  readonly port: number;
  /** The ports that services have for themselves, by name; a free one is picked for the others. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Loopback by default. The control paths ask for no credential: never bind it to an address that others reach. */
  readonly host?: string;
  /** Equal seeds and equal requests give equal answers. */
  readonly seed: number;
  /** How fast the simulators' time goes, 1 by default; 100 makes their rate limits a hundred times as wide. */
  readonly speed?: number;
  /** Hosts besides this machine to which webhooks may go; none by default. */
  readonly webhookHosts?: readonly string[];
  /** What `GET /_seeds` once answered, to begin with. */
  readonly seeds?: string;
  readonly clock: Clock;
  /** One line for people whenever a fault changes. */
  readonly log: (line: string) => void;
}

export interface Sandbox {
  readonly port: number;
  /** The service's base URL on the shared port. @throws {Error} for a service that is not here. */
  url(service: string): string;
  /** Its base URL on a port of its own, which the fault `refuse` really closes. @throws {Error} as `url`. */
  directUrl(service: string): string;
  /** Ends all sockets and timers; resolves when none is left. Repeating it does no harm. */
  close(): Promise<void>;
}

/** The part of a request target below `/<name>`, or `undefined` if it lies elsewhere. */
const below = (name: string, target: string): string | undefined => {
  const prefix = `/${name}`;
  if (!target.startsWith(prefix)) return undefined;
  const rest = target.slice(prefix.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
};

const reportFault = (error: unknown, response: ServerResponse, log: (line: string) => void): void => {
  if (error instanceof ControlRefusal) {
    sendReply(response, refusalReply(error));
    return;
  }
  // A client that went away while it sent its body is no fault of ours.
  if (response.destroyed) return;
  log(`a fault of the sandbox itself: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
  sendReply(response, refusalReply(new ControlRefusal(500, 'The sandbox itself failed; its log says why')));
};

type Respond = (req: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The port of one service alone: its prefix, and nothing else. */
const ofOne =
  (service: SandboxedService): Respond =>
  async (req, response) => {
    const target = below(service.name, req.url ?? '/');
    if (target === undefined) throw new ControlRefusal(404, `Only /${service.name} is on this port; the rest is on the shared one`);
    await service.handle(req, response, target);
  };

/** The shared port: every service below its prefix, and the control paths. */
const ofAll =
  (parts: ControlParts): Respond =>
  async (req, response) => {
    const url = req.url ?? '/';
    for (const { service } of parts.services.values()) {
      const target = below(service.name, url);
      if (target !== undefined) return service.handle(req, response, target);
    }
    const request = { method: req.method ?? 'GET', ...splitTarget(url), readText: () => readText(req) };
    sendReply(response, await control(request, parts));
  };

/** A listener with its port, and the setting that has it. */
interface Opening {
  readonly listener: Listener;
  readonly port: number;
  readonly setting: string;
}

const closeAll = async (openings: readonly Opening[]): Promise<void> => {
  await Promise.all(openings.map(({ listener }) => listener.close()));
};

/** Opens the listeners; if one cannot be opened, none stays open. */
const openAll = async (openings: readonly Opening[], host: string): Promise<void> => {
  for (const { listener, port, setting } of openings) {
    try {
      await listener.open(port);
    } catch (error) {
      await closeAll(openings);
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
      const advice = `set ${setting} to a free port, or to 0 to have one picked`;
      throw new Error(`The sandbox cannot listen on ${host}:${String(port)}, the port is in use: ${advice}`, { cause: error });
    }
  }
};

/**
 * Starts the sandbox.
 *
 * @throws {Error} saying what to change if a port is in use or the seeds don't fit; nothing is left open then.
 */
export const startSandbox = async (parts: SandboxParts): Promise<Sandbox> => {
  const { simulators, clock, seed, log, speed = 1, host = '127.0.0.1', ports = {}, webhookHosts = [] } = parts;
  const services = new Map<string, ControlledService>();
  const controlParts: ControlParts = { services, requests: new RequestLog(), webhookHosts: new Set(webhookHosts), log };
  const listening = (respond: Respond): Listener =>
    new Listener((req, response) => {
      respond(req, response).catch((error: unknown) => {
        reportFault(error, response, log);
      });
    }, host);
  const urlOf = (listener: Listener, name: string): string =>
    `http://${host.includes(':') ? `[${host}]` : host}:${String(listener.port)}/${name}`;

  const shared = listening(ofAll(controlParts));
  const openings: Opening[] = [{ listener: shared, port: parts.port, setting: 'SANDBOX_PORT' }];
  for (const simulator of simulators) {
    const { name } = simulator;
    const service = new SandboxedService(simulator, { clock, seed, speed, requests: controlParts.requests });
    const direct = listening(ofOne(service));
    openings.push({ listener: direct, port: ports[name] ?? 0, setting: `SANDBOX_PORT_${name.toUpperCase()}` });
    services.set(name, {
      service,
      get url() {
        return urlOf(shared, name);
      },
      get directUrl() {
        return urlOf(direct, name);
      },
      impose: async (fault) => {
        service.impose(fault);
        await (refusesAll(fault) ? direct.shut() : direct.open());
      },
    });
  }
  if (parts.seeds !== undefined) prepareAll(parsedSeeds(parts.seeds), controlParts)();
  await openAll(openings, host);

  const known = (name: string): ControlledService => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`The sandbox has no service "${name}"`);
    return found;
  };
  return {
    port: shared.port,
    url: (service) => known(service).url,
    directUrl: (service) => known(service).directUrl,
    close: async () => {
      for (const { service } of services.values()) service.webhooks?.unsubscribe();
      await closeAll(openings);
    },
  };
};
