/**
 * `npm run fleet -- <part>`: replicas of the built service, a real Redis, providers that count; and the same in virtual time for more of
 * them than a machine holds. Whole runs renew their section of docs/fleet/README.md and the CSV file beside it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { readFleetArguments, usage, UsageError, type FleetArguments, type PartName } from './fleetArguments.ts';
import { asCsv, asMarkdown, asText, withSection } from './page.ts';
import { parts } from './parts.ts';
import type { PartReport } from './reportShape.ts';
import { simulate } from './simulation.ts';

const PAGE = new URL('../../docs/fleet/README.md', import.meta.url);

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const runPart = (part: PartName, asked: FleetArguments): Promise<PartReport> =>
  part === 'simulate' ? simulate(asked, say) : parts[part](asked, say);

const renewPage = async (part: PartName, report: PartReport, { seed }: FleetArguments): Promise<void> => {
  await writeFile(PAGE, withSection(await readFile(PAGE, 'utf8'), part, asMarkdown(report, part, seed)));
  await writeFile(new URL(`${part}.csv`, PAGE), asCsv(report));
};

/** One after the other: each is to have the machine for itself. @returns whether every goal was reached. */
const runAll = async (asked: FleetArguments): Promise<boolean> => {
  let isKept = true;
  for (const part of asked.parts) {
    const report = await runPart(part, asked);
    console.log(`\n${part}\n\n${asText(report)}`);
    if (asked.isWhole) await renewPage(part, report, asked);
    isKept &&= report.goals.every((goal) => goal.isKept);
  }
  console.log(isKept ? '\nevery goal was reached' : '\nnot every goal was reached');
  return isKept;
};

// Ending orderly, this process takes those that it has started with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

try {
  const asked = readFleetArguments(process.argv.slice(2));
  if (asked.parts.length === 0) console.log(usage);
  else process.exitCode = (await runAll(asked)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`fleet: ${error.message}\n${usage}\n`);
  process.exitCode = 2;
}
