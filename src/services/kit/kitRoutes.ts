/**
 * Mounted at `/api/kit`.
 */
import { route, type Route } from '../../web/route.ts';
import type { KitClient } from './kitClient.ts';
import { collectionRoutes } from './kitCollectionRoutes.ts';
import { accountSchema } from './kitSchemas.ts';
import { subscriberRoutes } from './kitSubscriberRoutes.ts';

const accountRoute = (kit: KitClient): Route =>
  route({
    method: 'get',
    path: '/account',
    summary: 'Get the account that the credential belongs to',
    description: 'Without the addresses of its people.',
    scope: 'kit:read',
    answer: accountSchema,
    handle: async ({ call }) => ({ body: await kit.getAccount(call) }),
  });

export const kitRoutes = (kit: KitClient): readonly Route[] =>
  [accountRoute, ...subscriberRoutes, ...collectionRoutes].map((define) => define(kit));
