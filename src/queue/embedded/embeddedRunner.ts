/**
 * Carries out what the main thread asks of the database. Group commit: requests that arrive together are one transaction, and share
 * one sync of the disk. Disk space is held in reserve for the day the disk is full: then new jobs are refused, but those accepted
 * before go on, and what they leave frees space again. Without it not even the end of a job could be recorded.
 */
import type Database from 'libsql';
import type { KeptLimits } from '../../web/idempotency.ts';
import { failureOf, isDiskFull } from './embeddedDatabase.ts';
import type { Answer, Batch, Command, FaultHook, Request } from './embeddedMessages.ts';
import { firstRow, KEPT_SCHEMA, reserveSql, statementsOf, type StatementsOf } from './embeddedSql.ts';
import { openTables, type Tables } from './embeddedTables.ts';

/**
 * More than the write-ahead log holds between two checkpoints (1,000 pages of 4 kB): written anew at every start, it makes
 * the log's file as large as it will ever need to be, too.
 */
const RESERVED_BYTES = 6_000_000;

/** Takes up what the last process left in the database. @param now Wall-clock ms. */
export const openRunner = (database: Database.Database, now: number, faultHook: FaultHook, limits?: KeptLimits): BatchRunner => {
  const reserve = statementsOf(database, reserveSql);
  const withReserve = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      reserve.drop.run();
      work();
    }
  };
  renewReserve(database, reserve);
  withReserve(() => {
    database.exec(KEPT_SCHEMA);
  });
  const tables = openTables(database, limits);
  withReserve(() => {
    tables.recover(now);
  });
  return new BatchRunner({ database, tables, reserve, faultHook });
};

/** On a full disk the old reserve is kept, if there is one: what was accepted can be worked off, which frees space. */
const renewReserve = (database: Database.Database, reserve: Reserve): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    reserve.drop.run();
    ensureReserve(reserve);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    if (!isDiskFull(error)) throw error;
  }
};

type Reserve = StatementsOf<typeof reserveSql>;

/** @throws {Error} `SQLITE_FULL` if there is no space for it, and so none for a new job. */
const ensureReserve = (reserve: Reserve): void => {
  if (firstRow(reserve.isThere) === undefined) reserve.fill.run(RESERVED_BYTES);
};

interface RunnerParts {
  readonly database: Database.Database;
  readonly tables: Tables;
  readonly reserve: Reserve;
  readonly faultHook: FaultHook;
}

export class BatchRunner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /**
   * Answers every request of the batch, in its order. If one of them fails (a full disk fails those that add), nothing of
   * the batch is kept at first, and each is tried again by itself.
   */
  run({ now, requests }: Batch): readonly Answer[] {
    const answers = this.#together(now, requests);
    this.#parts.faultHook('after_commit', commandsIn(requests));
    return answers;
  }

  #together(now: number, requests: readonly Request[]): readonly Answer[] {
    try {
      return this.#commit(now, requests);
    } catch {
      return requests.map((request) => this.#alone(now, request));
    }
  }

  /** On a full disk, whatever adds nothing lives on the reserve. */
  #alone(now: number, request: Request): Answer {
    try {
      return this.#commitOne(now, request);
    } catch (error) {
      if (!isDiskFull(error) || isAdding(request)) return { number: request.number, failure: failureOf(error) };
    }
    try {
      this.#parts.reserve.drop.run();
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
    const { database, tables, reserve, faultHook } = this.#parts;
    database.exec('BEGIN IMMEDIATE');
    try {
      if (requests.some(isAdding)) ensureReserve(reserve);
      tables.expire(now);
      const answers = requests.map((request) => ({ number: request.number, value: this.#perform(now, request) }));
      faultHook('before_commit', commandsIn(requests));
      database.exec('COMMIT');
      return answers;
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The main thread gives each command its own parameters (`EmbeddedClient.call`). */
  #perform(now: number, { command, parameters }: Request): unknown {
    const perform = this.#parts.tables.commands[command] as (...values: readonly unknown[]) => unknown;
    return perform(now, ...parameters);
  }
}

/** Others move what is there. */
const isAdding = ({ command }: Request): boolean => command === 'add' || command === 'beginKey' || command === 'noteGone';

const commandsIn = (requests: readonly Request[]): readonly Command[] => requests.map(({ command }) => command);
