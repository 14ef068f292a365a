/**
 * Room held back for the day the disk is full: then new jobs are refused, but those accepted before go on, and what they
 * leave makes room again. Without it not even the end of a job could be noted.
 */
import type Database from 'libsql';
import { firstRow } from './embeddedRows.ts';
import { ballastSql } from './embeddedSql.ts';

/**
 * More than the write-ahead log holds between two checkpoints (1,000 pages of 4 kB): written anew at every start, it makes
 * the log's file as large as it will ever need to be, too.
 */
const BALLAST_BYTES = 6_000_000;

export class Ballast {
  readonly #isThere: Database.Statement;
  readonly #load: Database.Statement;
  readonly #drop: Database.Statement;

  constructor(database: Database.Database) {
    this.#isThere = database.prepare(ballastSql.isThere);
    this.#load = database.prepare(ballastSql.load);
    this.#drop = database.prepare(ballastSql.drop);
  }

  /** @throws {Error} `SQLITE_FULL` if there is no room for it, and so none for a new job. */
  ensure(): void {
    if (firstRow(this.#isThere) === undefined) this.#load.run(BALLAST_BYTES);
  }

  drop(): void {
    this.#drop.run();
  }
}
