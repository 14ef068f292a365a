/**
 * Group commit: requests that arrive together are one transaction, and share one sync of the disk.
 */
import type Database from 'libsql';
import type { Ballast } from './embeddedBallast.ts';
import { failureOf, isDiskFull } from './embeddedDatabase.ts';
import type { FaultHook } from './embeddedFaults.ts';
import type { EmbeddedJobs } from './embeddedJobs.ts';
import type { EmbeddedKeys } from './embeddedKeys.ts';
import type { Answer, Batch, Command, Request, StoreCommands } from './embeddedMessages.ts';

export interface BatchParts {
  readonly database: Database.Database;
  readonly jobs: EmbeddedJobs;
  readonly keys: EmbeddedKeys;
  readonly ballast: Ballast;
  readonly faultHook: FaultHook;
}

export class BatchRunner {
  readonly #database: Database.Database;
  readonly #jobs: EmbeddedJobs;
  readonly #commands: StoreCommands;
  readonly #ballast: Ballast;
  readonly #faultHook: FaultHook;

  constructor({ database, jobs, keys, ballast, faultHook }: BatchParts) {
    this.#database = database;
    this.#jobs = jobs;
    this.#commands = commandsOf(jobs, keys);
    this.#ballast = ballast;
    this.#faultHook = faultHook;
  }

  /**
   * Answers every request of the batch, in its order. If one of them fails (a full disk fails those that add), nothing of
   * the batch is kept at first, and each is tried again by itself.
   */
  run({ now, requests }: Batch): readonly Answer[] {
    const answers = this.#together(now, requests);
    this.#faultHook('after_commit', commandsIn(requests));
    return answers;
  }

  #together(now: number, requests: readonly Request[]): readonly Answer[] {
    try {
      return this.#commit(now, requests);
    } catch {
      return requests.map((request) => this.#alone(now, request));
    }
  }

  /** On a full disk, whatever adds nothing lives on the ballast. */
  #alone(now: number, request: Request): Answer {
    try {
      return this.#commitOne(now, request);
    } catch (error) {
      if (!isDiskFull(error) || isAdding(request)) return { number: request.number, failure: failureOf(error) };
    }
    try {
      this.#ballast.drop();
      return this.#commitOne(now, request);
    } catch (error) {
      return { number: request.number, failure: failureOf(error) };
    }
  }

  #commitOne(now: number, request: Request): Answer {
    const [answer] = this.#commit(now, [request]);
    return answer ?? { number: request.number, value: undefined };
  }

  #commit(now: number, requests: readonly Request[]): readonly Answer[] {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      if (requests.some(isAdding)) this.#ballast.ensure();
      this.#jobs.expire(now);
      const answers = requests.map((request) => ({ number: request.number, value: this.#perform(now, request) }));
      this.#faultHook('before_commit', commandsIn(requests));
      this.#database.exec('COMMIT');
      return answers;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The far side gives each command its own parameters (`EmbeddedThread.call`). */
  #perform(now: number, { command, parameters }: Request): unknown {
    const perform = this.#commands[command] as (...values: readonly unknown[]) => unknown;
    return perform(now, ...parameters);
  }
}

/** Others move what is there. */
const isAdding = ({ command }: Request): boolean => command === 'add' || command === 'beginKey' || command === 'noteGone';

const commandsIn = (requests: readonly Request[]): readonly Command[] => requests.map(({ command }) => command);

const commandsOf = (jobs: EmbeddedJobs, keys: EmbeddedKeys): StoreCommands => ({
  add: (now, job) => jobs.add(now, job),
  find: (_now, id) => jobs.find(id),
  cancel: (now, id) => jobs.cancel(now, id),
  take: (now, service) => jobs.take(now, service),
  renew: (_now, claim) => jobs.holds(claim),
  end: (now, claim, outcome) => jobs.end(now, claim, outcome),
  list: (_now, filter) => jobs.list(filter),
  replay: (now, id, expiresAt) => jobs.replay(now, id, expiresAt),
  settle: (now, id, settlement, expiresAt) => jobs.settle(now, id, settlement, expiresAt),
  depths: () => jobs.depths(),
  purge: (_now, endedBefore, deadBefore, limit) => jobs.purge(endedBefore, deadBefore, limit),
  withdraw: (_now, id) => {
    jobs.withdraw(id);
  },
  release: (now, claim) => {
    jobs.release(now, claim);
  },
  beginKey: (_now, use, begunAt) => keys.begin(begunAt, use),
  finishKey: (now, key, answer, brief) => {
    keys.finish(now, key, answer, brief);
  },
  forgetKey: (_now, key) => {
    keys.forget(key);
  },
  noteGone: (now, gone) => {
    keys.noteGone(now, gone);
  },
  goneAt: (_now, names) => keys.goneAt(names),
});
