/**
 * Prints how many lines each room has, beside its budget (docs/architecture.md, "Rooms").
 *
 *   npm run size              npm run size -- --check      ends with 1 if a room is more than a tenth above its budget
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const TOLERANCE = 1.1;

/** Lines of TypeScript and Lua, for the folders and files named. */
const rooms = [
  ['edge', ['src/server.ts', 'src/compose.ts', 'src/app.ts', 'src/lifecycle.ts'], 700],
  ['config, errors, logging, time', ['src/config', 'src/errors', 'src/logging', 'src/time'], 1600],
  ['contract', ['src/contract'], 700],
  ['wire', ['src/wire'], 250],
  ['pipeline', ['src/pipeline'], 1900],
  ['circuit', ['src/circuit'], 1800],
  ['quota', ['src/quota'], 800],
  ['cache', ['src/cache'], 500],
  ['queue', ['src/queue'], 2400],
  ['fleet', ['src/fleet'], 2000],
  ['redis', ['src/redis'], 300],
  ['web', ['src/web'], 1800],
  ['routes', ['src/routes'], 1200],
  ['monitoring', ['src/monitoring'], 650],
  ['services', ['src/services'], 5000],
  ['src, all of it', ['src'], 21_000],
  ['sandbox', ['sandbox'], 5000],
  ['test', ['test'], 35_000],
  ['lab', ['lab'], undefined],
];

const isCounted = (file) => /\.(?:ts|lua)$/u.test(file);

const filesIn = (place) => {
  const absolute = path.join(root, place);
  if (!statSync(absolute, { throwIfNoEntry: false })) return [];
  if (statSync(absolute).isFile()) return [place];
  return readdirSync(absolute, { recursive: true }).map((name) => path.join(place, name));
};

const linesOf = (file) => readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;

const wordsIn = (folder) =>
  filesIn(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => readFileSync(path.join(root, file), 'utf8').split(/\s+/u).filter(Boolean).length)
    .reduce((sum, words) => sum + words, 0);

const row = (name, files, size, budget) => ({
  name,
  files: String(files),
  size: String(size),
  budget: budget === undefined ? '' : String(budget),
  share: budget === undefined ? '' : `${String(Math.round((100 * size) / budget))} %`,
  isOver: budget !== undefined && size > budget * TOLERANCE,
});

const table = [
  ...rooms.map(([name, places, budget]) => {
    const files = places.flatMap(filesIn).filter(isCounted);
    const lines = files.map(linesOf).reduce((sum, count) => sum + count, 0);
    return row(name, files.length, lines, budget);
  }),
  row('docs, words', filesIn('docs').filter((file) => file.endsWith('.md')).length, wordsIn('docs'), 25_000),
];

console.log(`${'room'.padEnd(32)}${'files'.padStart(6)}${'lines'.padStart(8)}${'budget'.padStart(8)}${'share'.padStart(8)}`);
for (const { name, files, size, budget, share, isOver } of table) {
  console.log(
    `${name.padEnd(32)}${files.padStart(6)}${size.padStart(8)}${budget.padStart(8)}${share.padStart(8)}${isOver ? '  over' : ''}`,
  );
}
if (process.argv.includes('--check') && table.some(({ isOver }) => isOver)) process.exitCode = 1;
