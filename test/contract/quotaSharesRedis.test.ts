import { expect } from 'chai';
import fc from 'fast-check';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import { errorOf } from '../support/errorOf.ts';
import { memoryQuotaRig } from '../support/memoryQuotaRig.ts';
import { redisQuotaRig, type RedisQuotaRig } from '../support/redisQuotaRig.ts';
import { quotaSharesContract } from './quotaSharesContract.ts';
import { anyCommands, play, type Step } from './quotaSharesPlay.ts';
import { freshLimit, reportOf, type QuotaSharesRig } from './quotaSharesRig.ts';

quotaSharesContract('on Redis', redisQuotaRig);

/** Without what two stores never have in common: the number of a memory, and the milliseconds between two commands. */
const comparable = (steps: readonly Step[]) =>
  steps.map(({ command, grant }) => {
    if (grant === undefined) return { command };
    const { permits, leaseMs, fair, others, replicas, known } = grant;
    return { command, permits, leaseMs, fair: fair.toFixed(6), others, replicas, known };
  });

describe('quota shares on Redis and in memory', () => {
  let real: RedisQuotaRig;
  let twin: QuotaSharesRig;

  before(async () => {
    [real, twin] = [await redisQuotaRig(), await memoryQuotaRig()];
  });

  after(() => real.close());

  it('never add up to more than the limit, and are the same at each step of any row of commands', async () => {
    const property = fc.asyncProperty(anyCommands, async (commands) => {
      const limit = freshLimit();

      const [onRedis, inMemory] = [await play(real, limit, commands), await play(twin, limit, commands)];

      expect(comparable(onRedis)).to.deep.equal(comparable(inMemory));
    });

    await fc.assert(property, { numRuns: 60 });
  });

  it('are not changed by a report that a later one of the same replica has overtaken', async () => {
    const limit = freshLimit();
    const report = { ...reportOf({ wanted: 5, needed: 5 }), generation: 0 };
    await real.join('overtaken').report(limit, report);

    const error = await errorOf(real.joinLate('overtaken').report(limit, { ...report, held: 5, used: 5 }), SharedStateUnavailableError);
    const grant = await real.join('overtaken').report(limit, report);

    expect(error.reason).to.equal('a later report was there before this one');
    expect(grant).to.include({ replicas: 1, permits: 5 });
  });
}).timeout(60_000);
