import type { Config } from './config/config.ts';
import type { Logger } from './logging/logger.ts';
import { serviceRegistry } from './services/registry.ts';
import type { Clock } from './time/clock.ts';

export interface EmbeddedSandbox {
  /** Where faults are switched, such as `http://127.0.0.1:4010`. */
  readonly root: string;
  url(service: string): string;
  close(): Promise<void>;
}

const SEEDS = 2 ** 32;

/**
 * Starts simulators for the services that have no credential, if there are any. They are loaded only then: production
 * never has them in memory.
 *
 * @throws {Error} that says what to change, if SANDBOX_PORT cannot be had.
 */
export const embeddedSandbox = async (
  config: Config,
  { clock, random, logger }: { readonly clock: Clock; readonly random: () => number; readonly logger: Logger },
): Promise<EmbeddedSandbox | undefined> => {
  const simulated = Object.values(serviceRegistry).filter(({ name }) => config.services[name]?.useSandbox === true);
  if (simulated.length === 0) return undefined;
  const { startSandboxOf } = await import('../sandbox/simulators.ts');
  const log = (line: string): void => {
    logger.info({ sandbox: true }, line);
  };
  const sandbox = await startSandboxOf(simulated, { port: config.sandboxPort, seed: Math.floor(random() * SEEDS), clock, log });
  return { root: `http://127.0.0.1:${String(sandbox.port)}`, url: (service) => sandbox.directUrl(service), close: () => sandbox.close() };
};
