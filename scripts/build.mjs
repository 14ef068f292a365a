/**
 * Builds `dist/` from `src/` and `sandbox/`.
 *
 *   node scripts/build.mjs              always
 *   node scripts/build.mjs --if-stale   only if something has changed since the last build (before `npm start`)
 *
 * A production image has `dist/` but no compiler: there, --if-stale is content with what it finds.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const output = path.join(root, 'dist');
/** Written last: a build that broke off leaves none. */
const stamp = path.join(output, '.built');
/** What `npm start` runs; the rest lies in folders as in the source. An image takes `dist/src` and this, and has no sandbox. */
const launcher = path.join(output, 'server.js');
const inputs = ['src', 'sandbox', 'types', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
  path.join(root, name),
);

const findCompiler = () => {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
};

/** Folders count, too: their time moves when a file in them is deleted. */
const newestChange = (place) => {
  if (!existsSync(place)) return 0;
  const stats = statSync(place);
  const inside = stats.isDirectory() ? readdirSync(place).map((name) => newestChange(path.join(place, name))) : [];
  return Math.max(stats.mtimeMs, ...inside);
};

const isStale = () => !existsSync(stamp) || Math.max(...inputs.map(newestChange)) > statSync(stamp).mtimeMs;

/** What tsc leaves behind: pages, scripts for a browser or for Redis, the seeds of the sandbox. */
const copyAssets = () => {
  for (const folder of ['src', 'sandbox']) {
    cpSync(path.join(root, folder), path.join(output, folder), {
      recursive: true,
      filter: (file) => statSync(file).isDirectory() || !file.endsWith('.ts'),
    });
  }
};

const build = (compiler) => {
  rmSync(output, { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  copyAssets();
  writeFileSync(launcher, "import './src/server.js';\n");
  writeFileSync(stamp, '');
  return 0;
};

const run = (ifStale) => {
  const compiler = findCompiler();
  const isBuilt = existsSync(launcher);
  if (compiler === undefined) {
    if (ifStale && isBuilt) return 0;
    console.error('Cannot build: the compiler is not installed. Run npm ci --include=dev, then try again.');
    return 1;
  }
  if (ifStale && !isStale()) return 0;
  return build(compiler);
};

process.exitCode = run(process.argv.includes('--if-stale'));
