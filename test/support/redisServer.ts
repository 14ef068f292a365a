/**
 * A redis-server of the test's own: a free port, a folder of its own, synced before it answers. It can be killed, made to
 * hang, and started again on what it left behind; nothing of it stays.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool, howToGet } from '../../scripts/tool.mjs';
import { Secret } from '../../src/config/secret.ts';
import type { RedisSettings } from '../../src/config/redis.ts';

export interface RedisServer {
  readonly settings: RedisSettings;
  /** A command in a line, such as `CONFIG SET maxmemory 1`. @returns the beginning of what it answers. */
  tell(command: string): Promise<string>;
  /** As SIGKILL ends it: at once, with nothing put in order. */
  kill(): Promise<void>;
  /** Again, on the same port and folder. */
  start(): Promise<void>;
  /** It lives, listens and answers nothing. */
  hang(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** A port that is free now, on loopback. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** One command, without a client. */
const tell = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once('error', reject);
  });

/** A refusal for want of a password is an answer, too. */
const answersPing = async (port: number): Promise<boolean> => {
  try {
    return /^(\+PONG|-NOAUTH)/.test(await tell(port, 'PING'));
  } catch {
    return false;
  }
};

const untilItAnswers = async (port: number, child: ChildProcess): Promise<void> => {
  for (let look = 0; look < 500; look += 1) {
    if (child.exitCode !== null) throw new Error('redis-server ended at once');
    if (await answersPing(port)) return;
    await sleep(10);
  }
  throw new Error('redis-server does not answer');
};

/** @param parameters Beside our own, such as `['--requirepass', 'a password']`. */
export const startRedis = async (parameters: readonly string[] = []): Promise<RedisServer> => {
  const tool = findTool('redis-server');
  if (tool === undefined) throw new Error(`redis-server is missing: run node scripts/prepare-tools.mjs, or ${howToGet('redis-server')}`);
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
  const own = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  let child: ChildProcess | undefined;

  // A run that breaks off leaves none behind.
  const endWithUs = (): void => void child?.kill('SIGKILL');
  process.once('exit', endWithUs);
  const start = async (): Promise<void> => {
    child = spawn(tool.file, [...own, ...parameters], { stdio: 'ignore', env: { ...process.env, ...tool.env } });
    await untilItAnswers(port, child);
  };
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  const password = parameters[parameters.indexOf('--requirepass') + 1];
  return {
    settings: {
      host: '127.0.0.1',
      port,
      username: undefined,
      password: parameters.includes('--requirepass') && password !== undefined ? new Secret(password) : undefined,
      database: 0,
      tls: false,
    },
    tell: (command) => tell(port, command),
    kill,
    start,
    hang: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    stop: async () => {
      await kill();
      process.off('exit', endWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
