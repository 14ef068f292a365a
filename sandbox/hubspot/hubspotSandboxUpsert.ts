/**
 * The simulator's batches that need not know what is there: upsert by a property, and archive.
 */
import { z } from 'zod';
import { idSchema, ofType, propertiesSchema, withBody, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { repeatedIds, rowsOf, traced, writeRows } from './hubspotSandboxBatchRows.ts';
import type { ObjectType } from './hubspotSandboxObjects.ts';
import { make, refusalOfChange, refusalOfCreation, shown } from './hubspotSandboxRecords.ts';

const upsertSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: z.string().min(1), idProperty: z.string(), properties: propertiesSchema, ...traced })),
});
const archiveSchema = z.looseObject({ inputs: rowsOf(z.looseObject({ id: idSchema })) });

type Row = z.infer<typeof upsertSchema>['inputs'][number];

/** What the row would make of the record that it names. */
const valuesOf = ({ id, idProperty, properties }: Row) => ({ ...properties, [idProperty]: id });

const refusalOfRow = (account: SimulatedAccount, type: ObjectType, row: Row) => {
  const existing = account.records.findBy(type, row.idProperty, row.id);
  const properties = valuesOf(row);
  if (existing === undefined) return refusalOfCreation(account, type, { properties });
  return refusalOfChange(account, type, existing, properties);
};

const write = (account: SimulatedAccount, type: ObjectType, row: Row) => {
  const existing = account.records.findBy(type, row.idProperty, row.id);
  const properties = valuesOf(row);
  const record = existing === undefined ? make(account, type, { properties }) : account.records.update(existing, row.properties);
  return { ...shown(record, properties), new: existing === undefined };
};

export const batchUpsert = ofType((account, type, { body }) =>
  withBody(upsertSchema, body, ({ inputs }) => {
    const repeated = repeatedIds(inputs);
    if (repeated !== undefined) return repeated;
    return writeRows(account, {
      rows: inputs,
      refusalOf: (row) => refusalOfRow(account, type, row),
      write: (row) => [write(account, type, row)],
      status: 200,
    });
  }),
);

/** What is not there is archived already. */
export const batchArchive = ofType((account, type, { body }) =>
  withBody(archiveSchema, body, ({ inputs }) => {
    for (const { id } of inputs) {
      const record = account.records.find(type, id);
      if (record !== undefined) account.records.archive(record);
    }
    return { status: 204 };
  }),
);
