/**
 * After a write through us, nobody reads through us what was before it: answers of the records that it changed are purged.
 */
import { tagLabel } from '../cache/labels.ts';
import type { ResponseCache } from '../cache/responseCache.ts';
import type { SharedCache } from '../cache/sharedCache.ts';
import type { Call } from '../resilience/call.ts';
import type { Operation, OperationRequest } from './operation.ts';

export interface PurgingParts {
  readonly service: string;
  readonly cache: ResponseCache;
  readonly sharedCache?: Pick<SharedCache, 'purge'> | undefined;
}

/**
 * Around the call of a write that says what it is about: purges that when it is made, and also when nobody knows whether it was. The
 * answer waits until the fleet has been told, or cannot be.
 */
export const purgingAfter = (parts: PurgingParts, operation: Operation<unknown>, request: OperationRequest) => {
  const { cacheForMs, cacheTags } = operation;
  return <T>(call: Call<T>): Call<T> => {
    if (cacheForMs !== undefined || cacheTags === undefined) return call;
    return async (context) => {
      try {
        const answer = await call(context);
        await purge(parts, cacheTags(request, answer.value));
        return answer;
      } catch (error) {
        if (context.progress.unsettled) await purge(parts, cacheTags(request));
        throw error;
      }
    };
  };
};

const purge = async ({ service, cache, sharedCache }: PurgingParts, tags: readonly string[]): Promise<void> => {
  if (tags.length === 0) return;
  const labels = tags.map((tag) => tagLabel(service, tag));
  for (const label of labels) cache.purge(label);
  await sharedCache?.purge(service, labels);
};
