/**
 * The simulator's batches of records. Rows come back in reverse, since HubSpot promises no order.
 */
import { z } from 'zod';
import type { SandboxAnswer } from '../simulator.ts';
import { idSchema, ofType, propertiesSchema, withBody, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { emailTaken, problemsMessage, requiredMessage } from './hubspotSandboxErrors.ts';
import { problemsWith, type ObjectType, type PropertyValues } from './hubspotSandboxObjects.ts';
import { inTheWay, newRecordBodySchema, refusalOfNew, selected, shown } from './hubspotSandboxRecords.ts';
import type { StoredRecord } from './hubspotSandboxStore.ts';

/** The rows of a batch. */
export const rowsOf = <Row extends z.ZodType>(row: Row) => z.array(row).min(1).max(100, 'must hold at most 100 rows');

const readSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema })),
  properties: z.array(z.string()).optional(),
  idProperty: z.string().optional(),
});
const createSchema = z.looseObject({ inputs: rowsOf(newRecordBodySchema.extend({ objectWriteTraceId: z.string().optional() })) });
const updateSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema, idProperty: z.string().optional(), properties: propertiesSchema })),
});

/** The outer form of a batch's answer: 207 as soon as a row failed. */
export const completed = (account: SimulatedAccount, status: number, results: readonly unknown[], errors: readonly unknown[]): SandboxAnswer => {
  const at = new Date(account.now()).toISOString();
  return {
    status: errors.length > 0 ? 207 : status,
    body: {
      status: 'COMPLETE',
      results: [...results].reverse(),
      ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
      startedAt: at,
      completedAt: at,
    },
  };
};

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

interface Found {
  readonly records: ReadonlyMap<string, StoredRecord>;
  readonly missing: readonly string[];
}

/** A record that was merged into another is neither found nor missing: it is left out without a word. */
const look = (account: SimulatedAccount, type: ObjectType, rows: readonly { id: string; idProperty?: string | undefined }[]): Found => {
  const records = new Map<string, StoredRecord>();
  const missing: string[] = [];
  for (const { id, idProperty } of rows) {
    const record = idProperty === undefined ? account.records.find(type, id) : account.records.findBy(type, idProperty, id);
    if (record === undefined) missing.push(id);
    else if (account.records.mergedInto(type, id) === undefined) records.set(id, record);
  }
  return { records, missing };
};

export const batchRead = ofType((account, type, { body }) =>
  withBody(readSchema, body, ({ inputs, properties, idProperty }) => {
    const { records, missing } = look(account, type, inputs.map(({ id }) => ({ id, idProperty })));
    const results = [...records.values()].map((record) => selected(record, properties));
    return completed(account, 200, results, notFound(type, missing));
  }),
);

type NewRow = z.infer<typeof createSchema>['inputs'][number];

const takenIn = (account: SimulatedAccount, type: ObjectType, rows: readonly NewRow[]): StoredRecord | undefined =>
  rows.map(({ properties }) => inTheWay(account, type, properties)).find((owner) => owner !== undefined);

const rowError = (type: ObjectType, properties: PropertyValues, traceId: string | undefined): unknown => {
  const problems = problemsWith(type, properties);
  return {
    status: 'error',
    category: 'VALIDATION_ERROR',
    message: problems.length > 0 ? problemsMessage(problems) : requiredMessage(type),
    context: { objectWriteTraceId: [traceId] },
  };
};

/** An email that is taken fails the whole batch; so does a bad row, unless every row can be told by its trace id. */
export const batchCreate = ofType((account, type, { body }) =>
  withBody(createSchema, body, ({ inputs }) => {
    const owner = takenIn(account, type, inputs);
    if (owner !== undefined) return emailTaken(owner.id);
    const bad = inputs.filter(({ properties }) => refusalOfNew(type, properties) !== undefined);
    const [first] = bad;
    const traceable = inputs.every(({ objectWriteTraceId }) => objectWriteTraceId !== undefined);
    const refused = first === undefined || traceable ? undefined : refusalOfNew(type, first.properties);
    if (refused !== undefined) return refused;
    const results = inputs
      .filter((row) => !bad.includes(row))
      .map(({ properties }) => account.records.create(type, properties))
      .map((record) => shown(record, record.properties));
    const errors = bad.map(({ properties, objectWriteTraceId }) => rowError(type, properties, objectWriteTraceId));
    return completed(account, 201, results, errors);
  }),
);

export const batchUpdate = ofType((account, type, { body }) =>
  withBody(updateSchema, body, ({ inputs }) => {
    const { records, missing } = look(account, type, inputs);
    const results = inputs.flatMap(({ id, properties }) => {
      const record = records.get(id);
      return record === undefined ? [] : [shown(account.records.update(record, properties), properties)];
    });
    return completed(account, 200, results, notFound(type, missing));
  }),
);
