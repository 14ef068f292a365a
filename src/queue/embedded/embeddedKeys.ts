/**
 * Idempotency-Keys in the database of the embedded queue. Runs in the database thread, inside a transaction.
 */
import type Database from 'libsql';
import { DAY_MS, minutes } from '../../time/clock.ts';
import { EVERY_NAME, KEPT_HOURS, KEPT_LIMITS, type GoneName, type KeptLimits, type KeyState, type KeyUse } from '../../web/idempotency.ts';
import { firstRow } from './embeddedRows.ts';
import { goneSql, keptSql, keySql, statementsOf, type StatementsOf } from './embeddedSql.ts';

/** A begin adds one key and drops up to so many old ones: they cannot pile up, and no single begin has to clear a day. */
const DROPPED_PER_BEGIN = 10;

const HOUR_MS = minutes(60);
/** Longer than any answer or result is kept. */
const GONE_KEPT_MS = 2 * DAY_MS;
/** How many there are is looked at after so many of the most there may be, for a look costs as much as there are. */
const LOOK_AFTER_SHARE = 1 / 200;

/** How much is kept, as it was put in by the hour: what is dropped meanwhile is counted until its time is over. */
export class KeptBytes {
  readonly #sql: StatementsOf<typeof keptSql>;
  readonly #limits: KeptLimits;

  constructor(database: Database.Database, limits: KeptLimits = KEPT_LIMITS) {
    this.#sql = statementsOf(database, keptSql);
    this.#limits = limits;
  }

  mayBegin(now: number): boolean {
    return this.#total(now).answers < this.#limits.keys;
  }

  /** The first of the texts for which there is room; the last one is short, and always has some. */
  fitting<T extends string | null>(now: number, text: string, brief: T): string | T {
    return this.#total(now).bytes + text.length > this.#limits.bytes ? brief : text;
  }

  count(now: number, text: string, answers: 0 | 1): void {
    this.#sql.drop.run(hourBefore(now));
    this.#sql.count.run(Math.floor(now / HOUR_MS), text.length, answers);
  }

  /** Whether anything of the kind is kept. */
  hasAny(now: number): boolean {
    const { bytes, answers } = this.#total(now);
    return bytes + answers > 0;
  }

  #total(now: number): { readonly bytes: number; readonly answers: number } {
    return firstRow(this.#sql.total, hourBefore(now)) as { readonly bytes: number; readonly answers: number };
  }
}

const hourBefore = (now: number): number => Math.floor(now / HOUR_MS) - KEPT_HOURS;

/** Which records are gone. */
class GoneNames {
  readonly #sql: StatementsOf<typeof goneSql>;
  readonly #mostNames: number;
  #unlooked = 0;

  constructor(database: Database.Database, { goneNames }: KeptLimits) {
    this.#sql = statementsOf(database, goneSql);
    this.#mostNames = goneNames;
  }

  note(now: number, gone: readonly GoneName[]): void {
    this.#sql.note.run(JSON.stringify(gone));
    this.#unlooked += gone.length;
    if (this.#unlooked < this.#mostNames * LOOK_AFTER_SHARE) return;
    this.#unlooked = 0;
    const row = firstRow(this.#sql.latestTooMany, this.#mostNames, EVERY_NAME) as { readonly gone_at: number } | undefined;
    if (row !== undefined) this.#sql.note.run(JSON.stringify([[EVERY_NAME, row.gone_at]]));
    this.#sql.drop.run(Math.max(row?.gone_at ?? 0, now - GONE_KEPT_MS), EVERY_NAME);
  }

  latest(names: readonly string[]): number {
    return (firstRow(this.#sql.latest, JSON.stringify([...names, EVERY_NAME])) as { readonly gone_at: number }).gone_at;
  }
}

interface KeyRow {
  readonly fingerprint: string;
  readonly lease_until: number;
  readonly answer: string | null;
}

export class EmbeddedKeys {
  readonly #sql: StatementsOf<typeof keySql>;
  readonly #kept: KeptBytes;
  readonly #gone: GoneNames;

  constructor(database: Database.Database, kept: KeptBytes, limits: KeptLimits = KEPT_LIMITS) {
    this.#sql = statementsOf(database, keySql);
    this.#kept = kept;
    this.#gone = new GoneNames(database, limits);
  }

  recover(): void {
    this.#sql.recover.run();
  }

  begin(now: number, { key, fingerprint, leaseUntil, keepUntil }: KeyUse): KeyState {
    this.#sql.forgetOld.run(now, key, DROPPED_PER_BEGIN);
    const mayBegin = this.#kept.mayBegin(now);
    if (mayBegin && this.#sql.begin.run(key, fingerprint, leaseUntil, keepUntil).changes === 1) return { kind: 'first' };
    const row = firstRow(this.#sql.find, key) as KeyRow | undefined;
    if (row === undefined) return { kind: 'full' };
    if (row.fingerprint !== fingerprint) return { kind: 'reused' };
    if (row.answer !== null) return { kind: 'answered', answer: row.answer };
    return { kind: now > row.lease_until ? 'interrupted' : 'running' };
  }

  finish(now: number, key: string, answer: string, brief: string): void {
    const text = this.#kept.fitting(now, answer, brief);
    if (this.#sql.finish.run(key, text).changes === 1) this.#kept.count(now, text, 1);
  }

  forget(key: string): void {
    this.#sql.forget.run(key);
  }

  /** Not written, and so not synced, where nothing is kept that could tell of them. */
  noteGone(now: number, gone: readonly GoneName[]): void {
    if (this.#kept.hasAny(now)) this.#gone.note(now, gone);
  }

  goneAt(names: readonly string[]): number {
    return this.#gone.latest(names);
  }
}
