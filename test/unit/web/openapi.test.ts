import { expect } from 'chai';
import { z } from 'zod';
import type { HttpClient } from '../../../src/pipeline/httpClient.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { adminRoutes } from '../../../src/routes/admin.ts';
import { adminJobRoutes } from '../../../src/routes/adminJobs.ts';
import { CircuitDesk } from '../../../src/routes/circuitDesk.ts';
import { JobDesk } from '../../../src/routes/jobDesk.ts';
import { jobRoutes } from '../../../src/routes/jobs.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { openAuthenticator } from '../../../src/web/authentication.ts';
import { BodyBudget } from '../../../src/web/jsonBody.ts';
import { mountRoutes } from '../../../src/web/mountRoutes.ts';
import { openApiDocument, type RouteGroup } from '../../../src/web/openapi.ts';
import { route } from '../../../src/web/route.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';
import { createToyService, JOB_EXPIRES_MS, toyRoutes } from './webGateway.ts';

interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: object;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, object>>;
  readonly requestBody?: object;
}

type Document = Readonly<Record<string, never>> & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
};

const documentOf = (groups: readonly RouteGroup[]): Document => openApiDocument({ version: '1.2.3', groups }) as Document;

const groupOf = (routes: RouteGroup['routes'], name = 'toy'): RouteGroup => ({ name, title: name, prefix: `/api/${name}`, routes });

/** Routes are made without a call: a client that can make none is enough. */
const noHttp = {} as HttpClient;
const serviceGroups = Object.values<Service>(serviceRegistry).map((service) => groupOf(service.mount(noHttp).routes, service.name));
const desk = new CircuitDesk({ controls: { list: () => [], find: () => undefined }, clock: systemClock, logger: silentLogger });
const jobs = new MemoryQueue(systemClock);
const sealer = { open: (text: string) => text };
const jobDesk = new JobDesk({
  jobs,
  sealer,
  gone: { isAnyGone: () => Promise.resolve(false) },
  clock: systemClock,
  logger: silentLogger,
  jobExpiresMs: JOB_EXPIRES_MS,
});
const adminRoutesOfBoth = [...adminRoutes(desk), ...adminJobRoutes(jobDesk)];
const adminGroup: RouteGroup = { name: 'admin', title: 'Admin', prefix: '/admin', routes: adminRoutesOfBoth };
const jobGroup = groupOf(jobRoutes(jobDesk), 'jobs');

const operationsOf = (document: Document): readonly (readonly [string, string, DocumentedOperation])[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [path, method, operation] as const),
  );

const referencesIn = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' ? [String(part)] : referencesIn(part)));
};

const resolves = (document: unknown, reference: string): boolean =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step], document) !== undefined;

