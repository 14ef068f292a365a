/**
 * Rows of batch writes, up to HubSpot's 100. Each has a trace id of its own, by which HubSpot tells its refusal from those of
 * others; a row that brings none gets its place in the list as one.
 */
import { z, type RefinementCtx, type ZodType } from 'zod';
import {
  newRecordSchema,
  propertyNameSchema,
  recordChangeSchema,
  recordIdSchema,
  uniqueValueSchema,
  type AssociableType,
} from './hubspotInputs.ts';

const MAX_ROWS = 100;

const traceable = { objectWriteTraceId: z.string().min(1).max(100).optional() };

const newRowSchema = newRecordSchema.extend(traceable);
/** `id` is a record's id or, with `idProperty`, its value of that unique property. */
const changedRowSchema = recordChangeSchema.extend({ id: uniqueValueSchema, idProperty: propertyNameSchema.optional(), ...traceable });
const upsertedRowSchema = recordChangeSchema.extend({ id: uniqueValueSchema, idProperty: propertyNameSchema, ...traceable });
const archivedRowSchema = z.strictObject({ id: recordIdSchema });

export type NewRow = z.infer<typeof newRowSchema>;
export type ChangedRow = z.infer<typeof changedRowSchema>;
export type UpsertedRow = z.infer<typeof upsertedRowSchema>;
export type ArchivedRow = z.infer<typeof archivedRowSchema>;

/** The trace id that a row is sent with. */
export const traceIdOf = (row: { readonly objectWriteTraceId?: string | undefined }, index: number): string =>
  row.objectWriteTraceId ?? String(index);

type Rule<Row> = (rows: readonly Row[], context: RefinementCtx) => void;

/** HubSpot refuses all rows for two that name one record, so they are refused here, by their places. */
const unlike =
  <Row>(field: string, keyOf: (row: Row, index: number) => string | undefined): Rule<Row> =>
  (rows, context) => {
    const places = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const key = keyOf(row, index);
      const first = key === undefined ? undefined : places.get(key);
      if (key !== undefined && first === undefined) places.set(key, index);
      if (first === undefined) continue;
      const message = `must not be the same as that of row ${String(first)}`;
      context.addIssue({ code: 'custom', path: [index, ...field.split('.')], message });
    }
  };

const rowsOf = <Row>(row: ZodType<Row>) =>
  z
    .array(row, 'must be a list of rows')
    .min(1, 'must hold at least one row')
    .max(MAX_ROWS, `must hold at most ${String(MAX_ROWS)} rows`);

const idOf = ({ id, idProperty = '' }: ChangedRow): string => `${idProperty} ${id.toLowerCase()}`;

const recordIds: Rule<ChangedRow> = (rows, context) => {
  for (const [index, { id, idProperty }] of rows.entries()) {
    if (idProperty !== undefined || recordIdSchema.safeParse(id).success) continue;
    context.addIssue({ code: 'custom', path: [index, 'id'], message: 'must be 1 to 20 decimal digits, or `idProperty` must be given' });
  }
};

const traceIds = unlike('objectWriteTraceId', traceIdOf);

const newRowsSchema = rowsOf(newRowSchema).superRefine(traceIds);
const newContactRowsSchema = newRowsSchema.superRefine(
  unlike('properties.email', ({ properties }) => properties['email']?.toLowerCase() || undefined),
);
export const changedRowsSchema = rowsOf(changedRowSchema).superRefine(recordIds).superRefine(unlike('id', idOf)).superRefine(traceIds);
export const upsertedRowsSchema = rowsOf(upsertedRowSchema).superRefine(unlike('id', idOf)).superRefine(traceIds);
export const archivedRowsSchema = rowsOf(archivedRowSchema).superRefine(unlike('id', ({ id }) => id));

/** No two contacts have one email; companies and deals may be alike. */
export const newRowsSchemaOf = (type: AssociableType) => (type === 'contacts' ? newContactRowsSchema : newRowsSchema);
