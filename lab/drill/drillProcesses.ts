/**
 * A sandbox and a gateway of the drill's own, as real processes: the built ones if there are any.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { freePort } from '../../test/support/redisServer.ts';

const START_MS = 30_000;
const STOP_MS = 10_000;
/** HubSpot grants 10 calls a second and Lemlist too; the drill is about outages, so its limits are this many times as wide. */
const SANDBOX_SPEED = 1000;
/** And the gateway need not spare a quota that is so much wider. */
const UNLIMITED = '100000/1s';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built file, or the source by tsx. */
const nodeArguments = (name: string): readonly string[] => {
  const built = join(root, 'dist', `${name}.js`);
  return existsSync(built) ? ['--enable-source-maps', built] : ['--import', import.meta.resolve('tsx'), join(root, `${name}.ts`)];
};

const isUp = async (url: string): Promise<boolean> => {
  const answer = await request(url).catch(() => undefined);
  await answer?.body.dump();
  return answer?.statusCode === 200;
};

export interface Relay {
  /** The service's, by way of the relay. */
  readonly url: string;
  /** Connections from now on are led there. */
  lead(url: string): void;
}

/** Processes that live as long as one drill. */
export class DrillProcesses {
  readonly #children: ChildProcess[] = [];
  #folder: string | undefined;
  #relay: Server | undefined;

  /** @returns The sandbox's origin. */
  async startSandbox(realLimits: boolean): Promise<string> {
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    await this.#start('sandbox/server/main', { SANDBOX_PORT: port, SANDBOX_SPEED: String(realLimits ? 1 : SANDBOX_SPEED) }, origin);
    return origin;
  }

  /**
   * @param baseUrls Where the gateway finds each service.
   * @param realLimits Whether it is to keep to the services' rate limits.
   * @returns The gateway's origin.
   */
  async startGateway(baseUrls: Readonly<Record<string, string>>, realLimits: boolean): Promise<string> {
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    const services = Object.entries(baseUrls).flatMap(([service, url]) => [
      [`${service.toUpperCase()}_BASE_URL`, url] as const,
      ...(realLimits ? [] : [[`${service.toUpperCase()}_RATE_LIMIT`, UNLIMITED] as const]),
    ]);
    const settings = { NODE_ENV: 'development', HOST: '127.0.0.1', PORT: port, LOG_LEVEL: 'error', DRAIN_DELAY_MS: '0' };
    await this.#start('src/server', { ...settings, ...Object.fromEntries(services) }, `${origin}/health/ready`);
    return origin;
  }

  /** A way to a service that can be moved: what is connected stays where it is, what connects later is led elsewhere. */
  async startRelay(url: string): Promise<Relay> {
    let port = Number(new URL(url).port);
    const server = createServer((caller) => {
      const callee = connect(port, '127.0.0.1');
      for (const socket of [caller, callee])
        socket.on('error', () => {
          caller.destroy();
          callee.destroy();
        });
      caller.pipe(callee).pipe(caller);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#relay = server;
    const { port: own } = server.address() as AddressInfo;
    return {
      url: url.replace(`:${String(port)}`, `:${String(own)}`),
      lead: (to) => {
        port = Number(new URL(to).port);
      },
    };
  }

  /** Ends them all, in the order in which they need each other; resolves when none is left. */
  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(impatience);
    }
    this.#relay?.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** An empty folder and an environment of ours only: nobody's keys and no `.env` get into a drill. */
  async #start(name: string, settings: Readonly<Record<string, string>>, readyUrl: string): Promise<void> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'drill-'));
    const env = { PATH: process.env['PATH'], DATA_DIR: this.#folder, ...settings };
    const child = spawn(process.execPath, nodeArguments(name), { cwd: this.#folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4000);
      });
    }
    const deadline = performance.now() + START_MS;
    while (!(await isUp(readyUrl))) {
      if (child.exitCode !== null) throw new Error(`${name} ended at its start:\n${output}`);
      if (performance.now() > deadline) throw new Error(`${name} is not up after ${String(START_MS / 1000)} s:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
