/**
 * After a write through us, nobody reads through us what was before it: answers of the records that it changed are purged. And once a
 * service has said that a record is gone, nothing that is kept of it is answered any more (docs/decisions/0033).
 */
import { operationLabel, tagLabel } from '../../cache/labels.ts';
import type { ResponseCache } from '../../cache/responseCache.ts';
import type { SharedCache } from '../../cache/sharedCache.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { Call, CallContext } from '../../contract/call.ts';
import type { Operation, OperationRequest } from '../../contract/operation.ts';
import { valuesIn } from '../upstreamPath.ts';

export interface PurgingParts {
  readonly service: string;
  readonly cache: ResponseCache;
  readonly sharedCache?: Pick<SharedCache, 'purge'> | undefined;
  /** What is remembered of answers, for callers who repeat a write or ask about a job; absent: nothing is. */
  readonly remembered?: { end(service: string, names: readonly string[]): Promise<void> } | undefined;
}

type Purging = (next: Call<unknown>) => Call<unknown>;

/**
 * Around the call of a write that says what it is about: purges that when it is made, and also when nobody knows whether it was. The
 * answer waits until the fleet has been told, or cannot be.
 *
 * @returns `undefined` for an operation that changes nothing that is kept.
 */
export const purgeAfterWrite = (parts: PurgingParts, { cacheForMs, cacheTags }: Operation<unknown>): Purging | undefined => {
  if (cacheForMs !== undefined || cacheTags === undefined) return undefined;
  const purgeOf = (request: OperationRequest, answer?: unknown): Promise<void> =>
    purge(
      parts,
      cacheTags(request, answer).map((tag) => tagLabel(parts.service, tag)),
    );
  return (next) => async (context) => {
    try {
      const answer = await next(context);
      await purgeOf(context.request, answer.value);
      return answer;
    } catch (error) {
      if (context.progress.unsettled) await purgeOf(context.request);
      throw error;
    }
  };
};

/**
 * Around the attempts of a call, so that it is done before the cache keeps or hands out the answer, and once for all who share it: what
 * is kept of a record ends when its service says that it is not there, by whatever name it was asked for.
 */
export const purgeGoneRecords = (parts: PurgingParts, { cacheForMs, cacheTags, goneTags }: Operation<unknown>): Purging => {
  const isTold = cacheForMs !== undefined || cacheTags !== undefined || goneTags !== undefined;
  return (next) => async (context) => {
    const { request } = context;
    try {
      const answer = await next(context);
      const tags = goneTags?.(request, answer.value) ?? [];
      if (tags.length > 0 && (cacheForMs === undefined || isKept(parts, tags))) await endAll(parts, context, tags);
      return answer;
    } catch (error) {
      if (isGone(error)) await endAll(parts, context, isTold ? ((goneTags ?? cacheTags)?.(request) ?? []) : undefined, namesIn(request));
      throw error;
    }
  };
};

/** An answer without a row is worth keeping itself, unless there is something to end. */
const isKept = ({ service, cache }: PurgingParts, tags: readonly string[]): boolean =>
  tags.some((tag) => cache.tagsBeside(tagLabel(service, tag), undefined).length > 0);

const isGone = (error: unknown): boolean => error instanceof UpstreamRejectedError && (error.status === 404 || error.status === 410);

/** Names enough for any request; one that asks for more is answered row by row. */
const MOST_NAMES = 200;

/** What a request asks for: what its path and its query hold beside words. */
const namesIn = ({ path, query = {} }: OperationRequest): readonly string[] =>
  [...valuesIn(path), ...Object.values(query).flat()].map(String).filter((value) => !/^[a-z_-]*$/u.test(value));

const nameIn = (tag: string): readonly string[] => (tag.includes(':') ? [tag.slice(tag.indexOf(':') + 1)] : []);

/** @param tags Absent: nothing is kept in the cache. */
const endAll = async (
  parts: PurgingParts,
  { site, cacheKey }: CallContext,
  tags: readonly string[] | undefined,
  names: readonly string[] = [],
): Promise<void> => {
  const { service, cache, remembered } = parts;
  const labels = (tags ?? []).map((tag) => tagLabel(service, tag));
  const [own = operationLabel(service, site.operation)] = labels;
  const ended = tags === undefined ? [] : [...new Set([own, ...labels, ...cache.tagsBeside(own, cacheKey)])];
  const told = [...names, ...ended.flatMap(nameIn)].slice(0, MOST_NAMES);
  await Promise.all([purge(parts, ended), remembered?.end(service, told)]);
};

const purge = async ({ service, cache, sharedCache }: PurgingParts, labels: readonly string[]): Promise<void> => {
  if (labels.length === 0) return;
  for (const label of labels) cache.purge(label);
  await sharedCache?.purge(service, labels);
};
