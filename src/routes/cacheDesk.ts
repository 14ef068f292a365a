/**
 * Where people purge the cache by hand: by service, operation or tag, with a reason; each purge leaves one line in the log.
 */
import { operationLabel, serviceLabel, tagLabel } from '../cache/labels.ts';
import type { ResponseCache } from '../cache/responseCache.ts';
import type { SharedCache } from '../cache/sharedCache.ts';
import { InvalidRequestError } from '../errors/requestErrors.ts';
import type { Operation } from '../contract/operation.ts';
import type { PurgingParts } from '../pipeline/stages/purgingWrites.ts';
import type { Logger } from '../logging/logger.ts';
import type { Author } from './circuitDesk.ts';

export interface CachedService {
  readonly name: string;
  readonly operations: readonly Operation<unknown>[];
}

export interface CacheDeskParts {
  readonly cache: ResponseCache;
  /** Absent: this process is alone. */
  readonly sharedCache?: Pick<SharedCache, 'purge'> | undefined;
  readonly services: readonly CachedService[];
  /** Answers to Idempotency-Keys and results of jobs: those of a record end with it. */
  readonly remembered?: PurgingParts['remembered'];
  readonly logger: Logger;
}

/** With a service: all of it, one operation of it, or one record. With a tag alone: that record, in every service. */
export interface PurgeWish {
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly tag?: string | undefined;
  readonly reason: string;
}

export interface Purged {
  /** How many answers this process has forgotten. */
  readonly entries: number;
  /**
   * `told`: the shared cache has forgotten them, and other replicas do as they hear of it, within two seconds. `untold`: the fleet
   * cannot be told now, and will be as soon as it can. `alone`: there is no fleet; another process would have to be told by itself.
   */
  readonly fleet: 'told' | 'untold' | 'alone';
  /** Unless the fleet was told: for how long other processes may still answer with them, s; stale answers in place of errors included. */
  readonly othersMayServeForSeconds?: number;
}

const invalid = (at: string, message: string): InvalidRequestError =>
  new InvalidRequestError('there is nothing such to purge', [{ at, message }]);

const livesForMs = ({ cacheForMs = 0, staleForMs = 0 }: Operation<unknown>): number => (cacheForMs > 0 ? cacheForMs + staleForMs : 0);

export class CacheDesk {
  readonly #parts: CacheDeskParts;

  constructor(parts: CacheDeskParts) {
    this.#parts = parts;
  }

  /** @throws {InvalidRequestError} for a service that is none, and an operation that is none of its cached ones. */
  async purge(wish: PurgeWish, { caller, requestId }: Author): Promise<Purged> {
    const { cache, sharedCache, remembered, logger } = this.#parts;
    const services = this.#servicesOf(wish);
    let entries = 0;
    for (const { name } of services) entries += cache.purge(labelOf(name, wish));
    const names = wish.tag === undefined ? [] : [wish.tag.slice(wish.tag.indexOf(':') + 1)];
    if (remembered !== undefined) await Promise.all(services.map(({ name }) => remembered.end(name, names)));
    const fleet = sharedCache === undefined ? 'alone' : await tell(sharedCache, services, wish);
    logger.warn({ audit: true, action: 'purge', ...wish, by: caller.id, entries, fleet, requestId }, 'cache purged by hand');
    if (fleet === 'told') return { entries, fleet };
    return { entries, fleet, othersMayServeForSeconds: Math.ceil(longestLifeMs(services, wish) / 1000) };
  }

  #servicesOf({ service: name, operation, tag }: PurgeWish): readonly CachedService[] {
    const { services } = this.#parts;
    if (name === undefined) {
      if (operation !== undefined) throw invalid('body.operation', 'must come with its service');
      if (tag === undefined) throw invalid('body', 'must name a service or a tag');
      return services;
    }
    const service = services.find((each) => each.name === name);
    if (service === undefined) throw invalid('body.service', `must be one of ${services.map((each) => each.name).join(', ')}`);
    if (operation === undefined) return [service];
    if (tag !== undefined) throw invalid('body.tag', 'must not come with an operation: a tag is purged in all operations');
    const cached = service.operations.filter((each) => livesForMs(each) > 0).map((each) => each.name);
    if (!cached.includes(operation)) throw invalid('body.operation', `must be one of ${cached.join(', ')}: these are cached`);
    return [service];
  }
}

const tell = async (
  sharedCache: Pick<SharedCache, 'purge'>,
  services: readonly CachedService[],
  wish: PurgeWish,
): Promise<'told' | 'untold'> => {
  const told = await Promise.all(services.map(({ name }) => sharedCache.purge(name, [labelOf(name, wish)])));
  return told.includes(false) ? 'untold' : 'told';
};

const labelOf = (service: string, { operation, tag }: PurgeWish): string => {
  if (tag !== undefined) return tagLabel(service, tag);
  return operation === undefined ? serviceLabel(service) : operationLabel(service, operation);
};

const longestLifeMs = (services: readonly CachedService[], { operation, tag }: PurgeWish): number => {
  const lives = services.flatMap(({ operations }) =>
    operations
      .filter((each) => (operation === undefined || each.name === operation) && (tag === undefined || each.cacheTags !== undefined))
      .map(livesForMs),
  );
  return Math.max(0, ...lives);
};
