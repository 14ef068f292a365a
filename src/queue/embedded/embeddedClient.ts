/**
 * The main thread's side of the database thread. Requests go over in batches, one at a time: what arrives while the disk is busy is
 * committed together next, and shares its sync.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import type { Logger } from '../../logging/logger.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import type {
  Answer,
  Command,
  DatabaseOptions,
  FaultHook,
  FromDatabase,
  ParametersOf,
  Request,
  ToDatabase,
  ValueOf,
} from './embeddedMessages.ts';

/** `.ts` when run from source, `.js` when built: the thread's file lies beside this one either way. */
const extension = path.extname(fileURLToPath(import.meta.url));
const threadFile = new URL(`./embeddedWorker${extension}`, import.meta.url);

/** A large file is read once before it is used; a mount that hangs never answers. */
const OPEN_WITHIN_MS = seconds(60);

/** Run from source, every thread has to load tsx for itself: on Node 20 it does not take over the loader of its process. */
const loaderArguments = (): readonly string[] => {
  if (extension !== '.ts') return [];
  const loader = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/cjs$/u, 'mjs');
  return ['--import', `data:text/javascript,import{register}from"${pathToFileURL(loader).href}";register()`];
};

/**
 * Resolves when the database is open.
 *
 * @throws {Error} that says what to change, if it cannot be opened.
 */
