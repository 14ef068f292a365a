/**
 * Sends to every route of the built service, on loopback, what could hold its event loop or fill its memory, and gives it
 * hostile answers of providers. Prints the worst stall and the memory of each kind; ends with 1 above the limits.
 *
 *   npm run attack              npm run attack -- --short
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const isShort = process.argv.includes('--short');
/** What the process may stall beside the noise of the machine, ms, and take, MB. */
const [MAX_STALL_MS, MAX_RSS_MB] = [50, 300];
const TIME_LIMIT_MS = isShort ? 50_000 : 600_000;
const SERVICES = ['HUBSPOT', 'LEMLIST', 'EXPLORIUM', 'KIT', 'MAILCHIMP', 'SENDGRID'];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers of a hostile provider; the first is harmless. */
const answers = {
  harmless: '{"id":"1","properties":{}}',
  'empty objects': `[${'{},'.repeat(3_200_000)}{}]`,
  'one wide object': JSON.stringify({ id: '1', properties: Object.fromEntries(Array.from({ length: 300_000 }, (_, index) => [`p${index}`, 'v'])) }),
  'deep lists': '['.repeat(5_000_000),
  'one long string': JSON.stringify({ id: '1', properties: { a: '\n'.repeat(4_500_000) } }),
  'values at the limit': JSON.stringify({ id: '1', properties: Object.fromEntries(Array.from({ length: 9_900 }, (_, index) => [`p${index}`, 'v'])) }),
};
let answer = answers.harmless;

const listening = async (server) => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address().port;
};

/** One request; never fails: a refusal is as good as an answer here. */
const ask = (port, method, place, { body, agent } = {}) =>
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

const startService = async (providerPort) => {
  const probe = createServer();
  const port = await listening(probe);
  probe.close();
  const data = mkdtempSync(path.join(tmpdir(), 'attack-'));
  const provider = Object.fromEntries(
    SERVICES.flatMap((name) => [
      [`${name}_API_KEY`, name === 'MAILCHIMP' ? 'c0ffeec0ffeec0ffeec0ffeec0ffee05-us1' : 'attack-key-0123456789'],
      [`${name}_BASE_URL`, `http://127.0.0.1:${providerPort}`],
      [`${name}_DEADLINE_MS`, '5000'],
      [`${name}_CIRCUIT_TIMEOUT`, '4000'],
    ]),
  );
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'error', DATA_DIR: data, SANDBOX: 'off', ...provider };
  const child = spawn(process.execPath, ['dist/server.js'], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (let tries = 0; tries < 200 && (await ask(port, 'GET', '/health/ready')).status !== 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the service ended at its start, with code ${child.exitCode}`);
    await pause(100);
  }
  return { port, child, stop: async () => { child.kill(); await once(child, 'exit'); rmSync(data, { recursive: true, force: true }); } };
};

const memoryMb = (pid) => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Runs `work` while asking for `/health/live`; the worst wait, and what the process itself measured. */
const measured = async ({ port, child }, work) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const worst = { pingMs: 0, rssMb: 0, isOver: false };
  const pings = (async () => {
    while (!worst.isOver) {
      const before = performance.now();
      await ask(port, 'GET', '/health/live', { agent });
      worst.pingMs = Math.max(worst.pingMs, performance.now() - before);
      worst.rssMb = Math.max(worst.rssMb, memoryMb(child.pid));
      await pause(5);
    }
  })();
  await work();
  await pause(100);
  worst.isOver = true;
  await pings;
  agent.destroy();
  const lag = /^nodejs_eventloop_lag_max_seconds (\S+)/mu.exec((await ask(port, 'GET', '/metrics')).text)?.[1];
  return { stallMs: Math.min(worst.pingMs, Number(lag ?? Infinity) * 1000), rssMb: worst.rssMb };
};

const resolved = (document, schema = {}) => (schema.$ref === undefined ? schema : (document.components.schemas[schema.$ref.split('/').pop()] ?? {}));

/** A value in the shape of a schema; strings are `text`, and lists have `rows` items. */
const valueOf = (document, given, options, depth = 0) => {
  const schema = resolved(document, given);
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (depth > 6) return null;
  if (choice !== undefined) return valueOf(document, choice, options, depth + 1);
  if (schema.enum !== undefined || schema.const !== undefined) return schema.const ?? schema.enum[0];
  if (schema.type === 'array') return Array.from({ length: depth < 2 ? options.rows : 2 }, () => valueOf(document, schema.items, options, depth + 1));
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  if (schema.type === 'boolean') return true;
  if (schema.type !== 'object' && schema.properties === undefined) return options.text;
  return Object.fromEntries(Object.entries(schema.properties ?? { a: {} }).map(([name, part]) => [name, valueOf(document, part, options, depth + 1)]));
};

const NEAR_MISSES = [`@${'.'.repeat(40_000)} `, `a@${'a.'.repeat(20_000)}@`, `${' '.repeat(40_000)}x`, `${'0 '.repeat(20_000)}x`, `http://${'/'.repeat(40_000)} `, `x${'-'.repeat(40_000)}`];

const bodiesOf = (document, schema) => ({
  'near misses': NEAR_MISSES.map((text) => JSON.stringify(valueOf(document, schema, { text, rows: 2 })).slice(0, 990_000)),
  'many rows': [100, 2_000, 30_000].map((rows) => JSON.stringify(valueOf(document, schema, { text: 'a@b.co', rows }))).filter((text) => text.length < 9_900_000),
  'many values': [`[${'[],'.repeat(33_000)}0]`, `[${'{},'.repeat(1_000_000)}{}]`],
  'wide objects': [JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`k${index}`, 0])))],
  'deep lists': ['['.repeat(99_000)],
  'long strings': [JSON.stringify({ a: '\n'.repeat(480_000) })],
});

