import { expect } from 'chai';
import { dangers, unfitness } from '../../../src/redis/redisCheck.ts';

const right = { version: '7.0.15', evictionPolicy: 'noeviction', keepsLog: '1', syncPolicy: 'always' };

describe('redisCheck', () => {
  it('has nothing to say about a Redis that keeps what it is given', () => {
    expect(unfitness(right)).to.equal(undefined);
    expect(dangers(right)).to.deep.equal([]);
  });

  for (const version of ['2.8.4', '5.0.14', '6.0.16', '6.1.240']) {
    it(`refuses Redis ${version}, naming what to use`, () => {
      expect(unfitness({ version })).to.equal(`Redis ${version} is too old: use 6.2 or newer`);
    });
  }

  for (const version of ['6.2.0', '6.10.1', '7.0.15', '8.2.1', '10.0.0']) {
    it(`takes Redis ${version}`, () => {
      expect(unfitness({ version })).to.equal(undefined);
    });
  }

  it('names what to set for each setting that would lose accepted writes', () => {
    expect(dangers({ ...right, evictionPolicy: 'allkeys-lru' })[0]).to.contain('set maxmemory-policy noeviction');
    expect(dangers({ ...right, keepsLog: '0' })).to.deep.equal(['a restart of Redis loses accepted writes: set appendonly yes']);
    expect(dangers({ ...right, syncPolicy: 'everysec' })[0]).to.contain('set appendfsync always');
  });

  it('tells what it could not learn, rather than take it for right', () => {
    expect(unfitness({})).to.equal(undefined);
    expect(dangers({})).to.have.length(3);
    expect(dangers({}).every((line) => line.startsWith('Redis does not tell'))).to.equal(true);
  });
});
