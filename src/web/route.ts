/**
 * Routes as data: what validates a request also writes `/openapi.json`, and no route is without a scope.
 */
import type { ZodType } from 'zod';
import type { CallOptions } from '../contract/call.ts';

export type RouteMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a key may be good for: `<service>:read`, `<service>:write` or `admin`. */
export type Scope = `${string}:read` | `${string}:write` | 'admin';

/** What a route asks for: a scope of the key, or any known key, for a route that shows callers nothing but their own. */
export type RouteScope = Scope | 'own';

/** Whether a route of this scope changes something at a service. */
export const isWrite = (scope: RouteScope): boolean => scope.endsWith(':write');

/** Who calls: the id of an API key and its scopes. */
export interface Caller {
  readonly id: string;
  readonly scopes: ReadonlySet<string>;
}

export interface RouteInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Deadline, hang-up, strictness and cache wishes of this request, ready to hand on. */
  readonly call: CallOptions;
  readonly caller: Caller;
  /** The id that logs and problem documents bear; absent where a handler is called without a request. */
  readonly requestId?: string;
}

/** What a handler gives back; `status` defaults to the route's success status. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: no content. */
  readonly body?: unknown;
}

export interface Route {
  readonly method: RouteMethod;
  /** Express style, below the mount: `/contacts/:id`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: RouteScope;
  readonly params?: ZodType;
  readonly query?: ZodType;
  readonly body?: ZodType;
  /** Bytes; absent: the limit of `jsonBody.ts`. For routes that take long lists. */
  readonly maxBodyBytes?: number;
  /** JSON values in the body; absent: the limit of `jsonBody.ts`. */
  readonly maxBodyValues?: number;
  /** Success status, 200 unless said otherwise. */
  readonly status: number;
  readonly answer?: ZodType;
  /** Statuses besides the general ones that callers should expect, such as 404 or 409. */
  readonly problems: readonly number[];
  /** Whether the write behind it may wait in the queue: then 202 is an answer, too. */
  readonly queueable?: boolean;
  readonly handle: (input: RouteInput<never, never, never>) => Promise<Reply> | Reply;
}

export interface RouteDefinition<Params, Query, Body> {
  readonly method: RouteMethod;
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: RouteScope;
  readonly params?: ZodType<Params>;
  readonly query?: ZodType<Query>;
  readonly body?: ZodType<Body>;
  readonly maxBodyBytes?: number;
  readonly maxBodyValues?: number;
  readonly status?: number;
  readonly answer?: ZodType;
  readonly problems?: readonly number[];
  readonly queueable?: boolean;
  readonly handle: (input: RouteInput<Params, Query, Body>) => Promise<Reply> | Reply;
}

/** Defines a route; the handler's input has the types of the schemas. */
export const route = <Params = undefined, Query = undefined, Body = undefined>(
  definition: RouteDefinition<Params, Query, Body>,
): Route => ({
  status: 200,
  problems: [],
  ...definition,
  handle: definition.handle,
});
