/**
 * One declaration of an endpoint gives its route, validation, OpenAPI entry, in-process method, operation (for the pipeline,
 * the queue and the metrics) and its row in the docs. Architecture: docs/architecture.md; how to add one: docs/adding-a-service.md.
 */
import { z, type ZodType } from 'zod';
import { isQueued, type CallOptions, type Queued } from '../contract/call.ts';
import type { Idempotency, Operation, OperationRequest, QueueRule } from '../contract/operation.ts';
import { InvalidRequestError } from '../errors/requestErrors.ts';
import type { Flagged, HttpClient } from '../pipeline/httpClient.ts';
import type { Health, Service, ServiceClient } from './provider.ts';
import { route, type Route, type RouteMethod } from '../web/route.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type RouteText = `${Method} /${string}`;

/** The `:name` parts of a path, in their order. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? [Name, ...NamesIn<`/${Rest}`>]
  : Path extends `${string}:${infer Name}`
    ? [Name]
    : [];
type Strings<Names extends readonly string[]> = { [Index in keyof Names]: string };

/** What one call of an endpoint is given, validated. Absent members have no schema in the declaration. */
export interface EndpointInput<Path extends string, Query, Body> {
  readonly params: Readonly<Record<NamesIn<Path>[number], string>>;
  readonly query: Query;
  readonly body: Body;
}

/** Positional arguments of the in-process method: path parts, body, query, options. */
type Arguments<Path extends string, Query, Body> = [
  ...parts: Strings<NamesIn<Path>>,
  ...body: [Body] extends [undefined] ? [] : undefined extends Body ? [body?: Body] : [body: Body],
  ...query: [Query] extends [undefined] ? [] : object extends Query ? [query?: Query] : [query: Query],
  options?: CallOptions,
];

/** What every endpoint declares, whether one request of the provider or a recipe of several answers it. */
interface EndpointBase<Path extends string, Query, Body, Result> {
  readonly route: Path;
  readonly summary: string;
  readonly description?: string;
  /** A schema for each `:part` of the route; a declaration that forgets one does not compile. */
  readonly params?: Readonly<Record<NamesIn<Path>[number], ZodType<string>>>;
  readonly query?: ZodType<Query>;
  readonly body?: ZodType<Body>;
  /** Default: `read` for GET, else `write`. */
  readonly scope?: 'read' | 'write';
  /** Our status of success, default 200. */
  readonly status?: number;
  /** What callers get, for OpenAPI; default: `answer`. With a status of 204 nothing. */
  readonly replies?: ZodType;
  /** From the result to the body that callers get; default: the result as it is. */
  readonly reply?: (result: Result, input: EndpointInput<Path, Query, Body>) => unknown;
  /** Such as where to ask how a job ends. */
  readonly headersOf?: (result: Result) => Readonly<Record<string, string>> | undefined;
  /** Statuses besides the general ones that callers should expect. */
  readonly problems?: readonly number[];
  /** Bytes, and JSON values, of a request body; absent: the general limits. */
  readonly maxBodyBytes?: number;
  readonly maxBodyValues?: number;
}

/** An endpoint that one request of the provider answers. */
export interface EndpointDeclaration<Path extends string, Query, Body, T, Rule extends QueueRule | undefined>
  extends EndpointBase<Path, Query, Body, Made<T, Rule>>, Omit<Operation<T>, 'method' | 'queue' | 'idempotency'> {
  /** Default for GET: `safe`; others must say. */
  readonly idempotency?: Idempotency;
  /** How it may wait in the durable queue; absent: never. */
  readonly queue?: Rule;
  /** The provider's method; default: that of the route. */
  readonly method?: Method;
  readonly upstream: (input: EndpointInput<Path, Query, Body>, options?: CallOptions) => OperationRequest;
  /** What we add to the provider's answer, such as what it tells by its status alone. Not to that of a queued write. */
  readonly adds?: (input: EndpointInput<Path, Query, Body>) => Partial<T>;
}

/** An endpoint that takes several requests of the provider, or a decision before one. */
export interface RecipeDeclaration<Path extends string, Query, Body, Result> extends EndpointBase<Path, Query, Body, Result> {
  readonly answer: ZodType;
  /** Of the provider, and of no other endpoint. */
  readonly operations?: readonly Operation<unknown>[];
  /** Whether its writes may wait in the queue: then 202 is an answer, too. */
  readonly queueable?: boolean;
  /** @param secret The service's credential, where one kind opens more than another. */
  readonly run: Runs<Path, Query, Body, Result>;
  /** 207, for callers that look at the status alone, where rows of a bulk answer failed. `undefined`: `status`. */
  readonly statusOf?: (result: Result) => number | undefined;
}

