/**
 * The embedded queue as SQL: its tables and every statement made on them. Numbered parameters keep their meaning within a
 * statement only.
 */
import type Database from 'libsql';

export type StatementsOf<Texts> = { readonly [Name in keyof Texts]: Database.Statement };

export const statementsOf = <Texts extends Readonly<Record<string, string>>>(
  database: Database.Database,
  texts: Texts,
): StatementsOf<Texts> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, database.prepare(text)])) as StatementsOf<Texts>;

/**
 * The first row, if there is any. Not by libsql's `get`: a statement whose `get` has failed once, on a full disk say, answers
 * each later one with that same failure, until its process ends.
 */
export const firstRow = (statement: Database.Statement, ...parameters: readonly unknown[]): unknown => statement.all(...parameters)[0];

/** In `user_version` of the file. A file of a later one is left untouched. */
export const SCHEMA_VERSION = 1;

/** Made wherever they are missing: an earlier release does not mind them. `hour`: since 1970. */
export const KEPT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS kept_bytes (hour INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, answers INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS gone_names (name TEXT PRIMARY KEY, gone_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS gone_by_age ON gone_names (gone_at);
`;

/** In the file's head, so that another program's database is not mistaken for ours: "saaq". */
export const APPLICATION_ID = 0x73616171;

/**
 * `seq` is the order of acceptance: it does not follow a clock that is set back. Payload and result stand last: a scan
 * reads the columns before them without them. The indexes of open jobs hold all that a take looks at, so that it passes
 * thousands of jobs that are not due without reading them. `job_counts` is kept by triggers, so that a look at the depths
 * costs the same however many jobs there are; it still knows a service whose jobs are all gone.
 */
export const SCHEMA = `
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    service TEXT NOT NULL,
    operation TEXT NOT NULL,
    entity TEXT,
    owner TEXT NOT NULL,
    request_id TEXT,
    accepted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'uncertain', 'cancelled')),
    attempts INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    reason TEXT,
    interrupted INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    result TEXT,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX jobs_open ON jobs (service, seq, state, due_at, since, version, entity) WHERE state IN ('queued', 'running');
  CREATE INDEX jobs_of_entity ON jobs (service, entity, seq, state) WHERE state IN ('queued', 'running') AND entity IS NOT NULL;
  CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE state = 'queued';
  CREATE INDEX jobs_ended ON jobs (since) WHERE state NOT IN ('queued', 'running');

  CREATE TABLE job_counts (
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (service, state)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (new.service, new.state, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
  END;
  CREATE TRIGGER job_moved AFTER UPDATE OF state ON jobs WHEN new.state <> old.state BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE service = old.service AND state = old.state;
    INSERT INTO job_counts VALUES (new.service, new.state, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
  END;
  CREATE TRIGGER job_dropped AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE service = old.service AND state = old.state;
  END;

  CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    answer TEXT
  ) STRICT;
  CREATE INDEX keys_by_age ON idempotency_keys (keep_until);

  CREATE TABLE ballast (weight BLOB NOT NULL) STRICT;
`;

const RECORD =
  'id, version, service, operation, entity, owner, request_id, accepted_at, expires_at, state, attempts, since, due_at, reason, result';

export const jobSql = {
  /** 1 now. What ran when the last process ended. */
  recover: `
    UPDATE jobs SET state = 'queued', interrupted = 1, claim = NULL, since = ?1, due_at = ?1
    WHERE state IN ('queued', 'running') AND state = 'running'`,

  /** 1 now, 2 version. An interrupted one may have been done: it is not said to have failed. */
  expire: `
    UPDATE jobs SET state = iif(interrupted, 'uncertain', 'failed'), reason = 'expired', since = ?1
    WHERE state = 'queued' AND expires_at <= ?1 AND version <= ?2`,

  /** 1 id, 2 version, 3 service, 4 operation, 5 entity, 6 owner, 7 request, 8 acceptance, 9 expiry, 10 payload, 11 now. */
  add: `
    INSERT INTO jobs (id, version, service, operation, entity, owner, request_id, accepted_at, expires_at, payload, state, since, due_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'queued', ?11, ?11) ON CONFLICT (id) DO NOTHING`,

  find: `SELECT ${RECORD} FROM jobs WHERE id = ?1`,

  /** 1 id. Only what nobody has claimed. */
  withdraw: `DELETE FROM jobs WHERE id = ?1 AND state = 'queued'`,

  /** 1 id, 2 now. */
  cancel: `
    UPDATE jobs SET state = 'cancelled', since = ?2, reason = NULL, payload = '' WHERE id = ?1 AND state = 'queued' RETURNING service`,

  /**
   * 1 service, 2 now, 3 version, 4 claim. What waits since a moment to come waits by a clock that was set back, and is due:
   * rather a pause cut short than one of hours. The terms on `state IN (…)` are those of the indexes, word for word: SQLite uses
   * a partial index on no other condition.
   */
  take: `
    UPDATE jobs SET state = 'running', since = ?2, reason = NULL, claim = ?4 WHERE seq = (
      SELECT seq FROM jobs AS job
      WHERE service = ?1 AND state IN ('queued', 'running') AND state = 'queued' AND (due_at <= ?2 OR since > ?2) AND version <= ?3
        AND NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.service = job.service AND other.entity = job.entity AND other.entity IS NOT NULL
            AND other.state IN ('queued', 'running') AND (other.state = 'running' OR other.seq < job.seq))
      ORDER BY seq LIMIT 1)
    RETURNING ${RECORD}, payload, interrupted, claim`,

  /** 1 service, 2 now. */
  nextDue: `
    SELECT min(due_at) AS due_at FROM jobs WHERE service = ?1 AND state IN ('queued', 'running') AND state = 'queued' AND due_at > ?2`,

  /** 1 id, 2 claim, 3 now. */
  release: `UPDATE jobs SET state = 'queued', claim = NULL, since = ?3 WHERE id = ?1 AND claim = ?2`,

  /** 1 id, 2 claim. */
  holds: `SELECT 1 AS holds FROM jobs WHERE id = ?1 AND claim = ?2`,

  /** 1 id, 2 claim, 3 now, 4 state, 5 due, 6 reason, 7 result, 8 attempts more, 9 keeps the interruption, 10 drops the payload. */
  end: `
    UPDATE jobs SET state = ?4, since = ?3, due_at = ifnull(?5, due_at), reason = ?6, result = ?7, attempts = attempts + ?8,
      interrupted = iif(?9, interrupted, 0), payload = iif(?10, '', payload), claim = NULL
    WHERE id = ?1 AND claim = ?2 RETURNING service`,

  /** 1 id, 2 from which state, 3 now, 4 expiry. */
  requeue: `
    UPDATE jobs SET state = 'queued', since = ?3, due_at = ?3, expires_at = ?4, attempts = 0, reason = NULL, interrupted = 0
    WHERE id = ?1 AND state = ?2 RETURNING service`,

  /** 1 id, 2 to which state, 3 now. */
  settle: `
    UPDATE jobs SET state = ?2, since = ?3, reason = NULL, payload = '' WHERE id = ?1 AND state = 'uncertain' RETURNING service`,

  /** 1 states as JSON, 2 service, 3 operation, 4 reason, 5 accepted before, 6 at most. NULL: any. */
  list: `
    SELECT ${RECORD} FROM jobs
    WHERE (?1 IS NULL OR state IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR service = ?2)
      AND (?3 IS NULL OR operation = ?3) AND (?4 IS NULL OR reason = ?4) AND (?5 IS NULL OR accepted_at < ?5)
    ORDER BY seq LIMIT ?6`,

  counts: 'SELECT service, state, jobs FROM job_counts',

  /** 1 service. */
  oldest: `SELECT accepted_at FROM jobs WHERE service = ?1 AND state IN ('queued', 'running') ORDER BY seq LIMIT 1`,

  /** 1 ended before, 2 dead before, 3 at most. */
  purge: `
    DELETE FROM jobs WHERE seq IN (
      SELECT seq FROM jobs
      WHERE state NOT IN ('queued', 'running') AND since < max(?1, ?2) AND since < iif(state IN ('succeeded', 'cancelled'), ?1, ?2)
      LIMIT ?3)`,
} as const;

export const keySql = {
  /** Their process is gone: they are interrupted, whatever their lease says. */
  recover: 'UPDATE idempotency_keys SET lease_until = 0 WHERE answer IS NULL',

  /** 1 now, 2 the key at hand, 3 how many others at most. */
  forgetOld: `
    DELETE FROM idempotency_keys WHERE keep_until <= ?1 AND (key = ?2 OR key IN (
      SELECT key FROM idempotency_keys WHERE keep_until <= ?1 LIMIT ?3))`,

  /** 1 key, 2 fingerprint, 3 lease, 4 how long it is kept. */
  begin: `
    INSERT INTO idempotency_keys (key, fingerprint, lease_until, keep_until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING`,

  find: 'SELECT fingerprint, lease_until, answer FROM idempotency_keys WHERE key = ?1',

  /** 1 key, 2 answer. */
  finish: 'UPDATE idempotency_keys SET answer = ?2 WHERE key = ?1',

  forget: 'DELETE FROM idempotency_keys WHERE key = ?1',
} as const;

export const keptSql = {
  /** 1 the hour before the first that counts. */
  total: 'SELECT ifnull(sum(bytes), 0) AS bytes, ifnull(sum(answers), 0) AS answers FROM kept_bytes WHERE hour > ?1',

  /** 1 hour, 2 bytes, 3 answers. */
  count: `
    INSERT INTO kept_bytes VALUES (?1, ?2, ?3) ON CONFLICT (hour) DO UPDATE SET bytes = bytes + excluded.bytes, answers = answers + excluded.answers`,

  /** 1 as for the total. */
  drop: 'DELETE FROM kept_bytes WHERE hour <= ?1',
} as const;

export const goneSql = {
  /** 1 pairs of name and moment as JSON. */
  note: `
    INSERT INTO gone_names SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?1) WHERE true
    ON CONFLICT (name) DO UPDATE SET gone_at = max(gone_at, excluded.gone_at)`,

  /** 1 names as JSON. */
  latest: 'SELECT ifnull(max(gone_at), 0) AS gone_at FROM gone_names WHERE name IN (SELECT value FROM json_each(?1))',

  /** 1 how many are kept, 2 the name of all. */
  latestTooMany: 'SELECT gone_at FROM gone_names WHERE name <> ?2 ORDER BY gone_at DESC LIMIT 1 OFFSET ?1',

  /** 1 until when, 2 the name of all. */
  drop: 'DELETE FROM gone_names WHERE gone_at <= ?1 AND name <> ?2',
} as const;

export const reserveSql = {
  isThere: 'SELECT 1 AS found FROM ballast LIMIT 1',

  /** 1 bytes. */
  fill: 'INSERT INTO ballast VALUES (zeroblob(?1))',

  drop: 'DELETE FROM ballast',
} as const;
