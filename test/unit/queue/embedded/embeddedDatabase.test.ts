import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import Database from 'libsql';
import { failureOf, openDatabase } from '../../../../src/queue/embedded/embeddedDatabase.ts';
import { openEmbeddedStore } from '../../../../src/queue/embedded/embeddedStore.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { jobFor } from '../../../contract/queueRig.ts';
import { freshDirectory } from '../../../support/embeddedStoreRig.ts';
import { errorOf } from '../../../support/errorOf.ts';

const rig = { now: systemClock.wallTime };

describe('embeddedDatabase', function () {
  this.timeout(30_000);

  let directory: string;
  const inDirectory = (name: string): string => path.join(directory, name);
  const open = (place = directory) => openEmbeddedStore({ directory: place, clock: systemClock });
  const refusal = (place = directory): string => {
    try {
      openDatabase({ directory: place, openedAt: 0 });
    } catch (error) {
      return (error as Error).message;
    }
    return 'it was opened';
  };

  /** Leaves a file with one job in it. */
  const fill = async (): Promise<string> => {
    const store = await open();
    const { id } = await store.queue.add(jobFor(rig, 'crm', { payload: 'v1.'.padEnd(20_000, 'x') }));
    await store.close();
    return id;
  };

  /** In the file as it lies there, past all our checks. */
  const execute = (sql: string): void => {
    const database = new Database(inDirectory('queue.db'));
    database.exec(sql);
    database.close();
  };

  beforeEach(() => {
    directory = freshDirectory();
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('syncs every commit: write-ahead log, synchronous FULL', () => {
    const database = openDatabase({ directory, openedAt: 0 });

    const synchronous = database.prepare('PRAGMA synchronous').get();
    const journal = database.prepare('PRAGMA journal_mode').get();
    database.close();

    expect(synchronous).to.include({ synchronous: 2 });
    expect(journal).to.include({ journal_mode: 'wal' });
  });

  it('makes a missing directory, for this user alone, and its files as well', async () => {
    const place = inDirectory('a/b');

    const store = await open(place);
    const modes = [place, path.join(place, 'queue.db'), path.join(place, 'queue.db-wal')].map((file) => statSync(file).mode & 0o777);
    await store.close();

    expect(modes).to.deep.equal([0o700, 0o600, 0o600]);
  });

  it('leaves a directory that exists with the rights it has', async () => {
    chmodSync(directory, 0o750);

    await (await open()).close();

    expect(statSync(directory).mode & 0o777).to.equal(0o750);
  });

  it('finds its jobs again', async () => {
    const id = await fill();

    const store = await open();
    const found = await store.queue.find(id);
    await store.close();

    expect(found).to.include({ id, state: 'queued' });
  });

  it('refuses a file as its directory, and a file below one', () => {
    writeFileSync(inDirectory('file'), '');

    expect(refusal(inDirectory('file'))).to.match(/^DATA_DIR \(.*file\) is not a directory/u);
    expect(refusal(inDirectory('file/below'))).to.match(/^DATA_DIR \(.*below\) is not a directory/u);
  });

  it('names DATA_DIR where the system refuses it for a reason of its own', () => {
    expect(refusal(inDirectory('x'.repeat(300)))).to.match(/^The queue cannot use DATA_DIR \(.*x\): ENAMETOOLONG/u);
  });

  it('refuses a directory in the place of its file', () => {
    mkdirSync(inDirectory('queue.db'));

    expect(refusal()).to.include('queue.db is not a file');
  });

  it('refuses a second opening of one directory, and serves the first one on', async () => {
    const first = await open();

    const { message } = await errorOf(open(), Error);
    const added = await first.queue.add(jobFor(rig, 'crm'));
    const again = refusal();
    await first.close();

    expect(message).to.match(/^Another process has the queue in DATA_DIR \(.*\) open: stop it/u);
    expect(again).to.equal(message);
    expect(added.state).to.equal('queued');
  });

  for (const [what, damage] of [
    ['is no database at all', () => Buffer.from('Not a database.\n'.repeat(1000))],
    ['is torn in the middle', (whole: Buffer) => Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(8192, 7), whole.subarray(16_384)])],
    ['was cut off', (whole: Buffer) => whole.subarray(0, 12_288)],
  ] as const) {
    it(`refuses a file that ${what}, and leaves it untouched`, async () => {
      await fill();
      execute('PRAGMA wal_checkpoint(TRUNCATE)');
      const damaged = damage(readFileSync(inDirectory('queue.db')));
      writeFileSync(inDirectory('queue.db'), damaged);

      const message = refusal();

      expect(message).to.match(/queue\.db is damaged and is left untouched: restore it from a backup, or move it/u);
      expect(readFileSync(inDirectory('queue.db')).equals(damaged)).to.equal(true);
    });
  }

  it('refuses a file of a newer release, and leaves it untouched', async () => {
    await fill();
    execute('PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)');
    const before = readFileSync(inDirectory('queue.db'));

    const message = refusal();

    expect(message).to.include('was written by a newer release (its schema is 2, this one knows 1)');
    expect(readFileSync(inDirectory('queue.db')).equals(before)).to.equal(true);
  });

  it('refuses the database of another program, and leaves it untouched', () => {
    execute('CREATE TABLE notes (text TEXT)');
    const before = readFileSync(inDirectory('queue.db'));

    const message = refusal();

    expect(message).to.include('belongs to another program');
    expect(readFileSync(inDirectory('queue.db')).equals(before)).to.equal(true);
    expect(existsSync(inDirectory('queue.db-wal'))).to.equal(false);
  });

  it('does not hang where the system lets nobody make a folder, and names DATA_DIR', () => {
    const opening = () => openDatabase({ directory: '/proc/nowhere/data', openedAt: 0 });

    expect(opening).to.throw(/DATA_DIR \(\/proc\/nowhere\/data\)/u);
  });

  it('names what went wrong while it was open in words of ours', () => {
    const coded = (code: string) => failureOf(Object.assign(new Error('in the words of the library'), { code }));

    expect(coded('SQLITE_FULL')).to.deep.equal({
      what: 'the disk of DATA_DIR is full: make room on it',
      detail: 'in the words of the library',
    });
    expect(coded('SQLITE_IOERR_FSYNC').what).to.match(/^the disk of DATA_DIR fails: /u);
    expect(coded('SQLITE_CORRUPT_INDEX').what).to.equal('its file in DATA_DIR is damaged: restart this process, which says what to do');
    expect(coded('SQLITE_READONLY_DBMOVED').what).to.match(/^its file in DATA_DIR cannot be written: /u);
    expect(coded('SQLITE_ERROR').what).to.equal('its database in DATA_DIR fails: see the log');
    expect(failureOf('no error').what).to.equal('its database in DATA_DIR fails: see the log');
  });
});
