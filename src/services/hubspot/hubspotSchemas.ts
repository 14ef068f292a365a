/**
 * What HubSpot answers. Unknown fields pass: its dated versions only ever add some.
 */
import { z } from 'zod';

/** An id; a string by HubSpot's schema, a number in some of its answers, where one beyond 2^53 is read as a string. */
const idSchema = z.union([z.string(), z.int()]).transform(String).pipe(z.string());

/** A contact, company, deal or ticket. Every value is a string, whatever it stands for; `null`: not set. */
export const recordSchema = z.looseObject({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  archived: z.boolean().optional(),
});

/** Where the next page begins. HubSpot's `link` is left out: it names another host and forgets `after`. */
const pagingSchema = z.object({ next: z.object({ after: z.string() }).optional() });

export const recordPageSchema = z.looseObject({ results: z.array(recordSchema), paging: pagingSchema.optional() });

export const searchAnswerSchema = z.looseObject({
  total: z.number(),
  results: z.array(recordSchema),
  paging: pagingSchema.optional(),
});

/** One group of failed rows in a batch; `context` says which. */
const batchErrorSchema = z.looseObject({
  category: z.string().optional(),
  subCategory: z.string().nullish(),
  message: z.string().optional(),
  context: z.record(z.string(), z.unknown()).optional(),
});

/** HubSpot may repeat the trace id that the row was sent with; in its own example it does not. */
const batchedRecordSchema = recordSchema.extend({ objectWriteTraceId: z.string().nullish() });

export const recordBatchSchema = z.looseObject({
  results: z.array(batchedRecordSchema),
  errors: z.array(batchErrorSchema).optional(),
});

/** A row says whether its record is new. */
export const upsertBatchSchema = recordBatchSchema.extend({ results: z.array(batchedRecordSchema.extend({ new: z.boolean() })) });

const associationTypeSchema = z.looseObject({
  category: z.string(),
  typeId: z.number(),
  label: z.string().nullish(),
});

/** One record at the other end, and what ties it to this one. */
export const associationSchema = z.looseObject({
  toObjectId: idSchema,
  associationTypes: z.array(associationTypeSchema),
});

export const associationPageSchema = z.looseObject({ results: z.array(associationSchema), paging: pagingSchema.optional() });

const associationRowSchema = z.looseObject({
  from: z.looseObject({ id: idSchema }),
  to: z.array(associationSchema),
  paging: pagingSchema.optional(),
});

export const associationBatchSchema = z.looseObject({
  results: z.array(associationRowSchema),
  errors: z.array(batchErrorSchema).optional(),
});

export const labelledAssociationSchema = z.looseObject({
  fromObjectId: idSchema,
  toObjectId: idSchema,
  labels: z.array(z.string()).optional(),
});

/** For answers whose status says it all: a 204, or a body that is not documented well enough to rely on. */
export const anythingSchema = z.unknown();

export const accountSchema = z.looseObject({
  portalId: z.number(),
  accountType: z.string().optional(),
  timeZone: z.string().optional(),
  companyCurrency: z.string().optional(),
  uiDomain: z.string().optional(),
  dataHostingLocation: z.string().optional(),
});

export type CrmRecord = z.infer<typeof recordSchema>;
export type RecordPage = z.infer<typeof recordPageSchema>;
export type SearchAnswer = z.infer<typeof searchAnswerSchema>;
export type BatchError = z.infer<typeof batchErrorSchema>;
export type BatchedRecord = z.infer<typeof batchedRecordSchema>;
export type RecordBatch = z.infer<typeof recordBatchSchema>;
export type UpsertBatch = z.infer<typeof upsertBatchSchema>;
export type Association = z.infer<typeof associationSchema>;
export type AssociationPage = z.infer<typeof associationPageSchema>;
export type AssociationBatch = z.infer<typeof associationBatchSchema>;
export type LabelledAssociation = z.infer<typeof labelledAssociationSchema>;
export type Account = z.infer<typeof accountSchema>;
