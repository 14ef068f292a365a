import { expect } from 'chai';
import { inspect } from 'node:util';
import { QueueUnavailableError } from '../../../src/errors/queueErrors.ts';
import { ANSWER_WITHIN_MS, answerInTime, reasonOf, unavailable } from '../../../src/redis/redisFailures.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';

describe('redisFailures', () => {
  const known = [
    ['WRONGPASS invalid username-password pair', 'REDIS_PASSWORD'],
    ['NOAUTH Authentication required.', 'REDIS_PASSWORD'],
    ['NOPERM this user has no permissions', 'allow it all commands'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'raise its maxmemory'],
    ['MISCONF Errors writing to the AOF file', 'cannot write to its disk'],
    ["READONLY You can't write against a read only replica.", 'name the primary'],
    ['ERR DB index is out of range', 'correct its number'],
    ['Command timed out', 'does not answer in time'],
    ["ERR unknown command 'EVALSHA', with args beginning with: ", 'use 6.2 or newer'],
    ['ERR max number of clients reached', 'too much to do'],
    ['NOREPLICAS Not enough good replicas to write.', 'failing over'],
    ['Client network socket disconnected before secure TLS connection was established', 'rediss://'],
    ['connect ETIMEDOUT', 'takes no connection'],
    [
      "ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica.",
      'name the primary',
    ],
    ['connect ECONNREFUSED 127.0.0.1:6379', 'cannot be reached'],
  ] as const;
  for (const [says, help] of known) {
    it(`says what to do when Redis or its client says "${says}"`, () => {
      expect(reasonOf(new Error(says))).to.contain(help);
    });
  }

  for (const [code, help] of [
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'rediss://'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'NODE_EXTRA_CA_CERTS'],
  ] as const) {
    it(`says what to do when TLS fails with ${code}`, () => {
      expect(reasonOf(Object.assign(new Error('canary'), { code }))).to.contain(help);
    });
  }

  it('keeps nothing of what was sent: neither a password nor a payload', () => {
    const error = Object.assign(new Error('ERR unknown command canary'), { command: { name: 'auth', args: ['canary'] } });

    const told = unavailable(error);

    expect(told).to.be.instanceOf(QueueUnavailableError);
    expect(inspect(told, { depth: 10 })).not.to.contain('canary');
  });

  it('hands an answer on, and stops waiting for one that does not come', async () => {
    const clock = new HandDrivenClock();

    const answered = await answerInTime(clock, () => Promise.resolve('answer'));
    const late = errorOf(
      answerInTime(clock, () => new Promise<never>(() => undefined)),
      QueueUnavailableError,
    );
    clock.advance(ANSWER_WITHIN_MS);

    expect(answered).to.equal('answer');
    expect((await late).message).to.contain('does not answer in time');
    expect(ANSWER_WITHIN_MS).to.be.below(1000);
  });
});
