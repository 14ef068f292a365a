/** What protection costs a call: one that needs none, and those that end early or badly. No network in any of it. */
import type { Benchmark, Table } from '../benchmark.ts';
import { cachedRead, DOWN, oneAttempt, openGateway, path, read } from '../contenders/gateway.ts';
import { bare, bareFailure, openCockatiel, openOpossum, opossumAfter, trippedCockatiel, trippedOpossum } from '../contenders/rivals.ts';
import { measure, type Contender, type Effort, type Timing } from '../measure.ts';
import { asFigure, asRatio } from '../table.ts';

const EFFORT: Effort = { warmUp: 20_000, rounds: 10, calls: 3000 };

/** The goal of docs/bench/README.md, µs. */
const BUDGET_US = 25;

const oursClosed = (): Contender => {
  const gateway = openGateway();
  return {
    name: 'ours: all stages, JSON and its check',
    call: () => gateway.http.send(read, { path }),
    close: () => {
      gateway.close();
    },
  };
};

/** A call after so many others, in a window that holds them all. */
const oursAfter = async (calls: number, isGood: boolean): Promise<Contender> => {
  const gateway = openGateway(oneAttempt);
  for (let made = 0; made < calls; made += 1) await gateway.http.send(read, { path });
  if (!isGood) gateway.reply = DOWN;
  return {
    name: `ours: a ${isGood ? 'good' : 'failed'} call after ${calls.toLocaleString('en')} others`,
    call: () => gateway.http.send(read, { path }).catch(() => undefined),
    close: () => {
      gateway.close();
    },
  };
};

const oursOpen = async (): Promise<Contender> => {
  const gateway = openGateway({
    ...oneAttempt,
    circuit: { openForMs: 3_600_000, openForCapMs: 3_600_000, recoveryProbeMs: 'off', detection: { strategy: 'consecutive', failures: 5 } },
  });
  gateway.reply = DOWN;
  const call = (): Promise<unknown> => gateway.http.send(read, { path }).catch(() => undefined);
  for (let failed = 0; failed < 5; failed += 1) await call();
  return {
    name: 'ours: refused by an open circuit',
    call,
    close: () => {
      gateway.close();
    },
  };
};

const oursCached = async (): Promise<Contender> => {
  const gateway = openGateway();
  await gateway.http.send(cachedRead, { path });
  return {
    name: 'ours: a hit in the cache',
    call: () => gateway.http.send(cachedRead, { path }),
    close: () => {
      gateway.close();
    },
  };
};

const timed = async (contenders: readonly Contender[], effort = EFFORT): Promise<readonly Timing[]> => {
  const timings = await measure(contenders, effort);
  for (const contender of contenders) contender.close();
  return timings;
};

/** Each beside the one named as the reference. */
const table = (caption: string, timings: readonly Timing[], references: Readonly<Record<string, number>>): Table => {
  const columns = Object.entries(references);
  return {
    caption,
    headings: ['', 'median µs', 'p99 µs', ...columns.map(([name]) => `beside ${name}`)],
    rows: timings.map(({ name, medianUs, p99Us }) => [
      name,
      asFigure(medianUs),
      asFigure(p99Us),
      ...columns.map(([, index]) => asRatio(medianUs, timings[index]?.medianUs ?? Number.NaN)),
    ]),
  };
};

const goodCalls = async (): Promise<Table> => {
  const timings = await timed([bare, ...openOpossum(), openCockatiel(), oursClosed(), await oursCached()]);
  const ours = timings[4]?.medianUs ?? Number.NaN;
  const verdict = ours <= BUDGET_US ? 'kept' : 'missed';
  return table(
    `One good call, closed circuit. Goal: at most ${String(BUDGET_US)} µs in the median; ${verdict}, with ${asFigure(ours)} µs.`,
    timings,
    { opossum: 1, cockatiel: 3 },
  );
};

const failedCalls = async (): Promise<Table> => {
  const contenders = [await oursAfter(1000, true), bareFailure];
  for (const calls of [1000, 10_000, 100_000]) contenders.push(await oursAfter(calls, false));
  const timings = await timed(contenders, { ...EFFORT, calls: 1000 });
  const growth = asRatio(timings.at(-1)?.medianUs ?? Number.NaN, timings[2]?.medianUs ?? Number.NaN);
  return table(
    `One failed call (503, no retry, a circuit that does not open), after so many others in the window. The largest window beside the smallest: ${growth}.`,
    timings,
    { 'a good call': 0, 'a bare error': 1 },
  );
};

/** Few calls are timed: each takes its time, and adds to the window. */
const failedCallsOfOpossum = async (): Promise<Table> => {
  const contenders = [await oursAfter(1000, false)];
  for (const calls of [1000, 10_000, 100_000]) contenders.push(await opossumAfter(calls));
  const timings = await timed(contenders, { warmUp: 20, rounds: 5, calls: 10 });
  return table('The same with opossum, few calls of each.', timings, { ours: 0 });
};

const refusedCalls = async (): Promise<Table> =>
  table('One call refused by an open circuit.', await timed([await trippedOpossum(), await trippedCockatiel(), await oursOpen()]), {
    opossum: 0,
    cockatiel: 1,
  });

export const benchmark: Benchmark = {
  title: 'what protection costs a call',
  run: async () => [await goodCalls(), await failedCalls(), await failedCallsOfOpossum(), await refusedCalls()],
};