describe('OpenAPI document', () => {
  const document = documentOf([...serviceGroups, groupOf(toyRoutes(createToyService())), jobGroup, adminGroup]);

  it('has no reference that leads nowhere', () => {
    const dead = referencesIn(document).filter((reference) => !resolves(document, reference));

    expect(referencesIn(document)).not.to.have.length(0);
    expect(dead).to.deep.equal([]);
  });

  it('declares every parameter of every path, and no other', () => {
    const mismatches = operationsOf(document).filter(([path, , { parameters = [] }]) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name);
      const declared = parameters.filter((parameter) => parameter.in === 'path' && parameter.required).map(({ name }) => name);
      return inPath.toSorted().join() !== declared.toSorted().join();
    });

    expect(mismatches.map(([path, method]) => `${method} ${path}`)).to.deep.equal([]);
  });

  it('names a scope for every operation of the API, and opens nothing but health, metrics and itself', () => {
    const open = operationsOf(document).filter(([, , { security }]) => security.length === 0);
    const scoped = operationsOf(document).filter(([, , { security }]) => security.length > 0);

    expect(open.map(([path]) => path)).to.have.members([
      '/health',
      '/health/live',
      '/health/ready',
      '/health/detailed',
      '/metrics',
      '/openapi.json',
    ]);
    for (const [path, , { security }] of scoped) {
      const service = path.split('/')[2] ?? '';
      const scopes = path.startsWith('/admin') ? ['admin'] : [`${service}:read`, `${service}:write`];
      const named = security.flatMap((way) => Object.values(way).flat());
      expect(named, path).to.have.length(service === 'jobs' && !path.startsWith('/admin') ? 0 : 2);
      expect(
        named.every((scope) => scopes.includes(scope)),
        path,
      ).to.equal(true);
    }
  });

  it('documents the general problems, and those of each route', () => {
    const get = document.paths['/api/toy/things/{id}']?.['get'];
    const post = document.paths['/api/toy/things']?.['post'];

    expect(get?.responses).to.have.all.keys('200', '400', '401', '403', '404', '422', '500', '502', '503', '504');
    expect(post?.responses).to.include.keys('201', '409', '413', '415');
  });

  it('documents of a write that may wait the 202, how to ask for it and how to repeat it', () => {
    const post = document.paths['/api/toy/things']?.['post'];
    const get = document.paths['/api/toy/things/{id}']?.['get'];
    const reference = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

    expect(post?.responses['202']).to.deep.equal(reference('responses', 'Queued'));
    expect(post?.responses).to.include.keys('409', '422', '503');
    expect(post?.parameters).to.deep.include.members([reference('parameters', 'PreferAsync'), reference('parameters', 'IdempotencyKey')]);
    expect(get?.responses).not.to.have.property('202');
    expect(get?.parameters).to.deep.include(reference('parameters', 'Prefer'));
    expect(get?.parameters).not.to.deep.include(reference('parameters', 'IdempotencyKey'));
  });

  it('documents jobs for any known key, and what a 409 of them is', () => {
    const remove = document.paths['/api/jobs/{id}']?.['delete'];

    expect(remove?.security).to.deep.equal([{ bearer: [] }, { apiKey: [] }]);
    expect(remove?.responses).to.have.all.keys('200', '400', '401', '404', '409', '500', '503');
    expect(remove?.parameters).not.to.deep.include({ $ref: '#/components/parameters/RequestTimeout' });
    expect(document.components.schemas).to.include.keys('Job', 'JobRecord', 'Queued');
    expect(document.components.schemas['JobRecord']?.['properties']).not.to.have.any.keys('result', 'payload', 'entity');
  });

  it('describes query parameters as callers send them', () => {
    const limit = document.paths['/api/toy/things']?.['get']?.parameters?.find(({ name }) => name === 'limit');

    expect(limit).to.deep.equal({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    });
  });

  it('names answers by the id of their schema, and bodies by their operation', () => {
    expect(document.components.schemas).to.include.keys('Thing', 'PostToyThingsBody', 'Problem', 'Circuit');
    expect(document.components.schemas).not.to.include.keys('GetToyThingsByIdParams', '__shared');
    expect(document.components.schemas['PostToyThingsBody']).to.deep.include({ required: ['email', 'kind'], additionalProperties: false });
  });

  it('tells a schema that is sent from the same schema as it is answered', () => {
    const thing = z.object({ size: z.number().default(1) }).meta({ id: 'Sized' });
    const echo = route({
      method: 'put',
      path: '/x',
      summary: 'Echo',
      scope: 'toy:write',
      body: thing,
      answer: z.object({ inner: thing }),
      handle: () => ({}),
    });

    const { schemas } = documentOf([groupOf([echo])]).components;

    expect(schemas['Sized']).to.have.property('required').that.deep.equals(['size']);
    expect(schemas['SizedInput']).not.to.have.property('required');
    expect(schemas['PutToyXAnswer']).to.have.nested.property('properties.inner.$ref', '#/components/schemas/Sized');
  });

  it('refuses two routes under one operation id', () => {
    const twice = (path: string) => route({ method: 'get', path, summary: 'Twice', scope: 'toy:read', handle: () => ({}) });

    expect(() => documentOf([groupOf([twice('/a/b'), twice('/a-b')])])).to.throw('both getToyAB');
  });
});

describe('routes of the services', () => {
  for (const group of serviceGroups) {
    it(`of ${group.name} ask for the service's own scopes, and for reading only to read`, () => {
      const odd = group.routes.filter(({ method, scope }) => {
        const own = scope === `${group.name}:read` || scope === `${group.name}:write`;
        return !own || (method === 'get' && !scope.endsWith(':read'));
      });

      expect(group.routes).not.to.have.length(0);
      expect(odd.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
    });
  }

  it('say only of writes that they may wait', () => {
    const routes = serviceGroups.flatMap((group) => group.routes);
    const odd = routes.filter(({ queueable, scope }) => queueable === true && !scope.endsWith(':write'));

    expect(odd.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
  });

  it('can be mounted only if their path parameters are checked', () => {
    const unchecked = route({ method: 'get', path: '/x/:id', summary: 'Unchecked', scope: 'toy:read', handle: () => ({}) });

    expect(() => mountRoutes([unchecked], { prefix: '/api/toy', authenticator: openAuthenticator(), bodies: new BodyBudget() })).to.throw(
      'get /api/toy/x/:id needs a schema for its path parameters',
    );
  });
});
