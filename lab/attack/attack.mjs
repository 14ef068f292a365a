/**
 * Sends to every route of the built service, on loopback, what could hold its event loop or fill its memory, and gives it
 * hostile answers of providers. Prints the longest stall and the memory of each kind; ends with 1 above the limits. A stall is what
 * the main thread worked in one turn: time that other processes had is no part of it. A kind that is above the limits is tried again,
 * twice at most, and its best try counts: what else the machine does makes a turn longer, never shorter. Linux only.
 *
 *   npm run attack              npm run attack -- --short              npm run attack -- --bound 50      ms that the event loop may be held
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { hostileAnswer, harmlessAnswer, ANSWER_KINDS } from './attack-answers.mjs';
import { bodiesOf, urlsOf, plainUrl } from './attack-inputs.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const meter = path.join(import.meta.dirname, 'loop-meter.mjs');
const isShort = process.argv.includes('--short');
/** Memory: what the manifest's limit of 512 MiB leaves, with the heap that Node takes in it. */
const boundAt = process.argv.indexOf('--bound');
const MAX_STALL_MS = boundAt === -1 ? 50 : Number(process.argv[boundAt + 1]);
const [MAX_RSS_MB, HEAP_MB] = [300, 256];
const TIME_LIMIT_MS = isShort ? 45_000 : 600_000;
/** Tries of a kind of input. */
const TRIES = 3;
/** Requests at once. */
const AT_ONCE = 3;
const SERVICES = ['hubspot', 'lemlist', 'explorium', 'kit', 'mailchimp', 'sendgrid'];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The kind of the provider's answers. */
let answerKind;

const listening = async (server) => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address().port;
};

const agent = new Agent({ keepAlive: true });

