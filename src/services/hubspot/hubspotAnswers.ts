/**
 * What HubSpot answers. Unknown fields pass: its dated versions only ever add some.
 */
import { z } from 'zod';
import { fieldsOf, rowsIn } from '../jsonFields.ts';

/** A string by HubSpot's schema, a number in some of its answers, where one beyond 2^53 is read as a string. */
const id = z.union([z.string(), z.int()]).transform(String).pipe(z.string());

/** A contact, company, deal or ticket. Every value is a string, whatever it stands for; `null`: not set. */
export const record = z.looseObject({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  archived: z.boolean().optional(),
});

/** Where the next page begins. HubSpot's `link` is left out: it names another host and forgets `after`. */
const paging = z.object({ next: z.object({ after: z.string() }).optional() }).optional();

export const recordPage = z.looseObject({ results: z.array(record), paging });

export const searchPage = z.looseObject({ total: z.number(), results: z.array(record), paging });

/** One group of failed rows in a batch; `context` says which. */
const batchError = z.looseObject({
  category: z.string().optional(),
  subCategory: z.string().nullish(),
  message: z.string().optional(),
  context: z.record(z.string(), z.unknown()).optional(),
});
const errors = z.array(batchError).optional();

/** HubSpot may repeat the trace id that the row was sent with; in its own example it does not. */
const batchedRecord = record.extend({ objectWriteTraceId: z.string().nullish() });

export const recordBatch = z.looseObject({ results: z.array(batchedRecord), errors });

/** A row says whether its record is new. */
export const upsertBatch = recordBatch.extend({ results: z.array(batchedRecord.extend({ new: z.boolean() })) });

/** One record at the other end, and the types of its association with this one. */
const association = z.looseObject({
  toObjectId: id,
  associationTypes: z.array(z.looseObject({ category: z.string(), typeId: z.number(), label: z.string().nullish() })),
});

export const associationPage = z.looseObject({ results: z.array(association), paging });

export const associationBatch = z.looseObject({
  results: z.array(z.looseObject({ from: z.looseObject({ id }), to: z.array(association), paging })),
  errors,
});

export const labelledAssociation = z.looseObject({ fromObjectId: id, toObjectId: id, labels: z.array(z.string()).optional() });

/** For answers whose status says it all: a 204, or a body that is not documented well enough to rely on. */
export const anything = z.unknown();

export const account = z.looseObject({
  portalId: z.number(),
  accountType: z.string().optional(),
  timeZone: z.string().optional(),
  companyCurrency: z.string().optional(),
  uiDomain: z.string().optional(),
  dataHostingLocation: z.string().optional(),
});

export type CrmRecord = z.infer<typeof record>;
export type BatchedRecord = z.infer<typeof batchedRecord>;
export type RecordBatch = z.infer<typeof recordBatch>;
export type Association = z.infer<typeof association>;
export type AssociationBatch = z.infer<typeof associationBatch>;

/** The texts in a list of the context of a batch's error; ids come as numbers, too. */
export const contextList = (error: unknown, name: string): readonly string[] => rowsIn(fieldsOf(error)['context'], name).map(String);
