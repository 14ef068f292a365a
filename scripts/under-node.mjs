/**
 * Runs a command under another version of Node, which npm brings:
 *
 *   node scripts/under-node.mjs 24 -- npx mocha
 *
 * The packages `node-<platform>-<architecture>` hold the bare program and need no install script, which newer
 * npm refuses to run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const usage = 'Usage: node scripts/under-node.mjs <major version> -- <command> [arguments]';

const programFolder = (version) => {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const home = path.resolve(import.meta.dirname, '../.cache/node', version);
  const folder = path.join(home, 'node_modules', name, 'bin');
  if (!existsSync(folder)) install(`${name}@${version}`, home);
  return folder;
};

const install = (specifier, home) => {
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n');
  const parameters = ['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', specifier];
  const { status } = spawnSync('npm', parameters, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm has no ${specifier}; install that Node by a version manager instead`);
};

const run = ([version, separator, command, ...parameters]) => {
  if (!/^\d+$/.test(version ?? '') || separator !== '--' || command === undefined) throw new Error(usage);
  const PATH = [programFolder(version), process.env.PATH].join(path.delimiter);
  const { status, error } = spawnSync(command, parameters, { stdio: 'inherit', env: { ...process.env, PATH } });
  if (error !== undefined) throw new Error(`${command} cannot be run (${error.code})`);
  return status ?? 1;
};

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
