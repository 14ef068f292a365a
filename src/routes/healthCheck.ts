/**
 * `/health` and below. Liveness asks nothing of anybody; readiness is the lifecycle, and the proof that it is this replica that is
 * broken (docs/algorithms.md#self-diagnosis); any other open circuit is a warning, because taking this process out of service mends no other.
 */
import { Router, type RequestHandler, type Response } from 'express';
import { InvalidRequestError } from '../errors/requestErrors.ts';
import type { Clock } from '../time/clock.ts';
import { onlyGet } from '../web/onlyGet.ts';
import { contextOf } from '../web/requestContext.ts';
import { sendAnswer } from '../web/sendAnswer.ts';
import { unfitness } from './clusterHealth.ts';
import type { HealthStatus } from './healthObservation.ts';
import { healthReport, overallStatus, type HealthSource } from './healthReport.ts';
import { healthText } from './healthText.ts';

const HEALTH_TYPE = 'application/health+json; charset=utf-8';

const httpStatus = (status: HealthStatus): number => (status === 'fail' ? 503 : 200);

const sendHealth = (res: Response, route: string, body: { readonly status: HealthStatus }): void => {
  const context = contextOf(res);
  context.route = route;
  context.quiet = true;
  sendAnswer(res, { status: httpStatus(body.status), contentType: HEALTH_TYPE, body: JSON.stringify(body) });
};

const summary = (source: HealthSource): { readonly status: HealthStatus } & Record<string, unknown> => ({
  status: overallStatus(source),
  serviceId: 'sales-auto-api',
  version: source.build.version,
  ...(source.phase() !== 'ready' && { output: source.phase() }),
  circuits: Object.fromEntries(source.circuits().map(({ name, effectiveState }) => [name, effectiveState])),
});

const unreadiness = (source: HealthSource): string | undefined => {
  const phase = source.phase();
  return phase === 'ready' ? unfitness(source.cluster) : phase;
};

/** For the main port, where probes prove that callers are served as well. */
export const healthRouter = (source: HealthSource): Router => {
  const router = Router();
  onlyGet(router, '/health', (_req, res) => {
    sendHealth(res, '/health', summary(source));
  });
  // Also while draining: a process that is killed for draining cannot drain.
  onlyGet(router, '/health/live', (_req, res) => {
    sendHealth(res, '/health/live', { status: 'pass' });
  });
  onlyGet(router, '/health/ready', (_req, res) => {
    const reason = unreadiness(source);
    const body = reason === undefined ? { status: 'pass' as const } : { status: 'fail' as const, output: reason };
    sendHealth(res, '/health/ready', body);
  });
  return router;
};

export interface DetailedHealthParts {
  readonly source: HealthSource;
  /** The templates of each service's routes, by the service's name. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  readonly clock: Clock;
}

const detailed =
  ({ source, endpoints, clock }: DetailedHealthParts): RequestHandler =>
  (req, res) => {
    const { format = 'json' } = req.query;
    if (format !== 'json' && format !== 'text') throw new InvalidRequestError('format must be json or text');
    const report = healthReport(source, endpoints, clock.wallTime());
    if (format === 'json') {
      sendHealth(res, '/health/detailed', report);
      return;
    }
    contextOf(res).route = '/health/detailed';
    sendAnswer(res, { status: httpStatus(report.status), contentType: 'text/plain; charset=utf-8', body: healthText(report) });
  };

/** For people on call, on the management port where there is one. */
export const detailedHealthRouter = (parts: DetailedHealthParts): Router => onlyGet(Router(), '/health/detailed', detailed(parts));
