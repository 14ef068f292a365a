/**
 * The near side of the database thread. Requests go over in batches, one at a time: what arrives while the disk is busy is
 * committed together next, and shares its sync.
 */
import type { Worker } from 'node:worker_threads';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import type { Logger } from '../../logging/logger.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import type { FaultHook } from './embeddedFaults.ts';
import type { Answer, Command, FromDatabase, ParametersOf, Request, ToDatabase, ValueOf } from './embeddedMessages.ts';

/** Nobody waits longer for the store: a caller with a 503 can act, one that hangs cannot. */
export const PATIENCE_MS = seconds(1);

/** More wait for the next commit: none lasts long enough to use up the patience of those behind it. */
const LARGEST_BATCH = 500;

/** Takes a command back whose answer came too late: its caller was told that it failed. */
export type Undo = { readonly [C in 'withdraw' | 'release' | 'forgetKey']: readonly [command: C, ...ParametersOf<C>] }[
  'withdraw' | 'release' | 'forgetKey'];

/** What to do about a value nobody waits for any more; nothing, mostly. */
type UndoOf<C extends Command> = (value: ValueOf<C>) => Undo | undefined;

interface Pending {
  readonly request: Request;
  /** Absent once its caller has lost patience. */
  settle: ((answer: Answer) => void) | undefined;
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
   * @param undo Asked if the answer comes after its caller has lost patience.
   * @throws {QueueUnavailableError} if it fails, or is not answered within a second.
   */
  call<C extends Command>(command: C, parameters: ParametersOf<C>, undo: UndoOf<C> = () => undefined): Promise<ValueOf<C>> {
    if (this.#refusal !== undefined) return Promise.reject(new QueueUnavailableError(this.#refusal));
    return new Promise((resolve, reject) => {
      const request = this.#request(command, parameters);
      const stopWaiting = this.#parts.clock.after(PATIENCE_MS, () => {
        this.#giveUp(request.number);
        reject(new QueueUnavailableError('it did not answer in time'));
      });
      const settle = (answer: Answer): void => {
        stopWaiting();
        if ('failure' in answer) reject(new QueueUnavailableError(answer.failure.what, { cause: new Error(answer.failure.detail) }));
        else resolve(answer.value as ValueOf<C>);
      };
      this.#waiting.set(request.number, { request, settle, undo: undo as Pending['undo'] });
      this.#schedule();
    });
  }

  /** Has what was asked before carried out, and ends the thread; it is stopped after a second if it hangs. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#refusal !== undefined) return;
    this.#refusal = 'it is closed';
    while (this.#waiting.size + this.#undos.length > 0) this.#send();
    this.#tell({ kind: 'close' });
    const tooLate = new Promise<void>((resolve) => this.#parts.clock.after(PATIENCE_MS, resolve));
    await Promise.race([this.#ended, tooLate]);
    void this.#worker.terminate();
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
    const undos = this.#undos.map((request) => ({ request, settle: undefined, undo: () => undefined }));
    this.#undos = [];
    const adding = pending.filter(({ request }) => request.command === 'add');
    const others = pending.filter(({ request }) => request.command !== 'add');
    const all = [...undos, ...others, ...adding];
    for (const one of all) this.#sent.set(one.request.number, one);
    this.#tell({ kind: 'batch', batch: { now: this.#parts.clock.wallTime(), requests: all.map(({ request }) => request) } });
  }

  #receive(answers: readonly Answer[]): void {
    const settled = answers.flatMap((answer) => {
      const pending = this.#sent.get(answer.number);
      this.#sent.delete(answer.number);
      return pending === undefined ? [] : [{ pending, answer }];
    });
    this.#parts.faultHook(
      'before_answer',
      settled.map(({ pending }) => pending.request.command),
    );
    for (const { pending, answer } of settled) {
      if (pending.settle === undefined) this.#takeBack(pending, answer);
      else pending.settle(answer);
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
    this.#parts.clock.after(PATIENCE_MS, () => {
      this.#undos.push(request);
      this.#schedule();
    });
  }

  /** What was not sent yet is never sent; what was is taken back when its answer comes. */
  #giveUp(number: number): void {
    this.#waiting.delete(number);
    const pending = this.#sent.get(number);
    if (pending !== undefined) pending.settle = undefined;
  }

  #refuseAll(why: string): void {
    this.#refusal = why;
    const pending = [...this.#sent.values(), ...this.#waiting.values()];
    this.#sent.clear();
    this.#waiting.clear();
    for (const { request, settle } of pending) settle?.({ number: request.number, failure: { what: why, detail: 'its thread has ended' } });
  }

  #tell(message: ToDatabase): void {
    this.#worker.postMessage(message);
  }
}

const isUndo = (command: Command): boolean => command === 'withdraw' || command === 'release' || command === 'forgetKey';

const splitCommand = ([command, ...parameters]: Undo): readonly [Command, readonly unknown[]] => [command, parameters];
