/**
 * Takes up what the last process left in the database.
 */
import type Database from 'libsql';
import { Ballast } from './embeddedBallast.ts';
import { BatchRunner } from './embeddedBatch.ts';
import { isDiskFull } from './embeddedDatabase.ts';
import type { FaultHook } from './embeddedFaults.ts';
import { EmbeddedJobs } from './embeddedJobs.ts';
import { EmbeddedKeys, KeptBytes } from './embeddedKeys.ts';
import { KEPT_SCHEMA } from './embeddedSql.ts';
import type { KeptLimits } from '../../web/idempotency.ts';

/** @param now Wall-clock ms. */
export const openRunner = (database: Database.Database, now: number, faultHook: FaultHook, limits?: KeptLimits): BatchRunner => {
  const ballast = new Ballast(database);
  renewBallast(database, ballast);
  recover(() => {
    database.exec(KEPT_SCHEMA);
  }, ballast);
  const kept = new KeptBytes(database, limits);
  const parts = { database, jobs: new EmbeddedJobs(database, kept), keys: new EmbeddedKeys(database, kept, limits), ballast, faultHook };
  recover(() => {
    parts.jobs.recover(now);
    parts.keys.recover();
  }, parts.ballast);
  return new BatchRunner(parts);
};

/** Of a full disk the old one is kept, if there is one: what was accepted can be worked off, which makes room. */
const renewBallast = (database: Database.Database, ballast: Ballast): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    ballast.drop();
    ballast.ensure();
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    if (!isDiskFull(error)) throw error;
  }
};

const recover = (work: () => void, ballast: Ballast): void => {
  try {
    work();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    ballast.drop();
    work();
  }
};
