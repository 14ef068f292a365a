/**
 * `/openapi.json`, from the very routes and schemas that validate requests.
 */
import { headerReferences, openApiComponents, problemReferences, queuedResponse } from './openapiComponents.ts';
import { fixedPaths } from './openapiFixedPaths.ts';
import { OpenApiSchemas, schemaReference, type JsonObject } from './openapiSchemas.ts';
import { isWrite, type Route } from './route.ts';

/** Routes that are mounted together. */
export interface RouteGroup {
  /** A service's name, or `admin`. */
  readonly name: string;
  /** For people: `HubSpot`. */
  readonly title: string;
  /** Such as `/api/hubspot`. */
  readonly prefix: string;
  readonly routes: readonly Route[];
}

export interface OpenApiParts {
  readonly version: string;
  readonly groups: readonly RouteGroup[];
}

/** A route with the names of its schemas. */
interface NamedRoute {
  readonly route: Route;
  readonly group: RouteGroup;
  readonly operationId: string;
  readonly params: string | undefined;
  readonly query: string | undefined;
  readonly body: string | undefined;
  readonly answer: string | undefined;
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `get /api/hubspot/contacts/:id` is `getHubspotContactsById`, and so would `…/by-id/:id` be. */
const operationIdOf = (route: Route, group: RouteGroup): string => {
  const words = route.path.replaceAll(/(?:by-\w+\/)?:(\w+)/gu, 'by-$1').split(/[^A-Za-z\d]+/u);
  return route.method + [group.name, ...words].map(capitalised).join('');
};

/** `/contacts/:id` as OpenAPI writes it: `/contacts/{id}`. */
export const pathTemplate = (prefix: string, path: string): string => prefix + path.replaceAll(/:(\w+)/gu, '{$1}');

const named = (route: Route, group: RouteGroup, schemas: OpenApiSchemas): NamedRoute => {
  const operationId = operationIdOf(route, group);
  const name = capitalised(operationId);
  return {
    route,
    group,
    operationId,
    params: route.params && schemas.request(route.params, `${name}Params`),
    query: route.query && schemas.request(route.query, `${name}Query`),
    body: route.body && schemas.request(route.body, `${name}Body`),
    answer: route.answer && schemas.answer(route.answer, `${name}Answer`),
  };
};

type Components = Record<string, JsonObject>;

/** The members of an object schema as parameters. */
const parametersIn = (place: 'path' | 'query', schema: JsonObject | undefined): readonly JsonObject[] => {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, JsonObject>>;
  const required = (schema?.['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
};

const callsService = ({ route: { scope } }: NamedRoute): boolean => scope !== 'admin' && scope !== 'own';

const readsService = (route: NamedRoute): boolean => callsService(route) && route.route.method === 'get';

const headerParameters = (named: NamedRoute): readonly JsonObject[] => {
  const { queueable = false, scope } = named.route;
  const calls = callsService(named) ? ['RequestTimeout', queueable ? 'PreferAsync' : 'Prefer'] : [];
  const cached = readsService(named) ? ['CacheControl'] : [];
  const once = isWrite(scope) ? ['IdempotencyKey'] : [];
  return ['RequestId', ...calls, ...cached, ...once].map((name) => ({ $ref: `#/components/parameters/${name}` }));
};

const successResponse = (named: NamedRoute): JsonObject => {
  const cached = readsService(named) ? ['Cache-Status', 'Age'] : [];
  const once = isWrite(named.route.scope) ? ['Idempotency-Replayed'] : [];
  const content = named.answer && { content: { 'application/json': { schema: schemaReference(named.answer) } } };
  return { description: named.route.summary, headers: headerReferences(['X-Request-Id', ...cached, ...once]), ...content };
};

const problemsOf = (named: NamedRoute): readonly number[] => [
  ...[400, 401],
  ...(named.route.scope === 'own' ? [] : [403]),
  ...named.route.problems,
  ...(named.body === undefined ? [] : [413, 415]),
  ...(callsService(named) ? [422, 502, 503, 504] : []),
  ...(isWrite(named.route.scope) ? [409] : []),
  500,
];

/** A route for any known key names no scope. */
const securityOf = ({ scope }: Route): readonly JsonObject[] => {
  const scopes = scope === 'own' ? [] : [scope];
  return [{ bearer: scopes }, { apiKey: scopes }];
};

const operation = (route: NamedRoute, components: Components, requestName: (name: string) => string): JsonObject => {
  const requestSchema = (name: string | undefined): JsonObject | undefined =>
    name === undefined ? undefined : components[requestName(name)];
  const { description, summary, status, queueable = false } = route.route;
  return {
    operationId: route.operationId,
    tags: [route.group.name],
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(route.route),
    parameters: [
      ...parametersIn('path', requestSchema(route.params)),
      ...parametersIn('query', requestSchema(route.query)),
      ...headerParameters(route),
    ],
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaReference(requestName(route.body)) } } },
    }),
    responses: { [String(status)]: successResponse(route), ...(queueable && queuedResponse), ...problemReferences(problemsOf(route)) },
  };
};

const assertUnique = (routes: readonly NamedRoute[]): void => {
  const seen = new Set<string>();
  for (const { operationId, group, route } of routes) {
    if (seen.has(operationId)) throw new Error(`${route.method} ${group.prefix}${route.path} and another route are both ${operationId}`);
    seen.add(operationId);
  }
};

/** Parameters stand in their operations; their schemas as a whole are no components. */
const withoutParameterSchemas = (
  components: Components,
  routes: readonly NamedRoute[],
  requestName: (name: string) => string,
): Components => {
  const names = new Set(routes.flatMap(({ params, query }) => [params, query]).map((name) => name && requestName(name)));
  return Object.fromEntries(Object.entries(components).filter(([name]) => !names.has(name)));
};

/**
 * The whole document; built once.
 *
 * @throws {Error} if two routes come out under one operation id.
 */
export const openApiDocument = ({ version, groups }: OpenApiParts): JsonObject => {
  const schemas = new OpenApiSchemas();
  const routes = groups.flatMap((group) => group.routes.map((route) => named(route, group, schemas)));
  assertUnique(routes);
  const { components, requestName } = schemas.write();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = (paths[pathTemplate(route.group.prefix, route.route.path)] ??= {});
    path[route.route.method] = operation(route, components, requestName);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'sales-auto-api',
      version,
      description: 'A resilient gateway to sales services. Errors are RFC 9457 problem documents; `docs/api.md` has the conventions.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...groups.map(({ name, title }) => ({ name, description: title })), { name: 'operations', description: 'Health and metrics' }],
    paths: { ...paths, ...fixedPaths },
    components: openApiComponents(withoutParameterSchemas(components, routes, requestName)),
  };
};
