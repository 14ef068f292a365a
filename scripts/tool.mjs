/**
 * Programs that tests need and npm does not have: where to find them, and how to get them without being root.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const cache = path.resolve(import.meta.dirname, '../.cache');

/** Where Debian's packages keep the libraries of a program that is not installed. */
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu'];

/**
 * By program: the variable that may name it, the Debian packages it comes in (the first is what a person installs), its place
 * in them, how else to get it, and whether it brings libraries of its own.
 */
export const tools = {
  promtool: { variable: 'PROMTOOL_BIN', packages: ['prometheus'], file: 'usr/bin/promtool', elsewhere: 'https://prometheus.io/download/' },
  prometheus: {
    variable: 'PROMETHEUS_BIN',
    packages: ['prometheus'],
    file: 'usr/bin/prometheus',
    elsewhere: 'https://prometheus.io/download/',
  },
  'redis-server': {
    variable: 'REDIS_SERVER_BIN',
    packages: ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'],
    file: 'usr/bin/redis-server',
    elsewhere: 'https://redis.io/docs/latest/operate/oss_and_stack/install/',
    hasLibraries: true,
  },
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** One folder for all that come in the same packages. */
const unpackedIn = ({ packages }) => path.join(cache, 'tools', packages.join('+'));

/** What a program that was unpacked, not installed, needs in its environment. */
const environmentOf = (tool) => {
  if (!tool.hasLibraries) return {};
  return { env: { LD_LIBRARY_PATH: LIBRARIES.map((folder) => path.join(unpackedIn(tool), folder)).join(path.delimiter) } };
};

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(isExecutable);

/**
 * Looks in the tool's variable, on the PATH, and among what was fetched before; fetches nothing.
 *
 * @returns The program, where it was found, and what it needs in its environment; or undefined.
 * @throws {Error} if the variable is set and names no program: whoever set it means it.
 */
export const findTool = (name) => {
  const tool = tools[name];
  const named = process.env[tool.variable];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`${tool.variable} must name an executable file: correct or unset it`);
    return { file: named, origin: `named by ${tool.variable}` };
  }
  const installed = onPath(name);
  if (installed !== undefined) return { file: installed, origin: 'installed' };
  const fetched = path.join(unpackedIn(tool), tool.file);
  return isExecutable(fetched) ? { file: fetched, origin: 'fetched before', ...environmentOf(tool) } : undefined;
};

/** What a person can do about a missing tool, in one line. */
export const howToGet = (name) => {
  const { variable, packages, elsewhere } = tools[name];
  return `install it (Debian, Ubuntu: apt-get install ${packages[0]}; others: ${elsewhere}), or set ${variable} to the program`;
};

const run = (command, parameters, folder) => {
  const { status, error, stderr } = spawnSync(command, parameters, { cwd: folder, encoding: 'utf8', timeout: 180_000 });
  if (error !== undefined) throw new Error(`${command} cannot be run (${error.code})`);
  if (status !== 0) throw new Error(`${command} ${parameters.at(-1)} failed: ${stderr.trim().split('\n').at(-1)}`);
};

/** Package lists and downloads of our own: apt works without root when none of its folders is the system's. */
const aptOptions = (home) => {
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(path.join(home, folder), { recursive: true });
  const settings = [`Dir::State=${home}`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${home}`, 'APT::Sandbox::User='];
  return settings.flatMap((setting) => ['-o', setting]);
};

/**
 * Downloads the tool's Debian packages and unpacks them under `.cache/tools`; installs nothing.
 *
 * @throws {Error} saying which step failed, where there is no apt, no network or no such package.
 */
export const fetchTool = (name) => {
  const tool = tools[name];
  if (process.platform !== 'linux') throw new Error('only Debian and its kin can fetch it');
  mkdirSync(cache, { recursive: true });
  // Under a name of our own until it is whole: two test runs may fetch at once.
  const workshop = mkdtempSync(path.join(cache, 'fetch-'));
  try {
    const options = aptOptions(path.join(workshop, 'apt'));
    run('apt-get', [...options, '-qq', 'update'], workshop);
    run('apt-get', [...options, '-qq', 'download', ...tool.packages], workshop);
    const archives = readdirSync(workshop).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) run('dpkg', ['-x', archive, path.join(workshop, 'unpacked')], workshop);
    moveInto(unpackedIn(tool), path.join(workshop, 'unpacked'));
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return { file: path.join(unpackedIn(tool), tool.file), origin: 'fetched now', ...environmentOf(tool) };
};

const moveInto = (place, unpacked) => {
  if (existsSync(place)) return;
  mkdirSync(path.dirname(place), { recursive: true });
  renameSync(unpacked, place);
};
