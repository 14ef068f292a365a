/**
 * `/admin/jobs`: dead letters and uncertain jobs, for the people who decide about them. Shows what is known about a job,
 * never what it holds.
 */
import { z } from 'zod';
import { InvalidRequestError } from '../errors/requestErrors.ts';
import { type JobFilter, type JobRecord, jobStates } from '../queue/durableQueue.ts';
import { route, type Reply, type Route } from '../web/route.ts';
import { MAX_REPLAYS, type JobDesk } from './jobDesk.ts';
import { jobRecordSchema, jobRecordView } from './jobView.ts';

const name = z.string().min(1).max(100);
const count = z.coerce.number().int().min(1).max(MAX_REPLAYS);
const reason = z.string().trim().min(3).max(200).meta({ description: 'Why: for the log, and for whoever is on call next.' });
const params = z.strictObject({ id: z.string().max(100) });

const criteria = {
  service: name.optional(),
  operation: name.optional(),
  reason: name.optional().meta({ description: "The job's, such as `expired`." }),
  acceptedBefore: z.iso.datetime().optional().meta({ description: 'ISO 8601, in UTC.' }),
};
const listQuery = z.strictObject({ ...criteria, state: z.enum(jobStates).optional(), limit: count.default(100) });
const filterSchema = z.strictObject({ ...criteria, limit: count.default(MAX_REPLAYS) });
const replaySchema = z.strictObject({
  filter: filterSchema,
  dryRun: z.boolean().default(true).meta({ description: 'Only says which would be replayed.' }),
  reason: reason.optional().meta({ description: 'Needed unless `dryRun`.' }),
});
const settleSchema = z.strictObject({
  settlement: z.enum(['done', 'repeat', 'discard']).meta({ description: 'It was done; it is to be sent again; it is to be dropped.' }),
  reason,
});

const found = z.object({ jobs: z.array(jobRecordSchema), truncated: z.boolean().meta({ description: 'There may be more.' }) });
const replayed = z.object({ dryRun: z.boolean(), count: z.int().min(0), ids: z.array(z.string()), truncated: found.shape.truncated });

const general = { scope: 'admin', problems: [503] } as const;
const ofJob = { scope: 'admin', params, answer: jobRecordSchema } as const;

const jobFilter = ({ acceptedBefore, limit, ...rest }: z.infer<typeof filterSchema>, states?: JobFilter['states']): JobFilter => ({
  ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  ...(acceptedBefore !== undefined && { acceptedBefore: Date.parse(acceptedBefore) }),
  ...(states !== undefined && { states }),
  limit,
});

const shown = (job: JobRecord): Reply => ({ body: jobRecordView(job) });

const listJobs = (desk: JobDesk): Route =>
  route({
    ...general,
    method: 'get',
    path: '/jobs',
    summary: 'List jobs, earliest accepted first',
    query: listQuery,
    answer: found,
    handle: async ({ query: { state, ...filter } }) => {
      const jobs = await desk.list(jobFilter(filter, state && [state]));
      return { body: { jobs: jobs.map(jobRecordView), truncated: jobs.length === filter.limit } };
    },
  });

const showJob = (desk: JobDesk): Route =>
  route({
    ...ofJob,
    method: 'get',
    path: '/jobs/:id',
    summary: 'Show a job',
    problems: [404, 503],
    handle: async ({ params: { id } }) => shown(await desk.find(id)),
  });

const replayJob = (desk: JobDesk): Route =>
  route({
    ...ofJob,
    method: 'post',
    path: '/jobs/:id/replay',
    summary: 'Put a dead letter back into the queue',
    body: z.strictObject({ reason }),
    problems: [404, 409, 503],
    handle: async ({ params: { id }, body, ...author }) => shown(await desk.replay(id, { ...author, ...body })),
  });

const needReason = (why: string | undefined): string => {
  if (why !== undefined) return why;
  throw new InvalidRequestError('a replay needs a reason', [{ at: 'body.reason', message: 'must say why, unless dryRun is true' }]);
};

const replayJobs = (desk: JobDesk): Route =>
  route({
    ...general,
    method: 'post',
    path: '/jobs/replay',
    summary: 'Put dead letters back into the queue, or say which would be',
    description: `At most ${String(MAX_REPLAYS)} at once, earliest accepted first; \`truncated\` says that there may be more.`,
    body: replaySchema,
    answer: replayed,
    handle: async ({ body: { filter, dryRun, reason: why }, ...author }) => {
      const dead = await desk.list(jobFilter(filter, ['failed']));
      const ids = dryRun ? dead.map(({ id }) => id) : await desk.replayAll(dead, { ...author, reason: needReason(why) });
      return { body: { dryRun, count: ids.length, ids, truncated: dead.length === filter.limit } };
    },
  });

const settleJob = (desk: JobDesk): Route =>
  route({
    ...ofJob,
    method: 'post',
    path: '/jobs/:id/settle',
    summary: 'Say what became of an uncertain job',
    description: '`done` ends it as succeeded, `discard` as cancelled, `repeat` sends it again: look at the service first.',
    body: settleSchema,
    problems: [404, 409, 503],
    handle: async ({ params: { id }, body, ...author }) =>
      shown(await desk.settle(id, body.settlement, { ...author, reason: body.reason })),
  });

/** Mounted at `/admin`; every route wants the scope `admin`. */
export const adminJobRoutes = (desk: JobDesk): readonly Route[] => [
  listJobs(desk),
  showJob(desk),
  replayJobs(desk),
  replayJob(desk),
  settleJob(desk),
];
