/**
 * The Express chain, in order. No I/O happens here: everything that lives is given.
 */
import express, { type Express } from 'express';
import type { Logger } from './logging/logger.ts';
import type { DurableQueue } from './queue/durableQueue.ts';
import { adminRoutes } from './routes/admin.ts';
import { adminCacheRoutes } from './routes/adminCache.ts';
import { adminFleetRoutes, type FleetSource } from './routes/adminFleet.ts';
import { adminJobRoutes } from './routes/adminJobs.ts';
import { CacheDesk, type CacheDeskParts } from './routes/cacheDesk.ts';
import { CircuitDesk, type CircuitControls, type FleetControls } from './routes/circuitDesk.ts';
import { docsRouter } from './routes/docs.ts';
import { detailedHealthRouter, healthRouter } from './routes/healthCheck.ts';
import type { HealthSource } from './routes/healthReport.ts';
import { JobDesk } from './routes/jobDesk.ts';
import { jobRoutes } from './routes/jobs.ts';
import { asAccepted } from './routes/jobView.ts';
import { metricsRouter, type MetricsSource } from './routes/metrics.ts';
import type { Clock } from './time/clock.ts';
import type { Authenticator } from './web/authentication.ts';
import { errorHandler, notFound } from './web/errorHandler.ts';
import type { AnswerSealer, GoneAnswers, IdempotencyStore, RepeatResult } from './web/idempotency.ts';
import { BodyBudget } from './web/jsonBody.ts';
import { mountRoutes } from './web/mountRoutes.ts';
import { OnceOnly } from './web/onceOnly.ts';
import { openApiDocument, pathTemplate, type RouteGroup } from './web/openapi.ts';
import { pathGuard } from './web/pathGuard.ts';
import { JOBS_PATH } from './web/queuedAnswer.ts';
import { requestContext, type RequestObserver } from './web/requestContext.ts';

/** What the app needs of writes that wait, and of requests that are made once. */
export interface QueueParts {
  readonly jobs: DurableQueue;
  readonly keys: IdempotencyStore;
  /** Keeps results and remembered answers from being read on disk. */
  readonly sealer: AnswerSealer;
  /** Tells results and remembered answers whose record is gone. */
  readonly gone: GoneAnswers;
  /** How long a job that a person puts back into the queue may wait, ms. */
  readonly jobExpiresMs: number;
  /** Told of each repeat of a request with an Idempotency-Key. Must not throw. */
  readonly onRepeat: (result: RepeatResult) => void;
}

export interface AppParts {
  /** One group for each service, mounted at its prefix. */
  readonly groups: readonly RouteGroup[];
  readonly authenticator: Authenticator;
  readonly circuits: CircuitControls;
  /** Absent: nobody can purge it. */
  readonly cache?: CacheDeskParts | undefined;
  /** Absent: nobody can be asked of other replicas. */
  readonly fleet?: (FleetSource & { readonly controls: FleetControls | undefined }) | undefined;
  readonly health: HealthSource;
  /** Absent: there are no jobs to ask about, and a request with an Idempotency-Key is refused. */
  readonly queue?: QueueParts | undefined;
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

const adminGroup = ({ cache, circuits, fleet, clock, logger }: AppParts, jobs: JobDesk | undefined): RouteGroup => ({
  name: 'admin',
  title: 'Circuits, replicas and jobs, for people on call',
  prefix: '/admin',
  routes: [
    ...adminRoutes(new CircuitDesk({ controls: circuits, fleet: fleet?.controls, clock, logger })),
    ...(fleet === undefined ? [] : adminFleetRoutes(fleet)),
    ...(cache === undefined ? [] : adminCacheRoutes(new CacheDesk(cache))),
    ...(jobs === undefined ? [] : adminJobRoutes(jobs)),
  ],
});

const jobGroup = (jobs: JobDesk): RouteGroup => ({ name: 'jobs', title: 'Writes that wait', prefix: JOBS_PATH, routes: jobRoutes(jobs) });

const onceOnly = ({ queue, clock }: AppParts): OnceOnly | undefined => {
  if (queue === undefined) return undefined;
  const { jobs, keys: store, sealer, gone, onRepeat } = queue;
  const find = async (id: string) => {
    const job = await jobs.find(id);
    return job && asAccepted(job);
  };
  return new OnceOnly({ store, sealer, queue: { find }, clock, gone, onRepeat });
};

type Mounting = Pick<AppParts, 'authenticator'> & { readonly bodies: BodyBudget };

const mountGroup = (app: Express, { prefix, routes }: RouteGroup, { authenticator, bodies }: Mounting, once?: OnceOnly): void => {
  app.use(prefix, mountRoutes(routes, { prefix, authenticator, bodies, once }));
};

const mountManagement = (app: Express, admin: RouteGroup, parts: AppParts & Mounting): void => {
  mountGroup(app, admin, parts);
  app.use(detailedHealthRouter({ source: parts.health, endpoints: endpointsOf(parts.groups), clock: parts.clock }));
  app.use(metricsRouter(parts.metrics));
};

/** Builds the app, or the two of them. The services' routes come first: theirs are the requests that count. */
export const createApp = (given: AppParts): Apps => {
  const parts = { ...given, bodies: new BodyBudget() };
  const desk = parts.queue && new JobDesk({ ...parts, ...parts.queue });
  const groups = [...parts.groups, ...(desk === undefined ? [] : [jobGroup(desk)])];
  const admin = adminGroup(parts, desk);
  const once = onceOnly(parts);
  const main = begin(parts);
  for (const group of groups) mountGroup(main, group, parts, once);
  main.use(healthRouter(parts.health));
  const management = parts.separateManagement ? begin(parts) : undefined;
  mountManagement(management ?? main, admin, parts);
  main.use(docsRouter(openApiDocument({ version: parts.health.build.version, groups: [...groups, admin] })));
  return { main: end(main), management: management && end(management) };
};
