/**
 * The edge of the process: reads the environment, listens, hears signals; the only place that ends it.
 */
import 'dotenv/config';
import { compose, type Gateway } from './compose.ts';
import { readConfig, type Config } from './config/config.ts';
import { createLogger, type Logger } from './logging/logger.ts';
import { deadlineWarnings } from './services/deadlines.ts';
import { configurableService } from './services/serviceSettings.ts';
import type { Service } from './services/provider.ts';
import { serviceRegistry } from './services/registry.ts';
import { systemClock } from './time/clock.ts';
import { usableKeysIn } from './web/apiKeysFile.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What a person at the terminal needs, and nothing a log collector would miss. */
const greet = (config: Config, at: { readonly port: number; readonly sandboxUrl: string | undefined }): void => {
  const root = `http://localhost:${String(at.port)}`;
  if (config.environment === 'production') return;
  if (config.apiKeysFile === undefined) say('No API keys: everybody on this machine may call. Set API_KEYS_FILE to change that.');
  if (at.sandboxUrl === undefined) return;
  const simulated = Object.values(config.services)
    .filter(({ useSandbox }) => useSandbox)
    .map(({ name }) => name);
  say(`No keys for ${simulated.join(', ')}: the sandbox at ${at.sandboxUrl} answers for them. Try:`);
  for (const { name, example } of Object.values<Service>(serviceRegistry)) {
    if (example !== undefined) say(`  curl ${root}/api/${name}${example}`);
  }
  say(`  curl '${root}/health/detailed?format=text'`);
};

/** What this process stands on, for the first line of a log: kinds and counts, never a value. */
const standing = ({ redis, sharedRedis, queue, apiKeysFile, services, files }: Config) => ({
  queue: { engine: redis === undefined ? 'embedded' : 'bullmq', makesWrites: queue.drain },
  sharedState: sharedRedis === undefined ? 'none' : 'redis',
  apiKeys: apiKeysFile === undefined ? 'none, everybody may call' : usableKeysIn(apiKeysFile.text),
  services: Object.fromEntries(Object.values(services).map(({ name, useSandbox }) => [name, useSandbox ? 'sandbox' : 'real'])),
  watchedFiles: files.map(({ variable }) => variable),
});

/** SIGHUP reads the files of the settings again; SIGUSR1 would open Node's debugger to this machine, and is only told. */
const heedHints = (logger: Logger): ((gateway: Gateway) => void) => {
  let reload: Gateway['reload'] | undefined;
  process.on('SIGHUP', () => void reload?.());
  process.on('SIGUSR1', () => {
    logger.warn({}, 'SIGUSR1 is ignored: the debugger stays closed');
  });
  return (gateway) => {
    reload = () => gateway.reload();
  };
};

/** A signal drains and stops; a second one stops at once. The exit code tells whether everything ended well. */
const stopOnSignals = (gateway: Gateway): void => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      void gateway.stop(signal).then(({ clean }) => process.exit(clean ? 0 : 1));
    });
  }
};

/** Whatever nobody caught may have left anything in any state: say so, and let the platform start a fresh process. */
const stopOnTheUnexpected = (logger: Logger): void => {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.error({ error, event }, 'an error that nobody caught; the process ends');
      process.exit(1);
    });
  }
};

const run = async (): Promise<void> => {
  const config = readConfig(process.env, Object.values(serviceRegistry).map(configurableService), { usableKeysIn });
  const logger = createLogger({ level: config.logLevel, version: config.version });
  stopOnTheUnexpected(logger);
  const heedFor = heedHints(logger);
  const deadlines = deadlineWarnings(Object.values(serviceRegistry), systemClock.wallTime());
  for (const warning of [...config.warnings, ...deadlines]) logger.warn({}, warning);
  const gateway = await compose(config, { clock: systemClock, logger, sha: process.env['GIT_SHA'] ?? 'unknown' });
  stopOnSignals(gateway);
  heedFor(gateway);
  const at = await gateway.start();
  logger.info({ ...at, environment: config.environment, configHash: config.hash, ...standing(config) }, 'listening');
  greet(config, at);
};

run().catch((error: unknown) => {
  process.stderr.write(`sales-auto-api cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
