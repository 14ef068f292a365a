/**
 * Runs one request through the built service and lists the files, functions and calls of ours that it takes, and the stack that reaches
 * the provider. The sandbox answers, as a process of its own. The request is made once before, so that nothing is counted that is done once.
 *
 *   npm run trace -- GET /api/hubspot/contacts/101          npm run trace -- GET /api/hubspot/contacts/101 --functions
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const root = path.resolve(import.meta.dirname, '..');
const [method = 'GET', place = '/api/hubspot/contacts/101', ...options] = process.argv.slice(2);
const START_LIMIT_MS = 20_000;
/** A request that no timer of the service falls into takes less; what runs beside it is counted, too. */
const SETTLE_MS = 1000;

const children = [];
const start = (parameters, env, stdio) => {
  const child = spawn(process.execPath, parameters, { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio });
  children.push(child);
  return child;
};

const lineThat = async (child, matches) => {
  for await (const line of createInterface({ input: child.stdout })) if (matches(line)) return JSON.parse(line);
  throw new Error('the process ended before it listened');
};

/** The lines of the transport that send a request; breakpoints stand there. */
const sendingLines = () => {
  const lines = readFileSync(path.join(root, 'dist/src/wire/undiciTransport.js'), 'utf8').split('\n');
  return lines.flatMap((line, index) => (/\.request\(|\.dispatch\(/u.test(line) ? [index] : []));
};

const ask = async (origin, path_) => {
  const response = await fetch(origin + path_, { method });
  await response.arrayBuffer();
  return response.status;
};

const told = (child, message) => {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(START_LIMIT_MS) });
  child.send(message);
  return answer.then(([value]) => value);
};

const run = async (data) => {
  const sandbox = start(['dist/sandbox/server/main.js', '--json'], { SANDBOX_PORT: '0' }, ['ignore', 'pipe', 'inherit']);
  const { services } = await lineThat(sandbox, (line) => line.startsWith('{'));
  const urls = Object.entries(services).map(([name, { url }]) => [`${name.toUpperCase()}_BASE_URL`, url]);
  const env = { ...Object.fromEntries(urls), PORT: '0', SANDBOX_PORT: '0', DATA_DIR: data, NODE_ENV: 'test' };
  const probe = path.join(import.meta.dirname, 'trace-probe.mjs');
  const gateway = start(['--import', probe, 'dist/server.js'], env, ['ignore', 'pipe', 'inherit', 'ipc']);
  const { port } = await lineThat(gateway, (line) => line.includes('"listening"'));
  gateway.stdout.resume();
  const origin = `http://127.0.0.1:${String(port)}`;
  await ask(origin, place.replace(/101$/u, '102'));
  await pause(SETTLE_MS);
  await told(gateway, { what: 'count' });
  const status = await ask(origin, place);
  const functions = await told(gateway, { what: 'counted' });
  await told(gateway, { what: 'stop at', lines: sendingLines() });
  await ask(origin, place.replace(/101$/u, '103'));
  const stack = await told(gateway, { what: 'stack' });
  return { status, functions, stack };
};

/** How often a stack comes back into a file that it has left. */
const returnsIn = (files) => {
  const entered = files.filter((file, index) => file !== files[index - 1]);
  return entered.length - new Set(entered).size;
};

const report = ({ status, functions, stack }) => {
  const files = new Map();
  for (const { file, calls } of functions) files.set(file, (files.get(file) ?? 0) + calls);
  const calls = functions.reduce((sum, each) => sum + each.calls, 0);
  console.log(`${method} ${place}: ${String(status)}, Node ${process.versions.node}`);
  for (const [file, count] of [...files].sort()) console.log(`  ${file.padEnd(60)}${String(count).padStart(6)} calls`);
  if (options.includes('--functions'))
    for (const { file, name, calls: count } of functions) console.log(`  ${file} ${name || '(no name)'} ${String(count)}`);
  console.log('The stack that reaches the provider, outermost first:');
  for (const { file, name } of stack) console.log(`  ${file}  ${name || '(no name)'}`);
  console.log(`files ${String(files.size)}, functions ${String(functions.length)}, calls ${String(calls)}`);
  console.log(`frames ${String(stack.length)}, returns into a file already left ${String(returnsIn(stack.map(({ file }) => file)))}`);
};

const data = mkdtempSync(path.join(tmpdir(), 'trace-'));
try {
  report(await run(data));
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}
