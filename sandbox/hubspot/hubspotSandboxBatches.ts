/**
 * The simulator's batches of records that are there, or are known to be new.
 */
import { z } from 'zod';
import { idSchema, ofType, propertiesSchema, withBody, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { completed, repeatedIds, rowsOf, traced, writeRows, type Named } from './hubspotSandboxBatchRows.ts';
import { badInput } from './hubspotSandboxErrors.ts';
import type { ObjectType } from './hubspotSandboxObjects.ts';
import { make, newRecordBodySchema, refusalOfChange, refusalOfCreation, selected, shown } from './hubspotSandboxRecords.ts';
import type { StoredRecord } from './hubspotSandboxStore.ts';

const readSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema })),
  properties: z.array(z.string()).optional(),
  idProperty: z.string().optional(),
});
const createSchema = z.looseObject({ inputs: rowsOf(newRecordBodySchema.extend(traced)) });
const updateSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema, idProperty: z.string().optional(), properties: propertiesSchema, ...traced })),
});

/** One group for all ids: `numErrors` counts groups. */
const notFound = (type: ObjectType, ids: readonly string[]): readonly unknown[] =>
  ids.length === 0
    ? []
    : [
        {
          status: 'error',
          category: 'OBJECT_NOT_FOUND',
          message: `Could not get some ${type.singular.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
          context: { ids },
        },
      ];

const find = ({ records }: SimulatedAccount, type: ObjectType, { id, idProperty }: Named): StoredRecord | undefined =>
  idProperty === undefined ? records.find(type, id) : records.findBy(type, idProperty, id);

interface Found<Row> {
  readonly records: ReadonlyMap<Row, StoredRecord>;
  readonly missing: readonly string[];
}

/** A record that was merged into another is neither found nor missing: it is left out without a word. */
const look = <Row extends Named>(account: SimulatedAccount, type: ObjectType, rows: readonly Row[]): Found<Row> => {
  const records = new Map<Row, StoredRecord>();
  const missing: string[] = [];
  for (const row of rows) {
    const record = find(account, type, row);
    if (record === undefined) missing.push(row.id);
    else if (account.records.mergedInto(type, row.id) === undefined) records.set(row, record);
  }
  return { records, missing };
};

/** A record that is named twice is answered once. */
export const batchRead = ofType((account, type, { body }) =>
  withBody(readSchema, body, ({ inputs, properties, idProperty }) => {
    const ids = [...new Set(inputs.map(({ id }) => id))];
    const { records, missing } = look(
      account,
      type,
      ids.map((id) => ({ id, idProperty })),
    );
    const results = [...records.values()].map((record) => selected(record, properties));
    return completed(account, 200, results, notFound(type, missing));
  }),
);

export const batchCreate = ofType((account, type, { body }) =>
  withBody(createSchema, body, ({ inputs }) => {
    const emails = type.plural === 'contacts' ? inputs.flatMap(({ properties }) => properties['email']?.toLowerCase() || []) : [];
    if (new Set(emails).size < emails.length) return badInput('Duplicate emails found in batch input');
    return writeRows(account, {
      rows: inputs,
      refusalOf: (row) => refusalOfCreation(account, type, row),
      write: (row) => {
        const record = make(account, type, row);
        return [shown(record, record.properties)];
      },
      status: 201,
    });
  }),
);

export const batchUpdate = ofType((account, type, { body }) =>
  withBody(updateSchema, body, ({ inputs }) => {
    const repeated = repeatedIds(inputs);
    if (repeated !== undefined) return repeated;
    const { records, missing } = look(account, type, inputs);
    return writeRows(account, {
      rows: inputs,
      refusalOf: (row) => {
        const record = records.get(row);
        return record && refusalOfChange(account, type, record, row.properties);
      },
      write: (row) => {
        const record = records.get(row);
        return record === undefined ? [] : [shown(account.records.update(record, row.properties), row.properties)];
      },
      status: 200,
      errors: notFound(type, missing),
    });
  }),
);
