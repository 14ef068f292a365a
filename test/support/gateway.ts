/**
 * The whole gateway in this process, on free ports, over its embedded sandbox: everything is real.
 */
import { compose, type Gateway } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { configurableService } from '../../src/services/serviceSettings.ts';
import { systemClock, type Clock } from '../../src/time/clock.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface RunningGateway extends Gateway {
  readonly url: string;
  /** Of metrics and administration, where they have a port of their own. */
  readonly managementUrl: string;
  /** Where the sandbox's faults are switched. */
  readonly sandboxUrl: string;
  /** Asks the gateway; the body is parsed where it is JSON. */
  ask(path: string, request?: RequestInit): Promise<GatewayAnswer>;
  /** Makes a service of the sandbox misbehave; `ok` ends it. */
  fault(service: string, fault: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @param settings Beyond the test's own: environment variables as they would be set. */
export const startGateway = async (
  settings: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
): Promise<RunningGateway> => {
  const data = temporaryFolder();
  const environment = { NODE_ENV: 'test', PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: data.path, ...settings };
  const config = readConfig(environment, Object.values(serviceRegistry).map(configurableService));
  const gateway = await compose(config, { clock, logger: silentLogger, processMetrics: false });
  const { port, managementPort = port, sandboxUrl = '' } = await gateway.start();
  const at = (ofPort: number): string => `http://127.0.0.1:${String(ofPort)}`;
  const url = at(port);
  return {
    ...gateway,
    url,
    managementUrl: at(managementPort),
    sandboxUrl,
    stop: async (reason) => {
      const report = await gateway.stop(reason);
      data.remove();
      return report;
    },
    ask: async (path, request) => {
      const response = await fetch(url + path, request);
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as GatewayAnswer['body']) : { text } };
    },
    fault: async (service, fault) => {
      const response = await fetch(`${sandboxUrl}/_faults/${service}`, { method: 'PUT', body: JSON.stringify(fault) });
      if (!response.ok) throw new Error(`the sandbox refused the fault: ${await response.text()}`);
    },
  };
};
