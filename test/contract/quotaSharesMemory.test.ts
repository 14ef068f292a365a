import fc from 'fast-check';
import { memoryQuotaRig } from '../support/memoryQuotaRig.ts';
import { quotaSharesContract } from './quotaSharesContract.ts';
import { anyCommands, play } from './quotaSharesPlay.ts';
import { freshLimit } from './quotaSharesRig.ts';

quotaSharesContract('in memory', memoryQuotaRig);

describe('quota shares in memory, whatever replicas do', () => {
  it('never add up to more than the limit, with what was used and is not back', async () => {
    const rig = await memoryQuotaRig();

    const property = fc.asyncProperty(anyCommands, async (commands) => {
      await play(rig, freshLimit(), commands);
    });

    await fc.assert(property, { numRuns: 2000 });
  });
}).timeout(60_000);
