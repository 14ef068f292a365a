/** Whether a million calls leave anything behind. */
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { Benchmark, Table } from '../benchmark.ts';
import { cachedRead, DOWN, FOUND, oneAttempt, openGateway, type Gateway } from '../contenders/gateway.ts';
import { asFigure } from '../table.ts';

const KEYS = 10_000;
/** Half of the keys have a place: the cache evicts all the time. */
const CACHE_KEYS = KEYS / 2;
const CHECKPOINTS = [10_000, 100_000, 1_000_000];
/** Bytes per call: one reference has 8, so below that not even one is kept of each. Samples of a heap differ by a megabyte. */
const FLAT_BYTES = 8;

/** Every tenth call fails; the others ask the service anew and are kept, and push another answer out. */
const calls = async (gateway: Gateway, from: number, to: number): Promise<void> => {
  for (let made = from; made < to; made += 1) {
    gateway.reply = made % 10 === 0 ? DOWN : FOUND;
    await gateway.http.send(cachedRead, { path: upstreamPath`/things/${String(made % KEYS)}` }).catch(() => undefined);
    if (made % 100 === 0) await turn();
  }
};

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** What is still held after the garbage is gone, bytes. */
const heldBytes = async (): Promise<number> => {
  if (globalThis.gc === undefined) throw new Error('run it by `npm run bench`, which exposes the garbage collector');
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const run = async (): Promise<Table> => {
  const gateway = openGateway(oneAttempt, [], CACHE_KEYS);
  const held: number[] = [];
  let made = 0;
  for (const checkpoint of CHECKPOINTS) {
    await calls(gateway, made, checkpoint);
    made = checkpoint;
    held.push(await heldBytes());
  }
  gateway.close();
  return tableOf(held);
};

const slopes = (held: readonly number[]): readonly number[] =>
  held.slice(1).map((bytes, index) => (bytes - (held[index] ?? 0)) / ((CHECKPOINTS[index + 1] ?? 0) - (CHECKPOINTS[index] ?? 0)));

const tableOf = (held: readonly number[]): Table => {
  const growth = slopes(held);
  const last = growth.at(-1) ?? Number.NaN;
  const caption = `Held after calls over ${KEYS.toLocaleString('en')} keys, a cache of ${CACHE_KEYS.toLocaleString('en')}, a tenth failing: `;
  return {
    caption: caption + (last < FLAT_BYTES ? 'flat.' : `NOT FLAT, ${asFigure(last)} bytes per call.`),
    headings: ['calls', 'held MB', 'bytes per further call'],
    rows: held.map((bytes, index) => [
      (CHECKPOINTS[index] ?? 0).toLocaleString('en'),
      (bytes / 1e6).toFixed(2),
      index === 0 ? '' : (growth[index - 1] ?? 0).toFixed(3),
    ]),
  };
};

export const benchmark: Benchmark = { title: 'what a million calls leave behind', run: async () => [await run()] };
