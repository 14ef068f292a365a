/**
 * `npm run chaos -- queue`: real processes, killed by a schedule that the seed tells, and every promise held against the
 * providers' ledger. See docs/chaos/README.md.
 */
import { readChaosArguments, usage, UsageError, type ChaosArguments } from './chaosArguments.ts';
import { judge } from './oracle.ts';
import { runQueueChaos, type QueueRun, type QueueRunSettings } from './queueRun.ts';
import { tableOf, wordsFor } from './report.ts';

const ROUND_MS = 2000;
const LONG_FORM = { roundMs: ROUND_MS, program: 'built', callersEach: 4, pauseMs: 200, drainMs: 180_000 } as const;

const settingsFor = ({ engines, seed, rounds, seconds }: ChaosArguments): readonly QueueRunSettings[] =>
  engines.map((engine) => ({ ...LONG_FORM, engine, seed, rounds: Math.ceil(rounds / engines.length), longestMs: seconds * 1000 }));

const say = (line: string): void => {
  console.log(line);
};

/** The engines at once: each has a house of its own. */
const runAll = async (asked: ChaosArguments): Promise<boolean> => {
  const { seed, rounds } = asked;
  say(`seed ${String(seed)}, ${String(rounds)} rounds of ${String(ROUND_MS)} ms, Node ${process.versions.node}`);
  const runs: readonly QueueRun[] = await Promise.all(settingsFor(asked).map((settings) => runQueueChaos(settings, say)));
  const breaches = runs.flatMap((run) => judge(run).map((breach) => wordsFor(run, breach)));
  say(`\n${tableOf(runs)}\n`);
  for (const breach of breaches) say(breach);
  say(breaches.length === 0 ? 'every promise was kept' : `${String(breaches.length)} breaches; the same seed repeats the schedule`);
  return breaches.length === 0;
};

// Ending orderly, this process takes those that it has started with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

try {
  const asked = readChaosArguments(process.argv.slice(2));
  if (asked.subject === undefined) say(`queue: nothing accepted is lost, nothing is done twice\n\n${usage}`);
  else process.exitCode = (await runAll(asked)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`chaos: ${error.message}\n${usage}\n`);
  process.exitCode = 2;
}
