/**
 * `/api/jobs`: what became of a write that waits in the queue. For whoever's key it came with.
 */
import { z } from 'zod';
import type { JobRecord } from '../queue/durableQueue.ts';
import { route, type Caller, type Reply, type Route } from '../web/route.ts';
import type { JobDesk } from './jobDesk.ts';
import { askAgainAfter, jobSchema, jobView } from './jobView.ts';

const params = z.strictObject({ id: z.string().max(100).meta({ description: 'As in `Location` and `id` of the 202.' }) });

const ofJob = { path: '/:id', scope: 'own', params, answer: jobSchema } as const;

const shown = async (desk: JobDesk, caller: Caller, job: JobRecord): Promise<Reply> => {
  const seconds = askAgainAfter(job, desk.now);
  return {
    body: jobView(job, await desk.resultFor(caller, job)),
    ...(seconds !== undefined && { headers: { 'Retry-After': String(seconds) } }),
  };
};

/** Mounted at `/api/jobs`. Any known key may ask, and sees its own jobs alone; one with the scope `admin` sees all, but the answer of a service only if it may read from it. */
export const jobRoutes = (desk: JobDesk): readonly Route[] => [
  route({
    ...ofJob,
    method: 'get',
    summary: 'Ask what became of a queued write',
    description: '`uncertain`: it may have been done, and a repeat could do it twice; a person decides. `Retry-After`: when to ask again.',
    problems: [404, 503],
    handle: async ({ params: { id }, caller }) => shown(desk, caller, await desk.findOwn(id, caller)),
  }),
  route({
    ...ofJob,
    method: 'delete',
    summary: 'Cancel a queued write',
    description: 'While it is queued; once it runs, or has ended otherwise, the answer is 409.',
    problems: [404, 409, 503],
    handle: async ({ params: { id }, ...author }) => shown(desk, author.caller, await desk.cancel(id, author)),
  }),
];
