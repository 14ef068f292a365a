import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { readConfig, type Config } from '../../../src/config/config.ts';
import { faultsOf, hubspot, production, readFileFrom } from './settingFixtures.ts';

const keyOf = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;

const [first, second] = [keyOf('first'), keyOf('second')];
const { QUEUE_KEYS: _keys, ...productionWithoutKeys } = production;
const files = readFileFrom({ '/keys.json': '[]', '/queue-keys': `${second},${first}\n`, '/not-keys': 'canary' });

const queueOf = (env: Readonly<Record<string, string>>): Config['queue'] => readConfig(env, [hubspot], { readFile: files }).queue;

const listed = ({ keys }: Config['queue']): readonly string[] => keys.map(({ id, key }) => `${id}:${key.reveal()}`);

describe('the settings of the queue', () => {
  it('ask for nothing outside production: sealed with a key made there, given up after a day', () => {
    expect(queueOf({})).to.deep.equal({ keys: [], file: undefined, clearText: false, jobExpiresMs: 86_400_000, drain: true });
  });

  it('take keys in their order, from the environment or from a file', () => {
    expect(listed(queueOf({ QUEUE_KEYS: `${first}, ${second}` }))).to.deep.equal([first, second]);
    expect(listed(queueOf({ QUEUE_KEYS_FILE: '/queue-keys' }))).to.deep.equal([second, first]);
  });

  it('demand keys in production, or leave to write clear text', () => {
    const ask =
      'QUEUE_KEYS is required in production, where what waits in the queue must be sealed: set it or QUEUE_KEYS_FILE, or QUEUE_CLEAR_TEXT=allowed';

    expect(faultsOf(productionWithoutKeys, [hubspot], files)).to.deep.equal([ask]);
    expect(queueOf({ ...productionWithoutKeys, QUEUE_CLEAR_TEXT: 'allowed' })).to.include({ clearText: true });
    expect(listed(queueOf({ ...productionWithoutKeys, QUEUE_KEYS_FILE: '/queue-keys' }))).to.have.length(2);
  });

  for (const [what, keys] of [
    ['no id', randomBytes(32).toString('base64')],
    ['a key of 16 bytes', `short:${randomBytes(16).toString('base64')}`],
    ['an id with a dot, which parts sealed texts', first.replace('first', 'fi.rst')],
    ['one id twice', `${first},${keyOf('first')}`],
    ['an empty key among others', `${first},`],
  ] as const) {
    it(`refuse ${what}, and do not repeat it`, () => {
      const faults = faultsOf({ QUEUE_KEYS: keys }, [hubspot]);

      expect(faults).to.have.length(1);
      expect(faults[0])
        .to.match(/^QUEUE_KEYS must be keys as id:base64 of 32 bytes/u)
        .and.not.contain(keys);
    });
  }

  it('name in production the fault of keys that are given, and not that they are missing', () => {
    expect(faultsOf({ ...production, QUEUE_KEYS: 'canary' }, [hubspot], files)).to.have.length(1);
  });

  it('refuse a file that cannot be read or holds no keys, without its content', () => {
    const missing = faultsOf({ QUEUE_KEYS_FILE: '/missing' }, [hubspot], files);
    const wrong = faultsOf({ QUEUE_KEYS_FILE: '/not-keys' }, [hubspot], files);

    expect(missing).to.deep.equal(["QUEUE_KEYS_FILE must name a readable file (ENOENT): correct the path or the file's permissions"]);
    expect(wrong).to.have.length(1);
    expect(wrong[0])
      .to.match(/^QUEUE_KEYS_FILE must name a file whose content must be keys/u)
      .and.not.contain('canary');
  });

  it('refuse keys from two places', () => {
    expect(faultsOf({ QUEUE_KEYS: first, QUEUE_KEYS_FILE: '/queue-keys' }, [hubspot], files)).to.deep.equal([
      'QUEUE_KEYS_FILE must not be set beside QUEUE_KEYS: unset one of them',
    ]);
  });

  it('give a job a minute at least and a week at most', () => {
    expect(queueOf({ QUEUE_JOB_EXPIRES_MS: '604800000' })).to.include({ jobExpiresMs: 604_800_000 });
    expect(['59999', '604800001', '1e7'].map((ms) => faultsOf({ QUEUE_JOB_EXPIRES_MS: ms }, [hubspot]).length)).to.deep.equal([1, 1, 1]);
  });

  it('keep the keys out of every print and of the hash', () => {
    const one = readConfig({ QUEUE_KEYS: first }, [hubspot]);
    const other = readConfig({ QUEUE_KEYS: keyOf('first') }, [hubspot]);

    expect(one.hash).to.equal(other.hash);
    expect(JSON.stringify(one)).not.to.contain(first.slice('first:'.length));
  });

  it('leave the writes to another process only where there can be one', () => {
    const redis = { REDIS_HOST: '127.0.0.1' };

    expect(queueOf({ QUEUE_DRAIN: 'off', ...redis })).to.include({ drain: false });
    expect(faultsOf({ QUEUE_DRAIN: 'off' }, [hubspot], files)).to.deep.equal([
      'QUEUE_DRAIN must be on without Redis: no other process could make the writes',
    ]);
  });
});
