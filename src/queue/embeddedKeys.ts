/**
 * Idempotency-Keys in the database of the embedded queue. Runs in the database thread, inside a transaction.
 */
import type Database from 'libsql';
import type { KeyState, KeyUse } from '../web/idempotency.ts';
import { firstRow } from './embeddedRows.ts';
import { keySql } from './embeddedSql.ts';

/** A begin adds one key and drops up to so many old ones: they cannot pile up, and no single begin has to clear a day. */
const DROPPED_PER_BEGIN = 10;

interface KeyRow {
  readonly fingerprint: string;
  readonly lease_until: number;
  readonly answer: string | null;
}

export class EmbeddedKeys {
  readonly #database: Database.Database;
  readonly #forgetOld: Database.Statement;
  readonly #begin: Database.Statement;
  readonly #find: Database.Statement;
  readonly #finish: Database.Statement;
  readonly #forget: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#forgetOld = database.prepare(keySql.forgetOld);
    this.#begin = database.prepare(keySql.begin);
    this.#find = database.prepare(keySql.find);
    this.#finish = database.prepare(keySql.finish);
    this.#forget = database.prepare(keySql.forget);
  }

  recover(): void {
    this.#database.prepare(keySql.recover).run();
  }

  begin(now: number, { key, fingerprint, leaseUntil, keepUntil }: KeyUse): KeyState {
    this.#forgetOld.run(now, key, DROPPED_PER_BEGIN);
    if (this.#begin.run(key, fingerprint, leaseUntil, keepUntil).changes === 1) return { kind: 'first' };
    const row = firstRow(this.#find, key) as KeyRow;
    if (row.fingerprint !== fingerprint) return { kind: 'reused' };
    if (row.answer !== null) return { kind: 'answered', answer: row.answer };
    return { kind: now > row.lease_until ? 'interrupted' : 'running' };
  }

  finish(key: string, answer: string): void {
    this.#finish.run(key, answer);
  }

  forget(key: string): void {
    this.#forget.run(key);
  }
}