/** One request; never fails: a refusal is as good as an answer here. */
const ask = (port, method, place, body) =>
  new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, method, path: place, headers, agent, timeout: 20_000 }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('close', () => resolve({ status: res.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(body);
  });

/** What a process measured of itself since it was last asked. */
const measuredBy = async (child) => {
  child.send('longest');
  const [longest] = await once(child, 'message');
  return longest;
};

const started = (args, env) =>
  spawn(process.execPath, ['--import', meter, ...args], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

const providerSettings = (port) =>
  Object.fromEntries(
    SERVICES.flatMap((name) => [
      [`${name.toUpperCase()}_API_KEY`, name === 'mailchimp' ? 'c0ffeec0ffeec0ffeec0ffeec0ffee05-us1' : 'attack-key-0123456789'],
      [`${name.toUpperCase()}_BASE_URL`, `http://127.0.0.1:${port}/${name}`],
      [`${name.toUpperCase()}_RATE_LIMIT`, '100000/1s'],
    ]),
  );

const startService = async (providerPort) => {
  const probe = createServer();
  const port = await listening(probe);
  probe.close();
  const data = mkdtempSync(path.join(tmpdir(), 'attack-'));
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'error',
    DATA_DIR: data,
    SANDBOX: 'off',
    ...providerSettings(providerPort),
  };
  const child = started([`--max-old-space-size=${HEAP_MB}`, 'dist/server.js'], env);
  for (let tries = 0; tries < 200 && (await ask(port, 'GET', '/health/ready')).status !== 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the service ended at its start, with code ${child.exitCode}`);
    await pause(100);
  }
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(data, { recursive: true, force: true });
  };
  return { port, child, stop };
};

/** Broken answers are to be read, not kept off. */
const disableCircuits = async (port) => {
  for (const name of SERVICES) {
    const body = JSON.stringify({ mode: 'disabled', reason: 'attack', ttlSeconds: 3600 });
    const { status, text } = await ask(port, 'POST', `/admin/circuits/${name}/override`, body);
    if (status !== 200) throw new Error(`the circuit of ${name} cannot be disabled: ${status} ${text}`);
  }
};

const memoryMb = (pid) => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const routesOf = (document) =>
  Object.entries(document.paths)
    .filter(([place]) => place.startsWith('/api/'))
    .flatMap(([place, methods]) =>
      Object.entries(methods)
        .filter(([method]) => /^(?:get|post|put|patch|delete)$/u.test(method))
        .map(([method, route]) => ({
          place,
          method: method.toUpperCase(),
          route,
          schema: route.requestBody?.content?.['application/json']?.schema,
        })),
    );

/** Every input by its kind: for each route a list, so that a run that ends early has seen all routes. */
const attacksOf = (document, port) => {
  const byKind = new Map();
  const add = (kind, attacks) => byKind.set(kind, [...(byKind.get(kind) ?? []), attacks]);
  const routes = routesOf(document);
  for (const { place, method, route, schema } of routes) {
    add(
      'near misses in URLs',
      urlsOf(place, route).map((url) => () => ask(port, method, url)),
    );
    if (schema === undefined) continue;
    for (const [kind, bodies] of Object.entries(bodiesOf(document, schema))) {
      add(
        `${kind} in bodies`,
        bodies.map((body) => () => ask(port, method, plainUrl(place), body())),
      );
    }
  }
  for (const kind of ANSWER_KINDS) {
    for (const { place, method, schema } of routes) {
      if (method !== 'GET' && !/search|match|enrich|batch/u.test(place)) continue;
      const body = schema === undefined ? undefined : bodiesOf(document, schema)['few rows'][0]();
      add(`answers: ${kind}`, [() => ask(port, method, plainUrl(place), body)]);
    }
  }
  return byKind;
};

/** The first of each route, then the second of each. */
const inTurn = (lists) => {
  const rounds = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
};

/** Runs them, some at once, until the time is over; how many were made, and what was answered. */
const runAll = async (attacks, endsAt) => {
  const statuses = new Map();
  let next = 0;
  const work = async () => {
    while (next < attacks.length && performance.now() < endsAt) {
      const attack = attacks[next];
      next += 1;
      const { status } = await attack();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return {
    done: next,
    statuses: [...statuses]
      .sort(([one], [other]) => one - other)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  };
};

const tryOnce = async ({ port, child }, kind, attacks, endsAt) => {
  await measuredBy(child);
  let rssMb = 0;
  const look = setInterval(() => {
    rssMb = Math.max(rssMb, memoryMb(child.pid));
  }, 20);
  const { done, statuses } = await runAll(attacks, endsAt);
  clearInterval(look);
  if (child.exitCode !== null) throw new Error(`the service at port ${port} ended at: ${kind}`);
  const { cpuMs, wallMs } = await measuredBy(child);
  const isWell = cpuMs <= MAX_STALL_MS && rssMb <= MAX_RSS_MB;
  console.log(
    `${isWell ? 'ok  ' : 'OVER'} ${kind}: ${done} of ${attacks.length}; stall ${cpuMs.toFixed(0)} ms (with waits ${wallMs.toFixed(0)} ms), ${rssMb.toFixed(0)} MB; ${statuses}`,
  );
  return { isWell, cpuMs, rssMb };
};

/** The first try within the limits, or else the shortest stall. */
const judge = async (service, kind, attacks, lastsMs) => {
  answerKind = kind.startsWith('answers: ') ? kind.slice('answers: '.length) : undefined;
  const tries = [];
  while (tries.length < TRIES && tries.at(-1)?.isWell !== true)
    tries.push(await tryOnce(service, kind, attacks, performance.now() + lastsMs));
  return tries.sort((one, other) => Number(other.isWell) - Number(one.isWell) || one.cpuMs - other.cpuMs)[0];
};

const report = (results) => {
  const worst = (name) => Math.max(...results.map((result) => result[name])).toFixed(0);
  console.log(`worst stall ${worst('cpuMs')} ms of ${MAX_STALL_MS}, most memory ${worst('rssMb')} MB of ${MAX_RSS_MB}`);
  return results.every(({ isWell }) => isWell);
};

const runKinds = async (service) => {
  const document = JSON.parse((await ask(service.port, 'GET', '/openapi.json')).text);
  const kinds = [...attacksOf(document, service.port)];
  await disableCircuits(service.port);
  // What code costs before it is compiled is not what is asked here.
  await runAll(inTurn(kinds[0][1]).slice(0, 200), Infinity);
  const results = [];
  for (const [kind, lists] of kinds) results.push(await judge(service, kind, inTurn(lists), TIME_LIMIT_MS / kinds.length));
  return report(results);
};

const run = async () => {
  const provider = createServer((req, res) => {
    req.resume();
    res.setHeader('Content-Type', 'application/json');
    res.end(answerKind === undefined ? harmlessAnswer : hostileAnswer(answerKind, req.url));
  });
  const service = await startService(await listening(provider));
  try {
    process.exitCode = (await runKinds(service)) ? 0 : 1;
  } finally {
    await service.stop();
    agent.destroy();
    provider.closeAllConnections();
    provider.close();
  }
};

await run();
