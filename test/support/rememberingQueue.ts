/**
 * A queue of writes that takes everything and makes nothing.
 */
import type { WriteQueue, WriteToKeep } from '../../src/contract/writeQueue.ts';

export interface RememberingQueue extends WriteQueue {
  readonly kept: readonly WriteToKeep[];
}

/** Jobs are called by the id they are given, else `job_1`, `job_2`, … */
export const rememberingQueue = (): RememberingQueue => {
  const kept: WriteToKeep[] = [];
  const accept: WriteQueue['accept'] = async (write) => {
    kept.push(write);
    const id = write.jobId ?? `job_${String(kept.length)}`;
    return { queued: true, id, status: 'queued', acceptedAt: '2026-11-21T00:00:00.000Z', expiresAt: '2026-11-22T00:00:00.000Z' };
  };
  return { kept, accept };
};
