/**
 * Starts the built service as `npm start` does, over the embedded sandbox, and sees that it answers, and that SIGTERM
 * stops it with exit code 0. Leaves `/openapi.json` in `.cache/` for the linter.
 *
 *   node scripts/smoke.mjs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 15_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

const start = (port, data) => {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: String(port), SANDBOX_PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: data };
  return spawn(process.execPath, ['--enable-source-maps', 'dist/server.js'], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
};

const isReady = async (origin) => {
  try {
    return (await fetch(`${origin}/health/ready`)).status === 200;
  } catch {
    return false;
  }
};

const waitUntilReady = async (origin, service) => {
  const attempts = START_LIMIT_MS / 100;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (service.exitCode !== null) throw new Error(`the service ended at its start, with code ${service.exitCode}`);
    if (await isReady(origin)) return;
    await pause(100);
  }
  throw new Error(`the service was not ready within ${START_LIMIT_MS} ms`);
};

/** @returns The text of an answer with status 200. */
const ask = async (origin, place) => {
  const response = await fetch(origin + place);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${place} answered ${response.status}: ${text.slice(0, 300)}`);
  console.log(`${place}: 200, ${text.length} characters`);
  return text;
};

const askAround = async (origin) => {
  await ask(origin, '/health/live');
  await ask(origin, '/api/lemlist/campaigns');
  const metrics = await ask(origin, '/metrics');
  if (!/^circuit_breaker_state\{.*lemlist.*\} 0$/m.test(metrics)) throw new Error('/metrics does not show the closed circuit of lemlist');
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  writeFileSync(path.join(root, '.cache/openapi.json'), await ask(origin, '/openapi.json'));
};

const stop = async (service) => {
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  const [code] = (await Promise.race([ended, pause(STOP_LIMIT_MS)])) ?? ['none in time'];
  if (code !== 0) throw new Error(`SIGTERM must end the service with code 0, but the code was ${code}`);
  console.log('SIGTERM: ended with code 0');
};

const run = async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const data = mkdtempSync(path.join(tmpdir(), 'smoke-'));
  const service = start(port, data);
  try {
    await waitUntilReady(origin, service);
    await askAround(origin);
    await stop(service);
  } finally {
    service.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
};

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(`smoke: ${error.message}`);
  process.exit(1);
}
