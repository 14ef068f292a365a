/**
 * The simulator's batches that need not know what is there: upsert by a property, and archive.
 */
import { z } from 'zod';
import { idSchema, ofType, propertiesSchema, withBody, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { completed, rowsOf } from './hubspotSandboxBatches.ts';
import { badInput, invalidProperties } from './hubspotSandboxErrors.ts';
import { problemsWith, type ObjectType } from './hubspotSandboxObjects.ts';
import { refusalOfNew, shown } from './hubspotSandboxRecords.ts';

const upsertSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: z.string().min(1), idProperty: z.string(), properties: propertiesSchema })),
});
const archiveSchema = z.looseObject({ inputs: rowsOf(z.looseObject({ id: idSchema })) });

type Row = z.infer<typeof upsertSchema>['inputs'][number];

/** What the row would make of the record that it names. */
const valuesOf = ({ id, idProperty, properties }: Row) => ({ ...properties, [idProperty]: id });

const refusalOfRow = (account: SimulatedAccount, type: ObjectType, row: Row) => {
  if (account.records.findBy(type, row.idProperty, row.id) === undefined) return refusalOfNew(type, valuesOf(row));
  const problems = problemsWith(type, row.properties);
  return problems.length > 0 ? invalidProperties(problems) : undefined;
};

const write = (account: SimulatedAccount, type: ObjectType, row: Row) => {
  const existing = account.records.findBy(type, row.idProperty, row.id);
  const record = existing === undefined ? account.records.create(type, valuesOf(row)) : account.records.update(existing, row.properties);
  return { ...shown(record, valuesOf(row)), new: existing === undefined };
};

/** A bad row fails all of them. */
export const batchUpsert = ofType((account, type, { body }) =>
  withBody(upsertSchema, body, ({ inputs }) => {
    const names = new Set(inputs.map(({ idProperty, id }) => `${idProperty} ${id.toLowerCase()}`));
    if (names.size < inputs.length) return badInput('Duplicate IDs found in batch input');
    const refused = inputs.map((row) => refusalOfRow(account, type, row)).find((answer) => answer !== undefined);
    return refused ?? completed(account, 200, inputs.map((row) => write(account, type, row)), []);
  }),
);

export const batchArchive = ofType((account, type, { body }) =>
  withBody(archiveSchema, body, ({ inputs }) => {
    for (const { id } of inputs) {
      const record = account.records.find(type, id);
      if (record !== undefined) account.records.archive(record);
    }
    return { status: 204 };
  }),
);
