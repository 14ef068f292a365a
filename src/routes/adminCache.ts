/**
 * `/admin/cache`: what people on call may do to the cache.
 */
import { z } from 'zod';
import { route, type Route } from '../web/route.ts';
import type { CacheDesk } from './cacheDesk.ts';

const purgeSchema = z.strictObject({
  service: z.string().min(1).max(100).optional().meta({ description: 'Such as `hubspot`.' }),
  operation: z.string().min(1).max(100).optional().meta({ description: 'Of the service, such as `get_contact`; its answers alone.' }),
  tag: z.string().min(1).max(200).optional().meta({ description: 'A record, such as `contacts:7`; every answer that tells of it.' }),
  reason: z.string().trim().min(3).max(200).meta({ description: 'Why: for the log, and for whoever is on call next.' }),
});

const purgedSchema = z
  .object({
    entries: z.int().meta({ description: 'How many answers this replica has forgotten.' }),
    fleet: z.enum(['told', 'untold', 'alone']).meta({
      description:
        '`told`: all replicas have, or do so within two seconds. `untold`: this one only; the others will be told when Redis can be used. ' +
        '`alone`: this process only; there is no Redis.',
    }),
    othersMayServeForSeconds: z
      .int()
      .optional()
      .meta({ description: 'Unless all were told: for how long at most others may still answer with what they keep.' }),
  })
  .meta({ id: 'Purged' });

const purgeCache = (desk: CacheDesk): Route =>
  route({
    method: 'post',
    path: '/cache/purge',
    summary: 'Forget kept answers',
    description: 'Name a service, one of its operations, or the tag of a record. What is being asked for just now is not kept either.',
    scope: 'admin',
    body: purgeSchema,
    answer: purgedSchema,
    handle: async ({ body, ...author }) => ({ body: await desk.purge(body, author) }),
  });

/** Mounted at `/admin`; every route wants the scope `admin`. */
export const adminCacheRoutes = (desk: CacheDesk): readonly Route[] => [purgeCache(desk)];
