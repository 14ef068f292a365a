/**
 * What the parts of the sandbox's switchboard share: the services they switch, and the requests they get.
 */
import type { FaultSetting } from './faults.ts';
import { ControlRefusal } from './jsonReply.ts';
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
  /** Besides this machine, where webhooks may go. */
  readonly webhookHosts: ReadonlySet<string>;
  readonly log: (line: string) => void;
}

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; read only where one is expected. */
  readonly readText: () => Promise<string>;
}

/** @throws {ControlRefusal} with the status given, naming the services there are. */
export const serviceNamed = (name: string, status: number, { services }: ControlParts): ControlledService => {
  const found = services.get(name);
  if (found !== undefined) return found;
  throw new ControlRefusal(status, `There is no service "${name.slice(0, 40)}" here; there are ${[...services.keys()].join(', ')}`);
};