export const startDatabaseThread = (options: DatabaseOptions, clock: Clock): Promise<Worker> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, { name: 'queue', workerData: options, execArgv: [...loaderArguments()] });
    const stopListening = (): void => {
      stopWaiting();
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const stopWaiting = clock.after(OPEN_WITHIN_MS, () => {
      stopListening();
      worker.postMessage({ kind: 'close' } satisfies ToDatabase);
      worker.unref();
      reject(new Error(`The disk of DATA_DIR (${options.directory}) does not answer: see to it, or set DATA_DIR to another directory`));
    });
    const onMessage = (message: FromDatabase): void => {
      if (message.kind === 'answers') return;
      stopListening();
      if (message.kind === 'ready') resolve(worker);
      else reject(new Error(message.message));
    };
    const onError = (error: unknown): void => {
      stopListening();
      reject(new Error('the thread of the queue could not be started', { cause: error }));
    };
    const onExit = (): void => {
      stopListening();
      reject(new Error('the thread of the queue ended while it was started'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });

/** Nobody waits longer for the store: a caller with a 503 can act, one that hangs cannot. */
export const ANSWER_WITHIN_MS = seconds(1);

/** More wait for the next commit: none lasts so long that those behind it time out. */
const LARGEST_BATCH = 500;

/** Takes a command back whose answer came too late: its caller was told that it failed. */
export type Undo = { readonly [C in 'withdraw' | 'release' | 'forgetKey']: readonly [command: C, ...ParametersOf<C>] }[
  'withdraw' | 'release' | 'forgetKey'];

/** What to do about a value nobody waits for any more; nothing, mostly. */
type UndoOf<C extends Command> = (value: ValueOf<C>) => Undo | undefined;

interface Pending {
  readonly request: Request;
  /** Absent once its caller has timed out. */
  respond: ((answer: Answer) => void) | undefined;
  readonly undo: (value: unknown) => Undo | undefined;
}

export interface ClientParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly faultHook: FaultHook;
}

export class EmbeddedClient {
  readonly #worker: Worker;
  readonly #parts: ClientParts;
  readonly #ended: Promise<void>;
  /** Not sent yet, in the order of their arrival. */
  readonly #waiting = new Map<number, Pending>();
  readonly #sent = new Map<number, Pending>();
  #undos: Request[] = [];
  #lastNumber = 0;
  #isScheduled = false;
  /** Why it takes no more requests. */
  #refusal: string | undefined;
  #closing: Promise<void> | undefined;

  /** @param worker Started, with its database open. */
  constructor(worker: Worker, parts: ClientParts) {
    this.#worker = worker;
    this.#parts = parts;
    worker.on('message', (message: FromDatabase) => {
      if (message.kind === 'answers') this.#receive(message.answers);
    });
    worker.on('error', (error) => {
      parts.logger.error(
        { error: error.message },
        'the thread of the queue has failed: restart this process, nothing is queued until then',
      );
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#refuseAll(this.#refusal ?? 'its thread has ended');
        resolve();
      });
    });
  }

  /**
   * Has a command carried out and committed.
   *
   * @param undo Asked if the answer comes after its caller has timed out.
   * @throws {QueueUnavailableError} if it fails, or is not answered within a second.
   */
  call<C extends Command>(command: C, parameters: ParametersOf<C>, undo: UndoOf<C> = () => undefined): Promise<ValueOf<C>> {
    if (this.#refusal !== undefined) return Promise.reject(new QueueUnavailableError(this.#refusal));
    return new Promise((resolve, reject) => {
      const request = this.#request(command, parameters);
      const stopWaiting = this.#parts.clock.after(ANSWER_WITHIN_MS, () => {
        this.#timeOut(request.number);
        reject(new QueueUnavailableError('it did not answer in time'));
      });
      const respond = (answer: Answer): void => {
        stopWaiting();
        if ('failure' in answer) reject(new QueueUnavailableError(answer.failure.what, { cause: new Error(answer.failure.detail) }));
        else resolve(answer.value as ValueOf<C>);
      };
      this.#waiting.set(request.number, { request, respond, undo: undo as Pending['undo'] });
      this.#schedule();
    });
  }

  /** Has what was asked before carried out, and ends the thread; one whose disk hangs is waited for no longer than a second. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#refusal !== undefined) return;
    this.#refusal = 'it is closed';
    while (this.#waiting.size + this.#undos.length > 0) this.#send();
    this.#post({ kind: 'close' });
    const tooLate = new Promise<void>((resolve) => this.#parts.clock.after(ANSWER_WITHIN_MS, resolve));
    await Promise.race([this.#ended, tooLate]);
    // Not terminated: libsql aborts the whole process when one of its calls returns to a thread that is being terminated.
    this.#worker.unref();
  }

  #request(command: Command, parameters: readonly unknown[]): Request {
    this.#lastNumber += 1;
    return { number: this.#lastNumber, command, parameters };
  }

  /** After whatever else is asked at this moment. While a batch is out, the next one waits for its answers. */
  #schedule(): void {
    if (this.#isScheduled || this.#sent.size > 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#refusal === undefined && this.#waiting.size + this.#undos.length > 0) this.#send();
    });
  }

  /**
   * What takes late answers back goes first, and what adds goes last: so no job is claimed in the very batch that accepts
   * it, and one that was accepted too late is withdrawn before anybody can claim it.
   */
  #send(): void {
    const pending = [...this.#waiting.values()].slice(0, LARGEST_BATCH);
    for (const { request } of pending) this.#waiting.delete(request.number);
    const undos = this.#undos.map((request) => ({ request, respond: undefined, undo: () => undefined }));
    this.#undos = [];
    const adding = pending.filter(({ request }) => request.command === 'add');
    const others = pending.filter(({ request }) => request.command !== 'add');
    const all = [...undos, ...others, ...adding];
    for (const one of all) this.#sent.set(one.request.number, one);
    this.#post({ kind: 'batch', batch: { now: this.#parts.clock.wallTime(), requests: all.map(({ request }) => request) } });
  }

  #receive(answers: readonly Answer[]): void {
    const answered = answers.flatMap((answer) => {
      const pending = this.#sent.get(answer.number);
      this.#sent.delete(answer.number);
      return pending === undefined ? [] : [{ pending, answer }];
    });
    this.#parts.faultHook(
      'before_answer',
      answered.map(({ pending }) => pending.request.command),
    );
    for (const { pending, answer } of answered) {
      if (pending.respond === undefined) this.#takeBack(pending, answer);
      else pending.respond(answer);
    }
    this.#schedule();
  }

  /** An answer nobody waits for. A withdrawal that failed is tried again, but not in a hurry: the disk may be broken for long. */
  #takeBack({ request, undo }: Pending, answer: Answer): void {
    if (!('failure' in answer)) {
      const taking = undo(answer.value);
      if (taking !== undefined) this.#undos.push(this.#request(...splitCommand(taking)));
      return;
    }
    if (!isUndo(request.command)) return;
    this.#parts.clock.after(ANSWER_WITHIN_MS, () => {
      this.#undos.push(request);
      this.#schedule();
    });
  }

  /** What was not sent yet is never sent; what was is taken back when its answer comes. */
  #timeOut(number: number): void {
    this.#waiting.delete(number);
    const pending = this.#sent.get(number);
    if (pending !== undefined) pending.respond = undefined;
  }

  #refuseAll(why: string): void {
    this.#refusal = why;
    const pending = [...this.#sent.values(), ...this.#waiting.values()];
    this.#sent.clear();
    this.#waiting.clear();
    for (const { request, respond } of pending)
      respond?.({ number: request.number, failure: { what: why, detail: 'its thread has ended' } });
  }

  #post(message: ToDatabase): void {
    this.#worker.postMessage(message);
  }
}

const isUndo = (command: Command): boolean => command === 'withdraw' || command === 'release' || command === 'forgetKey';

const splitCommand = ([command, ...parameters]: Undo): readonly [Command, readonly unknown[]] => [command, parameters];
