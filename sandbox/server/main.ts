/**
 * `npm run sandbox`: the simulators of all services, on their own, until Ctrl+C.
 */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/time/clock.ts';
import { simulators } from '../simulators.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { readSandboxArguments, readSandboxSettings } from './sandboxSettings.ts';

const names: readonly string[] = simulators.map(({ name }) => name);

const printOn =
  (stream: NodeJS.WriteStream) =>
  (line: string): void => {
    stream.write(`${line}\n`);
  };

const rootOf = (sandbox: Sandbox): string => `http://127.0.0.1:${String(sandbox.port)}`;

const banner = (sandbox: Sandbox, seed: number): string => {
  const root = rootOf(sandbox);
  const example = names[0] ?? '<service>';
  const put = (body: string): string => `  curl -X PUT ${root}/_faults/${example} -d '${body}'`;
  return [
    `Sandbox on ${root} (seed ${String(seed)}), stop with Ctrl+C`,
    ...names.map((name) => `  ${name.toUpperCase()}_BASE_URL=${sandbox.url(name)}   on its own port: ${sandbox.directUrl(name)}`),
    `Requests: ${root}/_log`,
    'Try a fault:',
    put('{"fault": "hang"}'),
    put('{"fault": "partial", "rate": 0.5, "status": 503}'),
    `  curl -X DELETE ${root}/_faults/${example}`,
    `More: docs/sandbox.md, and curl ${root}/`,
  ].join('\n');
};

/** The same for programs, in one line. */
const announcement = (sandbox: Sandbox, seed: number): string => {
  const services = names.map((name) => {
    const directUrl = sandbox.directUrl(name);
    return [name, { url: sandbox.url(name), directUrl, port: Number(new URL(directUrl).port) }] as const;
  });
  return JSON.stringify({ url: rootOf(sandbox), port: sandbox.port, pid: process.pid, seed, services: Object.fromEntries(services) });
};

/** @throws {Error} naming the setting, if the file can't be read. */
const seedsIn = async (file: string | undefined): Promise<{ readonly seeds?: string }> => {
  if (file === undefined) return {};
  try {
    return { seeds: await readFile(file, 'utf8') };
  } catch (error) {
    throw new Error('SANDBOX_SEEDS must be a file that can be read', { cause: error });
  }
};

const run = async (): Promise<void> => {
  const { settings: fromArguments, json } = readSandboxArguments(process.argv.slice(2));
  const { seed: wantedSeed, seedsFile, ...settings } = readSandboxSettings({ ...process.env, ...fromArguments }, names);
  const seed = wantedSeed ?? randomInt(2 ** 32);
  // What programs read is one line; everything else is for people.
  const log = printOn(json ? process.stderr : process.stdout);
  const sandbox = await startSandbox({ simulators, ...settings, ...(await seedsIn(seedsFile)), seed, clock: systemClock, log });
  printOn(process.stdout)(json ? announcement(sandbox, seed) : banner(sandbox, seed));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void sandbox.close());
  }
};

run().catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
