/**
 * The routes for many rows at once, which contacts, companies and deals have alike.
 */
import { z } from 'zod';
import { route, type Reply, type Route } from '../../web/route.ts';
import { archivedRowsSchema, changedRowsSchema, newRowsSchemaOf, upsertedRowsSchema } from './hubspotBatchInputs.ts';
import { rowOutcomes, type BatchWriteAnswer } from './hubspotBatchRows.ts';
import type { HubspotClient } from './hubspotClient.ts';
import type { RecordType } from './hubspotInputs.ts';
import { recordSchema } from './hubspotSchemas.ts';

/** A hundred rows of ten kilobytes. */
const MAX_BATCH_BYTES = 1_000_000;
/** 100 rows of 250 properties. */
const MAX_BATCH_VALUES = 30_000;

const answerSchema = z.object({
  rows: z.array(
    z.object({
      index: z.int(),
      outcome: z.enum(rowOutcomes),
      record: recordSchema.optional(),
      reason: z.string().optional(),
      details: z.looseObject({}).optional(),
    }),
  ),
  created: z.int(),
  updated: z.int(),
  archived: z.int(),
  failed: z.int(),
});

/** 207 tells callers that look at the status alone to look at the rows. */
const replyOf = (done: number, answer: BatchWriteAnswer): Reply => ({ status: answer.failed === 0 ? done : 207, body: answer });

const ROW_BY_ROW = 'One row of the answer for each row sent, in their order; 207 where some did not go in, and the good ones stand.';

const common = {
  method: 'post',
  scope: 'hubspot:write',
  maxBodyBytes: MAX_BATCH_BYTES,
  maxBodyValues: MAX_BATCH_VALUES,
  answer: answerSchema,
} as const;

export const batchWriteRoutes = (type: RecordType, client: HubspotClient): readonly Route[] => [
  route({
    ...common,
    path: `/${type}/batch/create`,
    summary: `Create up to 100 ${type}`,
    description: `${ROW_BY_ROW} Not repeated after a lost answer, as that could make them twice.`,
    status: 201,
    body: z.strictObject({ inputs: newRowsSchemaOf(type) }),
    handle: async ({ body, call }) => replyOf(201, await client.batchCreate(type, body.inputs, call)),
  }),
  route({
    ...common,
    path: `/${type}/batch/update`,
    summary: `Update up to 100 ${type}`,
    description: `By id, or by the unique property that \`idProperty\` names. Safe to repeat. ${ROW_BY_ROW}`,
    body: z.strictObject({ inputs: changedRowsSchema }),
    handle: async ({ body, call }) => replyOf(200, await client.batchUpdate(type, body.inputs, call)),
  }),
  route({
    ...common,
    path: `/${type}/batch/upsert`,
    summary: `Create or update up to 100 ${type}`,
    description: `By the unique property that \`idProperty\` names, of which \`id\` is the value. Safe to repeat. ${ROW_BY_ROW}`,
    body: z.strictObject({ inputs: upsertedRowsSchema }),
    handle: async ({ body, call }) => replyOf(200, await client.batchUpsert(type, body.inputs, call)),
  }),
  route({
    ...common,
    path: `/${type}/batch/archive`,
    summary: `Archive up to 100 ${type}`,
    description: `By id; those that are not there count as archived. HubSpot can restore them for 90 days. Safe to repeat. ${ROW_BY_ROW}`,
    body: z.strictObject({ inputs: archivedRowsSchema }),
    handle: async ({ body, call }) => replyOf(200, await client.batchArchive(type, body.inputs, call)),
  }),
];