/** A route with path parts must say what they are. */
type Checked<Path extends string> = NamesIn<Path> extends readonly [] ? unknown : { readonly params: object };
type Classed<Path extends string> = Path extends `GET ${string}` ? unknown : { readonly idempotency: Idempotency };
type Made<T, Rule> = Flagged<T> | (Rule extends QueueRule ? Queued : never);
type Routed<Path extends string, Query, Body, Result> = EndpointBase<Path, Query, Body, Result> &
  Pick<RecipeDeclaration<Path, Query, Body, Result>, 'answer' | 'queueable' | 'statusOf'>;

export interface Endpoint<Args extends readonly unknown[] = never, Result = unknown> {
  /** The provider's, which the queue and the metrics must know. */
  readonly operations: readonly Operation<unknown>[];
  /** The method of the in-process client. */
  readonly bind: (http: HttpClient, secret?: string) => (...args: Args) => Promise<Result>;
  /** Absent where only this process may call it. */
  readonly routeOf?: (service: string, http: HttpClient, secret?: string) => Route;
}

/** An endpoint that is one operation. */
interface Single<T> {
  readonly operation: Operation<T>;
}

type Runs<Path extends string, Query, Body, Result> = (
  http: HttpClient,
  input: EndpointInput<Path, Query, Body>,
  options?: CallOptions,
  secret?: string,
) => Promise<Result>;

const split = (route: string): readonly [RouteMethod, string] => {
  const [method = '', path = ''] = route.split(' ');
  return [method.toLowerCase() as RouteMethod, path];
};

/** @throws {InvalidRequestError} that names the path part. */
const checkedParts = (names: readonly string[], schemas: Readonly<Record<string, ZodType<string>>>, values: readonly unknown[]) =>
  Object.fromEntries(
    names.map((name, index) => {
      const { data, error } = schemas[name]?.safeParse(values[index]) ?? {};
      if (data !== undefined) return [name, data];
      const message = error?.issues[0]?.message ?? 'must be text';
      throw new InvalidRequestError(`${name} ${message}`, [{ at: name, message }]);
    }),
  );

const methodOf =
  <Path extends RouteText, Query, Body, Result>(
    { route, params = {}, query, body }: EndpointBase<Path, Query, Body, Result>,
    run: Runs<Path, Query, Body, Result>,
  ) =>
  (http: HttpClient, secret?: string) =>
  async (...args: Arguments<Path, Query, Body>): Promise<Result> => {
    const names = [...route.matchAll(/:(\w+)/gu)].map(([, name = '']) => name);
    const rest: unknown[] = args.slice(names.length);
    const given = { params: checkedParts(names, params, args), body: body && rest.shift(), query: query && (rest.shift() ?? {}) };
    return run(http, given as EndpointInput<Path, Query, Body>, rest[0] as CallOptions | undefined, secret);
  };

const routeOf =
  <Path extends RouteText, Query, Body, Result>(
    { params, scope, replies, answer, reply, headersOf, statusOf, ...declared }: Routed<Path, Query, Body, Result>,
    run: Runs<Path, Query, Body, Result>,
  ) =>
  (service: string, http: HttpClient, secret?: string): Route => {
    const [method, path] = split(declared.route);
    return route({
      ...declared,
      method,
      path,
      scope: `${service}:${scope ?? (method === 'get' ? 'read' : 'write')}`,
      ...(params !== undefined && {
        params: z.strictObject(params as Record<string, ZodType>) as unknown as ZodType<EndpointInput<Path, Query, Body>['params']>,
      }),
      ...(declared.status !== 204 && { answer: replies ?? answer }),
      handle: async ({ call, params: parts, query, body }) => {
        const input = { params: parts, query, body } as EndpointInput<Path, Query, Body>;
        const result = await run(http, input, call, secret);
        const [status, headers] = [statusOf?.(result), headersOf?.(result)];
        return {
          ...(status !== undefined && { status }),
          ...(headers !== undefined && { headers }),
          body: reply === undefined ? result : reply(result, input),
        };
      },
    });
  };

