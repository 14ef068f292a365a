/**
 * `npm run lab`: every rival through every scenario, in virtual time. Prints the tables; the whole of it also renews the
 * results in `docs/lab/`.
 */
import { writeGate } from './gate.ts';
import { parseLabArguments, type LabArguments } from './labArguments.ts';
import { jobsFor } from './matrix.ts';
import { writePage } from './page.ts';
import { runAll } from './pool.ts';
import { loadScenarios } from './scenario.ts';
import type { Summary } from './summary.ts';
import { groupBy, table } from './table.ts';

const printTables = (summaries: readonly Summary[]): void => {
  const scenarios = new Map(loadScenarios().map((scenario) => [scenario.name, scenario]));
  for (const group of groupBy(summaries, ({ scenario, ratePerSecond }) => `${scenario} ${String(ratePerSecond)}`).values()) {
    const scenario = scenarios.get(group[0]?.scenario ?? '');
    console.log(table(scenario?.title ?? '', group, scenario?.kind !== 'steady'));
  }
};

const runLab = async ({ seed, isWhole, ...selection }: LabArguments): Promise<void> => {
  const startedAt = performance.now();
  const jobs = jobsFor(selection, seed);
  console.log(`seed ${String(seed)}, Node ${process.versions.node}, ${String(jobs.length)} lines to measure`);
  const onDone = (count: number): void => {
    if (count % 50 === 0) console.log(`${String(count)} of ${String(jobs.length)}`);
  };
  const summaries = await runAll(jobs, onDone);
  printTables(summaries);
  if (isWhole) await writePage(summaries, seed);
  const took = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`\nseed ${String(seed)}: ${took} s${isWhole ? ', docs/lab is renewed' : ''}`);
};

const asked = parseLabArguments(process.argv.slice(2), process.env);
if (asked.writeGate) await writeGate();
else await runLab(asked);
