/**
 * `npm run sandbox`: the simulators of all services, on their own, until Ctrl+C.
 */
import { randomInt } from 'node:crypto';
import { serviceRegistry } from '../services/serviceRegistry.ts';
import type { Simulator } from '../services/simulator.ts';
import { systemClock } from '../time/clock.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { readSandboxSettings } from './sandboxSettings.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const loadSimulators = (): Promise<Simulator[]> =>
  Promise.all(Object.values(serviceRegistry).map((service) => service.loadSimulator()));

const banner = (sandbox: Sandbox, names: readonly string[], seed: number): string => {
  const root = `http://127.0.0.1:${String(sandbox.port)}`;
  const example = names[0] ?? '<service>';
  const put = (body: string): string => `  curl -X PUT ${root}/_faults/${example} -d '${body}'`;
  return [
    `Sandbox on ${root} (seed ${String(seed)}), stop with Ctrl+C`,
    ...names.map((name) => `  ${name.toUpperCase()}_BASE_URL=${sandbox.url(name)}   on its own port: ${sandbox.directUrl(name)}`),
    'Try a fault:',
    put('{"fault": "hang"}'),
    put('{"fault": "partial", "rate": 0.5, "status": 503}'),
    `  curl -X DELETE ${root}/_faults/${example}`,
    `More: docs/sandbox.md, and curl ${root}/`,
  ].join('\n');
};

const run = async (): Promise<void> => {
  const settings = readSandboxSettings(process.env);
  const seed = settings.seed ?? randomInt(2 ** 32);
  const simulators = await loadSimulators();
  const sandbox = await startSandbox({ simulators, port: settings.port, seed, speed: settings.speed, clock: systemClock, log: print });
  print(banner(sandbox, simulators.map(({ name }) => name), seed));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void sandbox.close());
  }
};

run().catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
