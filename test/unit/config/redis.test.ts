import { expect } from 'chai';
import { readConfig } from '../../../src/config/config.ts';
import { faultsOf, readFileFrom } from './settingFixtures.ts';

const read = (env: Readonly<Record<string, string>>) => readConfig(env, []).redis;

describe('readRedis', () => {
  it('takes a URL apart', () => {
    const redis = read({ REDIS_URL: 'rediss://gateway:p%40ss@redis.example:6390/2' });

    expect(redis).to.deep.include({ host: 'redis.example', port: 6390, username: 'gateway', database: 2, tls: true });
    expect(redis?.password?.reveal()).to.equal('p@ss');
  });

  it('takes a host with a port and a password', () => {
    const redis = read({ REDIS_HOST: 'redis.example', REDIS_PORT: '6380', REDIS_PASSWORD: 'hidden' });

    expect(redis).to.deep.include({ host: 'redis.example', port: 6380, username: undefined, database: 0, tls: false });
    expect(redis?.password?.reveal()).to.equal('hidden');
  });

  it('takes the password from a file, but not from two places', () => {
    const readFile = readFileFrom({ '/redis-password': 'hidden\n' });
    const env = { REDIS_HOST: 'redis.example', REDIS_PASSWORD_FILE: '/redis-password' };

    expect(readConfig(env, [], { readFile }).redis?.password?.reveal()).to.equal('hidden');
    expect(faultsOf({ ...env, REDIS_PASSWORD: 'hidden' }, [], readFile)).to.deep.equal([
      'REDIS_PASSWORD_FILE must not be set beside REDIS_PASSWORD: keep one of the two',
    ]);
  });

  it('assumes the usual port, no password and the first database', () => {
    const usual = { host: 'redis.example', port: 6379, username: undefined, password: undefined, database: 0, tls: false };

    expect(read({ REDIS_HOST: 'redis.example' })).to.deep.equal(usual);
    expect(read({ REDIS_URL: 'redis://redis.example' })).to.deep.equal(usual);
  });

  it('leaves alone the REDIS_PORT that Kubernetes sets beside a Service named redis', () => {
    expect(read({ REDIS_PORT: 'tcp://10.0.0.1:6379' })).to.equal(undefined);
    expect(read({ REDIS_URL: 'redis://redis.example', REDIS_PORT: 'tcp://10.0.0.1:6379' })?.port).to.equal(6379);
  });

  it('refuses a URL beside a host', () => {
    expect(faultsOf({ REDIS_URL: 'redis://a', REDIS_HOST: 'b' }, [])).to.deep.equal([
      'REDIS_HOST must not be set beside REDIS_URL: keep one of the two',
    ]);
  });

  for (const url of ['redis', 'http://redis', 'redis://', 'redis://h/zero', 'redis://h?db=1', 'redis://:%zz@h']) {
    it(`refuses ${url} as REDIS_URL`, () => {
      expect(faultsOf({ REDIS_URL: url }, [])).to.deep.equal([
        'REDIS_URL must be redis:// or rediss://, a host, and at most a port and a database number: change it',
      ]);
    });
  }
});

describe('readSharedRedis', () => {
  const readShared = (env: Readonly<Record<string, string>>) => readConfig(env, []).sharedRedis;

  it('is the Redis of the queue, unless there is another', () => {
    expect(readShared({})).to.equal(undefined);
    expect(readShared({ REDIS_HOST: 'queue.example' })?.host).to.equal('queue.example');
    expect(readShared({ REDIS_HOST: 'queue.example', REDIS_CACHE_URL: 'rediss://cache.example:6380' })).to.deep.include({
      host: 'cache.example',
      port: 6380,
      tls: true,
    });
  });

  it('may be there without a Redis of the queue', () => {
    const config = readConfig({ REDIS_CACHE_URL: 'redis://cache.example' }, []);

    expect(config.redis).to.equal(undefined);
    expect(config.sharedRedis?.host).to.equal('cache.example');
  });

  it('takes the password from a file, but not from two places, nor for a Redis that is not named', () => {
    const readFile = readFileFrom({ '/cache-password': 'hidden\n' });
    const file = { REDIS_CACHE_PASSWORD_FILE: '/cache-password' };

    const config = readConfig({ ...file, REDIS_CACHE_URL: 'redis://cache.example' }, [], { readFile });

    expect(config.sharedRedis?.password?.reveal()).to.equal('hidden');
    expect(faultsOf({ ...file, REDIS_CACHE_URL: 'redis://:other@cache.example' }, [], readFile)).to.deep.equal([
      'REDIS_CACHE_PASSWORD_FILE must not be set beside a password in REDIS_CACHE_URL: keep one of the two',
    ]);
    expect(faultsOf(file, [], readFile)).to.deep.equal([
      'REDIS_CACHE_PASSWORD_FILE must not be set without REDIS_CACHE_URL: set that too, or unset this',
    ]);
  });

  it('refuses what is no address of a Redis, by its own name', () => {
    expect(faultsOf({ REDIS_CACHE_URL: 'http://cache' }, [])).to.deep.equal([
      'REDIS_CACHE_URL must be redis:// or rediss://, a host, and at most a port and a database number: change it',
    ]);
  });
});
