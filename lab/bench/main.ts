/**
 * `npm run bench [-- name…]`: runs the benchmarks that are named, or all of them, and prints their tables. A benchmark
 * is a file in `benchmarks/`; nothing else has to know it.
 */
import { readdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { asText } from './table.ts';

const folder = new URL('./benchmarks/', import.meta.url);

const knownNames = async (): Promise<readonly string[]> =>
  (await readdir(folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();

const load = async (name: string): Promise<Benchmark> => {
  const { benchmark } = (await import(new URL(`${name}.ts`, folder).href)) as { readonly benchmark: Benchmark };
  return benchmark;
};

const machine = (): string =>
  `Node ${process.version}, ${process.platform} ${process.arch}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}`;

const main = async (asked: readonly string[]): Promise<void> => {
  const known = await knownNames();
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`);
  console.log(`${machine()}\n`);
  for (const name of asked.length === 0 ? known : asked) {
    const benchmark = await load(name);
    console.log(`## ${name}: ${benchmark.title}\n`);
    for (const table of await benchmark.run()) console.log(asText(table));
  }
};

await main(process.argv.slice(2));