const sent = <T, Rule>(http: HttpClient, operation: Operation<T>, request: OperationRequest, options: CallOptions | undefined) =>
  // Only an operation with a queue rule is ever queued, which is what `Made` says.
  (operation.queue === undefined ? http.send(operation, request, options) : http.write(operation, request, options)) as Promise<
    Made<T, Rule>
  >;

/** An endpoint that one request of the provider answers. */
export const endpoint = <
  const Path extends RouteText,
  T,
  Query = undefined,
  Body = undefined,
  Rule extends QueueRule | undefined = undefined,
>(
  declaration: EndpointDeclaration<Path, Query, Body, T, Rule> & Checked<Path> & Classed<Path>,
): Endpoint<Arguments<Path, Query, Body>, Made<T, Rule>> & Single<T> => {
  // What is of the route alone stays on it: nobody reads it there.
  const method = declaration.method ?? (declaration.route.split(' ')[0] as Method);
  const operation = { idempotency: 'safe', ...declaration, method } as Operation<T>;
  const run: Runs<Path, Query, Body, Made<T, Rule>> = async (http, input, options) => {
    const answer: Made<T, Rule> = await sent(http, operation, declaration.upstream(input, options), options);
    return declaration.adds === undefined || isQueued(answer) ? answer : { ...answer, ...declaration.adds(input) };
  };
  const routed = { ...declaration, queueable: operation.queue !== undefined };
  return { operation, operations: [operation], bind: methodOf(routed, run), routeOf: routeOf(routed, run) };
};

/** An endpoint that takes several requests of the provider, or a decision before one. */
export const recipe = <const Path extends RouteText, Result, Query = undefined, Body = undefined>(
  declaration: RecipeDeclaration<Path, Query, Body, Result> & Checked<Path>,
): Endpoint<Arguments<Path, Query, Body>, Result> => ({
  operations: declaration.operations ?? [],
  bind: methodOf(declaration, declaration.run),
  routeOf: routeOf(declaration, declaration.run),
});

/** An operation that has a method in this process and no route. Path parts are checked by `upstream`. */
export const inProcess = <Args extends readonly unknown[], T, Rule extends QueueRule | undefined = undefined>(
  operation: Omit<Operation<T>, 'queue'> & { readonly queue?: Rule },
  upstream: (...args: Args) => OperationRequest,
): Endpoint<[...args: Args, options?: CallOptions], Made<T, Rule>> & Single<T> => {
  const whole = operation as Operation<T>;
  return {
    operation: whole,
    operations: [whole],
    bind:
      (http) =>
      async (...args) => {
        const given = args.slice(0, upstream.length) as unknown as Args;
        return sent(http, whole, upstream(...given), args[upstream.length] as CallOptions | undefined);
      },
  };
};

export type Endpoints = Readonly<Record<string, Endpoint>>;

/** The in-process methods of a service: one for each endpoint, and what every client can say about itself. */
export type Client<E extends Endpoints> = ServiceClient & {
  readonly [Name in keyof E]: E[Name] extends Endpoint<infer Args, infer Result> ? (...args: Args) => Promise<Result> : never;
};

export const clientOf = <E extends Endpoints>(endpoints: E, health: Health, http: HttpClient, secret?: string): Client<E> => {
  const methods = Object.fromEntries(Object.entries(endpoints).map(([name, { bind }]) => [name, bind(http, secret)]));
  const own: ServiceClient = {
    getCircuitState: () => http.getCircuitState(),
    getMetrics: () => http.getMetrics(),
    healthCheck: () => http.healthCheck(health.operation, health.request),
  };
  // Object.fromEntries forgets which name has which type; both come from `endpoints`.
  return { ...methods, ...own } as unknown as Client<E>;
};

type FromEndpoints = Omit<Service, 'operations' | 'mount'>;

/** A service whose client, routes and operations follow from its endpoints. */
export const serviceOf = <const E extends Endpoints>({
  endpoints,
  ...descriptor
}: FromEndpoints & { readonly endpoints: E }): Service<Client<E>> => ({
  ...descriptor,
  operations: Object.values(endpoints).flatMap(({ operations }) => operations),
  mount: (http, secret) => ({
    client: clientOf(endpoints, descriptor.health, http, secret),
    routes: Object.values(endpoints).flatMap(({ routeOf: routeFor }) => routeFor?.(descriptor.name, http, secret) ?? []),
  }),
});
