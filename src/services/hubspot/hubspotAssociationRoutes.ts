/**
 * The routes that tie records together.
 */
import { z } from 'zod';
import { isQueued } from '../../contract/call.ts';
import { route, type Route } from '../../web/route.ts';
import type { HubspotClient } from './hubspotClient.ts';
import { associableTypes, associationQuerySchema, labelsSchema, recordIdSchema } from './hubspotInputs.ts';
import { associationPageSchema } from './hubspotSchemas.ts';

const typeSchema = z.enum(associableTypes);
const listParams = z.strictObject({ fromType: typeSchema, fromId: recordIdSchema, toType: typeSchema });
const pairParams = listParams.extend({ toId: recordIdSchema });

const answerSchema = z.object({ from: z.string(), to: z.string(), labels: z.array(z.string()) });

/** The two records that a path names. */
const endsOf = ({ fromType, fromId, toType, toId }: z.infer<typeof pairParams>) =>
  [
    { type: fromType, id: fromId },
    { type: toType, id: toId },
  ] as const;

const listRoute = (client: HubspotClient): Route =>
  route({
    method: 'get',
    path: '/:fromType/:fromId/associations/:toType',
    summary: 'List the records that one is associated with',
    description: 'Page by `paging.next.after`.',
    scope: 'hubspot:read',
    params: listParams,
    query: associationQuerySchema,
    answer: associationPageSchema,
    problems: [404],
    handle: async ({ params, query, call }) => ({
      body: await client.readAssociations({ type: params.fromType, id: params.fromId }, params.toType, { ...call, ...query }),
    }),
  });

const associateRoute = (client: HubspotClient): Route =>
  route({
    method: 'put',
    path: '/:fromType/:fromId/associations/:toType/:toId',
    summary: 'Associate two records',
    description: 'Without a body by the default type; with a list of types by those. Safe to repeat.',
    scope: 'hubspot:write',
    params: pairParams,
    body: labelsSchema.optional(),
    answer: answerSchema,
    problems: [404, 422],
    queueable: true,
    handle: async ({ params, body, call }) => {
      const [from, to] = endsOf(params);
      const answer = body === undefined ? await client.associate(from, to, call) : await client.associateLabelled(from, to, body, call);
      if (isQueued(answer)) return { body: { ...answer, from: from.id, to: to.id } };
      return { body: { from: from.id, to: to.id, labels: answer?.labels ?? [] } };
    },
  });

const removeRoute = (client: HubspotClient): Route =>
  route({
    method: 'delete',
    path: '/:fromType/:fromId/associations/:toType/:toId',
    summary: 'Remove every association between two records',
    scope: 'hubspot:write',
    params: pairParams,
    status: 204,
    problems: [404],
    queueable: true,
    handle: async ({ params, call }) => {
      const queued = await client.removeAssociation(...endsOf(params), call);
      return queued === undefined ? {} : { body: queued };
    },
  });

export const associationRoutes = (client: HubspotClient): readonly Route[] => [
  listRoute(client),
  associateRoute(client),
  removeRoute(client),
];
