/**
 * A gateway as a process of its own that is killed and comes back, each life on a free port and on what the last one left.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { KillLog } from './killLog.ts';
import type { Victim } from './plan.ts';

export interface GatewayProcessParts {
  readonly victim: Victim;
  /** For node, of the life that begins. */
  readonly nextArguments: () => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly killLog: KillLog;
  readonly onCrash: (said: string) => void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const KEPT_OUTPUT = 3000;

/** The port that a line of the log tells, if it is the one that does. */
const portIn = (line: string): number | undefined => {
  if (!line.includes('"listening"')) return undefined;
  return (JSON.parse(line) as { readonly port?: number }).port;
};

/** Where a process listens, for those who wait until it does. */
class Whereabouts {
  readonly url: Promise<string>;
  readonly tell: (url: string) => void;
  readonly giveUp: (reason: Error) => void;

  constructor() {
    let tell: (url: string) => void = () => undefined;
    let giveUp: (reason: Error) => void = () => undefined;
    this.url = new Promise((resolve, reject) => {
      tell = resolve;
      giveUp = reject;
    });
    // Perhaps nobody waits.
    this.url.catch(() => undefined);
    this.tell = tell;
    this.giveUp = giveUp;
  }
}

export class GatewayProcess {
  readonly #parts: GatewayProcessParts;
  #child: ChildProcess | undefined;
  #whereabouts = new Whereabouts();
  #isUp = false;
  /** To be called once it is: one may be killed again before it was up. */
  #backs: (() => void)[] = [];
  #output = '';
  #isKilledByUs = false;
  #isStopping = false;

  constructor(parts: GatewayProcessParts) {
    this.#parts = parts;
  }

  start(): Promise<string> {
    this.#live();
    return this.url;
  }

  /** Resolves with where it listens, as soon as it does. @throws {Error} once it has ended by itself. */
  get url(): Promise<string> {
    return this.#whereabouts.url;
  }

  kill(): void {
    this.#isKilledByUs = true;
    this.#child?.kill('SIGKILL');
  }

  /** For good; what waits then stays where it is. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #live(): void {
    const { environment, nextArguments } = this.#parts;
    this.#isKilledByUs = false;
    this.#output = '';
    // Killed in the middle of everything, its coverage would only blur that of the tests.
    const env = { PATH: process.env['PATH'], NODE_V8_COVERAGE: undefined, ...environment };
    const child = spawn(process.execPath, nextArguments(), { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#listen(child);
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', (_code, signal) => {
      process.off('exit', endWithUs);
      this.#ended(signal);
    });
  }

  /** What a life has said may come after its end, and is of no use then: nobody listens where it did. */
  #listen(child: ChildProcess): void {
    const { stdout, stderr } = child;
    stderr?.on('data', (text: Buffer) => {
      this.#keep(text.toString());
    });
    createInterface(stdout!).on('line', (line) => {
      const port = portIn(line);
      if (port !== undefined && child === this.#child) this.#listens(`http://127.0.0.1:${String(port)}`);
      else if (line.includes('"level":"error"')) this.#keep(`${line}\n`);
    });
  }

  #listens(url: string): void {
    this.#isUp = true;
    this.#whereabouts.tell(url);
    for (const back of this.#backs) back();
    this.#backs = [];
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
  }

  /** Comes back, unless it ended by itself: that is a fault of the gateway, and nobody need wait for it. */
  #ended(signal: NodeJS.Signals | null): void {
    if (this.#isStopping) return;
    const { victim, killLog, onCrash } = this.#parts;
    if (this.#isUp) this.#whereabouts = new Whereabouts();
    this.#isUp = false;
    if (signal !== 'SIGKILL') {
      const said = `${victim}: ${this.#output || 'ended without a word'}`;
      this.#whereabouts.giveUp(new Error(said));
      onCrash(said);
      return;
    }
    this.#backs.push(killLog.note(victim, !this.#isKilledByUs));
    this.#live();
  }
}
