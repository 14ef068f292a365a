/**
 * The Express chain, in order. No I/O happens here: everything that lives is given.
 */
import express, { type Express } from 'express';
import type { Logger } from './logging/logger.ts';
import { adminRoutes } from './routes/admin.ts';
import { CircuitDesk, type CircuitControls } from './routes/circuitDesk.ts';
import { docsRouter } from './routes/docs.ts';
import { detailedHealthRouter, healthRouter } from './routes/healthCheck.ts';
import type { HealthSource } from './routes/healthReport.ts';
import { metricsRouter, type MetricsSource } from './routes/metrics.ts';
import type { Clock } from './time/clock.ts';
import type { Authenticator } from './web/authentication.ts';
import { errorHandler, notFound } from './web/errorHandler.ts';
import { mountRoutes } from './web/mountRoutes.ts';
import { openApiDocument, pathTemplate, type RouteGroup } from './web/openapi.ts';
import { pathGuard } from './web/pathGuard.ts';
import { requestContext, type RequestObserver } from './web/requestContext.ts';

export interface AppParts {
  /** One group for each service, mounted at its prefix. */
  readonly groups: readonly RouteGroup[];
  readonly authenticator: Authenticator;
  readonly circuits: CircuitControls;
  readonly health: HealthSource;
  readonly metrics: MetricsSource & RequestObserver;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A fresh id for a request that brings none: 8 to 128 letters, digits, `_` or `-`. */
  readonly newRequestId: () => string;
  /** Whether figures, details and controls get a port of their own. */
  readonly separateManagement: boolean;
}

export interface Apps {
  /** For callers and probes; without a separate management port, for everything. */
  readonly main: Express;
  /** `/metrics`, `/health/detailed` and `/admin`, if they are separate. */
  readonly management: Express | undefined;
}

/** Settings of Express, and what stands before every route. */
const begin = ({ logger, clock, newRequestId, health, metrics }: AppParts): Express => {
  const isDraining = (): boolean => health.phase() === 'draining' || health.phase() === 'stopped';
  return express()
    .disable('x-powered-by')
    .disable('etag') //          a hash of every body, for answers that nobody may keep
    .set('trust proxy', false) // no decision here rests on the caller's address
    .use(requestContext({ logger, clock, newRequestId, isDraining, observer: metrics }))
    .use(pathGuard);
};

const end = (app: Express): Express => app.use(notFound).use(errorHandler);

const endpointsOf = (groups: readonly RouteGroup[]): ReadonlyMap<string, readonly string[]> =>
  new Map(groups.map(({ name, prefix, routes }) => [name, [...new Set(routes.map(({ path }) => pathTemplate(prefix, path)))]]));

const adminGroup = ({ circuits, clock, logger }: AppParts): RouteGroup => ({
  name: 'admin',
  title: 'Circuits, for people on call',
  prefix: '/admin',
  routes: adminRoutes(new CircuitDesk({ controls: circuits, clock, logger })),
});

const mountGroup = (app: Express, { prefix, routes }: RouteGroup, { authenticator }: AppParts): void => {
  app.use(prefix, mountRoutes(routes, { prefix, authenticator }));
};

const mountManagement = (app: Express, admin: RouteGroup, parts: AppParts): void => {
  mountGroup(app, admin, parts);
  app.use(detailedHealthRouter({ source: parts.health, endpoints: endpointsOf(parts.groups), clock: parts.clock }));
  app.use(metricsRouter(parts.metrics));
};

/** Builds the app, or the two of them. The services' routes come first: theirs are the requests that count. */
export const createApp = (parts: AppParts): Apps => {
  const admin = adminGroup(parts);
  const main = begin(parts);
  for (const group of parts.groups) mountGroup(main, group, parts);
  main.use(healthRouter(parts.health));
  const management = parts.separateManagement ? begin(parts) : undefined;
  mountManagement(management ?? main, admin, parts);
  main.use(docsRouter(openApiDocument({ version: parts.health.build.version, groups: [...parts.groups, admin] })));
  return { main: end(main), management: management && end(management) };
};
