/**
 * What an operation of an upstream service is, as data: the pipeline obeys it.
 */
import type { ZodType } from 'zod';
import type { Idempotency } from '../resilience/call.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Operation<T> {
  /** `snake_case`, unique in the service: a metric label and a part of the cache key. */
  readonly name: string;
  readonly method: HttpMethod;
  readonly idempotency: Idempotency;
  /** What the service answers; unknown fields pass. */
  readonly answer: ZodType<T>;
  /**
   * Whether an attempt may be given up while it hangs, although it may still be carried out. By default what may be
   * repeated may be given up; a paid read too: nothing is written, and what it cost is lost either way.
   */
  readonly abandonable?: boolean;
  /** Permits of the service's quota per call; the caller may say more (rows). Default 1. */
  readonly weight?: number;
  /** Which limit of the service it counts against, where there are several; default `default`. */
  readonly quota?: string;
  /** Milliseconds an answer stays fresh; absent: never cached. Only for operations that read. */
  readonly cacheForMs?: number;
  /** Milliseconds after its freshness that an answer may stand in for an error (stale-if-error). */
  readonly staleForMs?: number;
  /** The answer of last resort, when nothing else is to be had. Absent: the error itself. */
  readonly fallback?: T;
}

/** An operation without its answer's type, for lists of unlike operations. */
export type DeclaredOperation = Omit<Operation<unknown>, 'answer' | 'fallback'>;

/** One use of an operation. `path` comes from `upstreamPath`, so no value can leave its place in it. */
export interface OperationRequest {
  readonly path: UpstreamPath;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Overrides the operation's weight, for requests of several rows. */
  readonly weight?: number;
}

declare const checked: unique symbol;
/** A path whose variable parts were checked and encoded. */
export type UpstreamPath = string & { readonly [checked]: true };