const routesOf = (document) =>
  Object.entries(document.paths)
    .filter(([place]) => place.startsWith('/api/'))
    .flatMap(([place, methods]) => Object.entries(methods).filter(([method]) => /^(?:get|post|put|patch|delete)$/u.test(method)).map(([method, route]) => ({ place, method: method.toUpperCase(), route })));

/** Near misses in path and query, as long as a URL may be. */
const hostileUrl = (place, route, text) => {
  const filled = place.replaceAll(/\{\w+\}/gu, encodeURIComponent(text.slice(0, 150)));
  const query = (route.parameters ?? []).filter((part) => part.in === 'query').slice(0, 3).map(({ name }) => `${name}=${encodeURIComponent(text.slice(0, 1_000))}`);
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
};

const plainUrl = (place) => place.replaceAll(/\{(\w+)\}/gu, (_, name) => (/email|value/iu.test(name) ? 'a@b.co' : '101'));

/** Every input by its kind: a list of things to do. */
const attacksOf = (document, port) => {
  const attacks = new Map();
  const add = (kind, attack) => attacks.set(kind, [...(attacks.get(kind) ?? []), attack]);
  for (const { place, method, route } of routesOf(document)) {
    for (const text of NEAR_MISSES) add('near misses in URLs', () => ask(port, method, hostileUrl(place, route, text)));
    const schema = route.requestBody?.content?.['application/json']?.schema;
    for (const [kind, bodies] of Object.entries(schema === undefined ? {} : bodiesOf(document, schema))) {
      for (const body of bodies) add(`${kind} in bodies`, () => ask(port, method, plainUrl(place), { body }));
    }
  }
  const reads = routesOf(document).filter(({ method }) => method === 'GET');
  for (const [kind, text] of Object.entries(answers).slice(1)) {
    for (const { place } of isShort ? reads.slice(0, 6) : reads) {
      add(`answers: ${kind}`, async () => { answer = text; await ask(port, 'GET', plainUrl(place)); answer = answers.harmless; });
    }
  }
  return attacks;
};

/** The worst wait while nothing is wrong: the machine's, not ours. */
const noiseOf = async (service) => {
  const { stallMs } = await measured(service, async () => { for (let turn = 0; turn < 20; turn += 1) await ask(service.port, 'GET', '/health').then(() => pause(30)); });
  return stallMs;
};

/** In an order that takes from every route early: a run that ends before the list has seen all of them. */
const spread = (list) => [...Array(7).keys()].flatMap((rest) => list.filter((_, index) => index % 7 === rest));

const judge = async (service, kind, attacks, endsAt) => {
  const noiseMs = await noiseOf(service);
  let done = 0;
  const { stallMs, rssMb } = await measured(service, async () => {
    for (const attack of attacks) {
      if (performance.now() > endsAt) return;
      await attack();
      done += 1;
    }
  });
  const isWell = service.child.exitCode === null && stallMs - noiseMs <= MAX_STALL_MS && rssMb <= MAX_RSS_MB;
  console.log(`${isWell ? 'ok  ' : 'OVER'} ${kind}: ${done} of ${attacks.length}, worst stall ${stallMs.toFixed(0)} ms (noise ${noiseMs.toFixed(0)} ms), ${rssMb.toFixed(0)} MB`);
  return isWell;
};

const run = async () => {
  const provider = createServer((req, res) => { req.resume(); res.setHeader('Content-Type', 'application/json'); res.end(answer); });
  const service = await startService(await listening(provider));
  try {
    const document = JSON.parse((await ask(service.port, 'GET', '/openapi.json')).text);
    const attacks = [...attacksOf(document, service.port)];
    const startedAt = performance.now();
    let isWell = true;
    for (const [index, [kind, list]] of attacks.entries()) {
      const share = (TIME_LIMIT_MS / attacks.length) * (index + 1);
      isWell = (await judge(service, kind, spread(list), startedAt + share)) && isWell;
    }
    process.exitCode = isWell ? 0 : 1;
  } finally {
    await service.stop();
    provider.closeAllConnections();
    provider.close();
  }
};

await run();
