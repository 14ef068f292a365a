import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { silentLogger, type LogFields } from '../../../src/logging/logger.ts';
import { developmentKey } from '../../../src/queue/dataDirectory.ts';

describe('the key of a queue in development', () => {
  let root: string;
  let directory: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'queue-key-'));
    directory = path.join(root, 'data');
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('is made once, and found again after a restart', () => {
    const made = developmentKey(directory, silentLogger);
    const again = developmentKey(directory, silentLogger);

    expect(made.key).to.have.length(32);
    expect(again).to.deep.equal(made);
  });

  it('can be read by its owner alone', () => {
    developmentKey(directory, silentLogger);

    expect(statSync(path.join(directory, 'queue.key')).mode & 0o777).to.equal(0o600);
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
  });

  it('is told of in one line when it is made, without the key', () => {
    const lines: LogFields[] = [];
    const logger = { ...silentLogger, info: (fields: LogFields) => void lines.push(fields) };

    developmentKey(directory, logger);
    developmentKey(directory, logger);

    const file = path.join(directory, 'queue.key');
    expect(lines).to.deep.equal([{ file }]);
    expect(JSON.stringify(lines)).not.to.contain(readFileSync(file, 'utf8').trim());
  });

  it('differs from the key of any other directory, and so does its id', () => {
    const one = developmentKey(directory, silentLogger);
    const other = developmentKey(path.join(root, 'other'), silentLogger);

    expect(one.id)
      .to.match(/^dev-[\da-f]{8}$/u)
      .and.not.equal(other.id);
    expect(one.key.equals(other.key)).to.equal(false);
  });

  it('is refused where its file holds something else: it is never replaced', () => {
    developmentKey(directory, silentLogger);
    const file = path.join(directory, 'queue.key');
    chmodSync(file, 0o600);
    writeFileSync(file, 'too short\n');

    expect(() => developmentKey(directory, silentLogger)).to.throw(/queue\.key holds no key of 32 bytes.*restore it/u);
    expect(readFileSync(file, 'utf8')).to.equal('too short\n');
  });

  it('says what to change where the directory is none', () => {
    writeFileSync(directory, 'a file');

    expect(() => developmentKey(directory, silentLogger)).to.throw(/queue\.key in DATA_DIR cannot be read \(ENOTDIR\): .*QUEUE_KEYS/u);
  });
});
