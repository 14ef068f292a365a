/**
 * One life of a server as a process of its own: where it listens, what it said last, how it ended.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** `built`: from `dist`, which starts sooner; `source`: what a test has. */
export type Program = 'built' | 'source';

/** What `node` is given to run a file of ours, such as `src/server`. */
export const nodeArgumentsFor = (program: Program, file: string): readonly string[] =>
  program === 'built' ? [`dist/${file}.js`] : ['--import', 'tsx', `${file}.ts`];

export interface ServerProcessParts {
  /** What `node` is given: options, file, arguments. */
  readonly nodeArguments: readonly string[];
  /** All of it: nobody's keys get in. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it listens, if this line of its output tells. */
  readonly addressIn: (line: string) => string | undefined;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const KEPT_OUTPUT = 3000;
const STOP_MS = 10_000;
const LAST_WORDS_MS = 500;

/** The address that the gateway's log tells. */
export const gatewayAddressIn = (line: string): string | undefined => {
  if (!line.includes('"listening"')) return undefined;
  const { port } = JSON.parse(line) as { readonly port?: number };
  return port === undefined ? undefined : `http://127.0.0.1:${String(port)}`;
};

/** This process takes those along that it has started. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #url: Promise<string>;
  #tell: (url: string) => void = () => undefined;
  #giveUp: (reason: Error) => void = () => undefined;
  readonly #ended: Promise<NodeJS.Signals | null>;
  #output = '';
  #hasEnded = false;

  constructor({ nodeArguments, environment, addressIn }: ServerProcessParts) {
    // Killed in the middle of everything, its coverage would only blur that of the tests.
    const env = { PATH: process.env['PATH'], NODE_V8_COVERAGE: undefined, ...environment };
    this.#child = spawn(process.execPath, nodeArguments, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#url = new Promise((resolve, reject) => {
      this.#tell = resolve;
      this.#giveUp = reject;
    });
    // Perhaps nobody waits.
    this.#url.catch(() => undefined);
    this.#listen(addressIn);
    this.#ended = this.#untilEnded();
  }

  /** Resolves with where it listens, as soon as it does. @throws {Error} with its last words, if it ends before. */
  get url(): Promise<string> {
    return this.#url;
  }

  /** Resolves with the signal that ended it; `null` if it ended by itself. */
  get ended(): Promise<NodeJS.Signals | null> {
    return this.#ended;
  }

  /** The end of what it said: its errors, and all that was no line of the log. */
  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(): void {
    this.signal('SIGKILL');
  }

  /** In order; by force once its patience is over. @throws {Error} with its last words, if it had ended by itself. */
  async stop(): Promise<void> {
    if (this.#hasEnded) throw new Error(`ended by itself: ${this.#output || 'without a word'}`);
    const impatience = setTimeout(() => {
      this.kill();
    }, STOP_MS);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(impatience);
  }

  async #untilEnded(): Promise<NodeJS.Signals | null> {
    living.add(this.#child);
    const closed = once(this.#child, 'close');
    const [, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null];
    // Its last words may come later; or never, if a child of its own holds its output.
    if (signal !== 'SIGKILL') await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    this.#hasEnded = true;
    living.delete(this.#child);
    this.#giveUp(new Error(this.#output || 'ended without a word'));
    return signal;
  }

  #listen(addressIn: ServerProcessParts['addressIn']): void {
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#keep(text.toString());
    });
    createInterface(this.#child.stdout!).on('line', (line) => {
      const url = addressIn(line);
      if (url !== undefined) this.#tell(url);
      else if (line.includes('"level":"error"')) this.#keep(`${line}\n`);
    });
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
  }
}
