/**
 * The simulated HubSpot's records: one by one, in lists and in batches.
 */
import { z, type ZodType } from 'zod';
import { isEmail } from '../simulation/fields.ts';
import { pageFrom } from '../simulation/paging.ts';
import type { Call, Handler, Routes } from '../simulation/router.ts';
import { noContent, type SandboxAnswer } from '../simulation/simulator.ts';
import {
  isAssociationType,
  objectTypeNamed,
  PORTAL_ID,
  seeds,
  systemValues,
  type HubspotAccount,
  type ObjectType,
  type PropertyValues,
  type StoredRecord,
} from './hubspotAccount.ts';

export const refusal = (status: number, message: string, more: Readonly<Record<string, unknown>> = {}): SandboxAnswer => ({
  status,
  body: { status: 'error', message, ...more },
});
export const badInput = (message: string): SandboxAnswer => refusal(400, `Invalid input: ${message}`, { category: 'VALIDATION_ERROR' });
export const { objectNotFound } = seeds.refusals;

export type HubspotCall = Call<HubspotAccount>;
type TypeHandler = (call: HubspotCall, type: ObjectType) => SandboxAnswer;

/** An endpoint below a type of object, which its path names. */
export const ofType =
  (respond: TypeHandler): Handler<HubspotAccount> =>
  (call) => {
    const type = objectTypeNamed(call.param('type'));
    if (type !== undefined) return respond(call, type);
    return refusal(400, `Unable to infer object type from: ${call.param('type')}`, { category: 'VALIDATION_ERROR' });
  };

/** An endpoint that needs a body of this shape. */
export const withBody = <Body>(
  schema: ZodType<Body>,
  respond: (body: Body, call: HubspotCall, type: ObjectType) => SandboxAnswer,
): Handler<HubspotAccount> =>
  ofType((call, type) => {
    const parsed = schema.safeParse(call.request.body);
    if (parsed.success) return respond(parsed.data, call, type);
    const [issue] = parsed.error.issues;
    return badInput(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`);
  });

export const idSchema = z.union([z.string(), z.number()]).transform(String);
/** Values come as any JSON scalar, and are kept as strings; `null` clears. */
const propertiesSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]).transform((value) => (value === null ? '' : String(value))),
);
const associationSchema = z.looseObject({
  to: z.looseObject({ id: idSchema }),
  types: z.array(z.looseObject({ associationCategory: z.string(), associationTypeId: z.number() })),
});
const newRecordSchema = z.looseObject({ properties: propertiesSchema, associations: z.array(associationSchema).optional() });
type NewRecord = z.infer<typeof newRecordSchema>;

/** A count in the query; `undefined` if it is no whole number in the bounds. */
export const countIn = (query: URLSearchParams, name: string, absent: number, most: number): number | undefined => {
  const text = query.get(name);
  if (text === null) return absent;
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= most ? count : undefined;
};

/** The page that follows, with a link as misleading as HubSpot's: another host, and `after` forgotten. */
export const nextPage = ({ plural }: ObjectType, limit: number, after: number | undefined) =>
  after === undefined
    ? {}
    : { paging: { next: { after: String(after), link: `https://api.hubspot.com/crm/objects/v3/${plural}?limit=${String(limit)}` } } };

/** A record with these of its properties. */
const shown = (record: StoredRecord, properties: Readonly<Record<string, string | null>>) => ({
  id: record.id,
  properties: { ...properties, ...systemValues(record) },
  createdAt: new Date(record.createdAt).toISOString(),
  updatedAt: new Date(record.updatedAt).toISOString(),
  archived: false,
  url: `https://app.hubspot.com/contacts/${String(PORTAL_ID)}/record/${record.type.typeId}/${record.id}`,
});

/** A record as reads answer it: what was asked for, else the standard; `null` for what is not set. */
export const selected = (record: StoredRecord, asked: readonly string[] | undefined) => {
  const { type, properties } = record;
  const names = (asked ?? type.standard).filter((name) => type.writable.includes(name));
  return shown(record, Object.fromEntries(names.map((name) => [name, properties[name] || null])));
};

/** In one parameter with commas, or in one for each, as HubSpot's own client sends them. */
const askedIn = (query: URLSearchParams): readonly string[] | undefined =>
  query.has('properties') ? query.getAll('properties').flatMap((names) => names.split(',')) : undefined;

/** How a request or a row of a batch names a record: by id, or by a unique property. */
interface Named {
  readonly id: string;
  readonly idProperty?: string | undefined;
}

const lookUp = (account: HubspotAccount, type: ObjectType, { id, idProperty }: Named): StoredRecord | undefined =>
  idProperty === undefined ? account.find(type, id) : account.findBy(type, idProperty, id);

/** Written by HubSpot only. */
const SYSTEM_PROPERTIES = ['createdate', 'lastmodifieddate', 'hs_lastmodifieddate', 'hs_object_id', 'hs_object_source'];

/** What is wrong with a value, by HubSpot's code and in its words. */
const problemWith = (
  { writable, integers }: ObjectType,
  name: string,
  value: string,
): readonly [code: string, message: string] | undefined => {
  if (SYSTEM_PROPERTIES.includes(name)) return ['READ_ONLY_VALUE', `"${name}" is a read only property; its value cannot be set.`];
  if (!writable.includes(name)) return ['PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`];
  const notAnAddress = `Email address ${value} is invalid`;
  if (name === 'email' && !isEmail(value)) return ['INVALID_EMAIL', notAnAddress];
  if (integers.includes(name) && !/^-?\d*$/u.test(value)) return ['INVALID_INTEGER', `${value} was not a valid integer.`];
  return undefined;
};

/** Everything wrong with the values of a write, one problem a property; its sentence holds a JSON list of its own. */
const invalidProperties = (type: ObjectType, properties: PropertyValues): SandboxAnswer | undefined => {
  const problems = Object.entries(properties).flatMap(([name, value]) => {
    const [code, message] = problemWith(type, name, value) ?? [];
    return code === undefined ? [] : [{ name, code, message }];
  });
  if (problems.length === 0) return undefined;
  const list = problems.map(({ name, code: error, message }) => ({
    ...{ isValid: false, message, error, name },
    ...{ localizedErrorMessage: message, portalId: PORTAL_ID },
  }));
  return refusal(400, `Property values were not valid: ${JSON.stringify(list)}`, {
    errors: problems.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } })),
    category: 'VALIDATION_ERROR',
  });
};

/** What a new record lacks, if it has none of the sets it needs. */
const requiredMissing = ({ required, singular }: ObjectType, properties: PropertyValues): SandboxAnswer | undefined => {
  const lacking = required.map((set) => set.filter((name) => (properties[name] ?? '') === ''));
  if (lacking.some((missing) => missing.length === 0)) return undefined;
  const message = `Error creating ${singular.toUpperCase()}. Some required properties were not set.`;
  return refusal(400, message, { context: { properties: [...new Set(lacking.flat())] }, category: 'VALIDATION_ERROR' });
};

/** Another contact has this email already. */
const emailTaken = (account: HubspotAccount, type: ObjectType, { email = '' }: PropertyValues, self?: StoredRecord) => {
  const owner = type.plural === 'contacts' && email !== '' ? account.findBy(type, 'email', email) : undefined;
  if (owner === undefined || owner.id === self?.id) return undefined;
  return refusal(409, `Contact already exists. Existing ID: ${owner.id}`, { category: 'CONFLICT' });
};

/** Why a new record cannot be, or `undefined`. */
const refusalOfCreation = (account: HubspotAccount, type: ObjectType, { properties, associations = [] }: NewRecord) => {
  const refused = invalidProperties(type, properties) ?? requiredMissing(type, properties) ?? emailTaken(account, type, properties);
  if (refused !== undefined) return refused;
  const known = associations.every(({ types }) => types.every(({ associationTypeId }) => isAssociationType(type, associationTypeId)));
  return known ? undefined : badInput('associations name a type that does not exist');
};

/** Why a record cannot be changed so, or `undefined`. */
const refusalOfChange = (account: HubspotAccount, record: StoredRecord, properties: PropertyValues) =>
  invalidProperties(record.type, properties) ?? emailTaken(account, record.type, properties, record);

/** Makes a record of which nothing was refused, and ties it to others. */
const make = (account: HubspotAccount, type: ObjectType, { properties, associations = [] }: NewRecord): StoredRecord => {
  const record = account.create(type, properties);
  for (const { to, types } of associations) {
    for (const { associationTypeId } of types) account.associateNew(record, to.id, associationTypeId);
  }
  return record;
};

const namedIn = ({ param, query }: HubspotCall): Named => ({ id: param('id'), idProperty: query.get('idProperty') ?? undefined });

const listRecords = ofType(({ account, query }, type) => {
  const limit = countIn(query, 'limit', 10, 100);
  if (limit === undefined) return badInput('limit must be from 1 to 100');
  const after = Number(query.get('after') ?? 0);
  const { rows, next } = pageFrom(
    account.all(type).filter(({ id }) => Number(id) >= after),
    0,
    limit,
  );
  const following = next === undefined ? undefined : Number(rows.at(-1)?.id) + 1;
  return { status: 200, body: { results: rows.map((record) => selected(record, askedIn(query))), ...nextPage(type, limit, following) } };
});

export const recordRoutes: Routes<HubspotAccount> = {
  'GET objects/:type': listRecords,
  'POST objects/:type': withBody(newRecordSchema, (wished, { account }, type) => {
    const refused = refusalOfCreation(account, type, wished);
    if (refused !== undefined) return refused;
    const record = make(account, type, wished);
    return { status: 201, body: shown(record, { ...record.properties, hs_object_source: 'INTEGRATION' }) };
  }),
  'GET objects/:type/:id': ofType((call, type) => {
    const record = lookUp(call.account, type, namedIn(call));
    return record === undefined ? objectNotFound : { status: 200, body: selected(record, askedIn(call.query)) };
  }),
  // The answer holds only what was changed, and what HubSpot writes itself.
  'PATCH objects/:type/:id': withBody(z.looseObject({ properties: propertiesSchema }), ({ properties }, call, type) => {
    const { account } = call;
    const record = lookUp(account, type, namedIn(call));
    if (record === undefined) return objectNotFound;
    const refused = refusalOfChange(account, record, properties);
    return refused ?? { status: 200, body: shown(account.update(record, properties), properties) };
  }),
  'DELETE objects/:type/:id': ofType(({ account, param }, type) => {
    account.archive(type, param('id'));
    return noContent;
  }),
};

const rowsOf = <Row extends ZodType>(row: Row) => z.array(row).min(1).max(100, 'must hold at most 100 rows');
const traced = { objectWriteTraceId: z.string().optional() };

interface Traced {
  readonly objectWriteTraceId?: string | undefined;
}

/** Two rows of a batch must not name one record. */
const repeatedIds = (rows: readonly Named[]): SandboxAnswer | undefined => {
  const names = new Set(rows.map(({ idProperty = '', id }) => `${idProperty} ${id.toLowerCase()}`));
  return names.size < rows.length ? badInput('Duplicate IDs found in batch input') : undefined;
};

/** The outer form of a batch's answer: 207 as soon as a row failed. Rows come back in reverse, since HubSpot promises no order. */
const completed = (account: HubspotAccount, status: number, results: readonly unknown[], errors: readonly unknown[]): SandboxAnswer => {
  const at = new Date(account.parts.now()).toISOString();
  const failed = errors.length > 0 ? { numErrors: errors.length, errors } : {};
  const body = { status: 'COMPLETE', results: [...results].reverse(), ...failed, startedAt: at, completedAt: at };
  return { status: errors.length > 0 ? 207 : status, body };
};

/** As documented, the rows that went in do not bear their trace ids, and a refused one has no list of `errors`. */
const rowError = ({ objectWriteTraceId }: Traced, { body }: SandboxAnswer): unknown => {
  const { category, message } = body as Readonly<Record<string, unknown>>;
  return { status: 'error', category, message, context: { objectWriteTraceId: [objectWriteTraceId] } };
};

interface RowWrite<Row> {
  /** All rows of the request. */
  readonly rows: readonly Row[];
  /** Why a row cannot be written, or `undefined`. */
  readonly refusalOf: (row: Row) => SandboxAnswer | undefined;
  /** The row of the answer; none for a record that is left out without a word. */
  readonly write: (row: Row) => readonly unknown[];
  /** Success status. */
  readonly status: number;
  /** Of rows that `refusalOf` and `write` pass over. */
  readonly errors?: readonly unknown[];
}

/** A conflict refuses the whole batch; so does a bad row, unless each row can be told by a trace id of its own. */
const writeRows = <Row extends Traced>(account: HubspotAccount, write: RowWrite<Row>): SandboxAnswer => {
  const refused = write.rows.flatMap((row) => {
    const refusal = write.refusalOf(row);
    return refusal === undefined ? [] : [{ row, refusal }];
  });
  const traceIds = new Set(write.rows.flatMap(({ objectWriteTraceId }) => objectWriteTraceId ?? []));
  const canBeTold = traceIds.size === write.rows.length;
  const whole = canBeTold ? refused.find(({ refusal: { status } }) => status === 409) : refused[0];
  if (whole !== undefined) return whole.refusal;
  const results = write.rows.filter((row) => !refused.some((one) => one.row === row)).flatMap(write.write);
  return completed(account, write.status, results, [...(write.errors ?? []), ...refused.map(({ row, refusal }) => rowError(row, refusal))]);
};

/** A record that was merged into another is neither found nor missing: it is left out without a word. */
const lookUpAll = <Row extends Named>(account: HubspotAccount, type: ObjectType, rows: readonly Row[]) => {
  const records = new Map<Row, StoredRecord>();
  const ids: string[] = [];
  for (const row of rows) {
    const record = lookUp(account, type, row);
    if (record === undefined) ids.push(row.id);
    else if (account.mergedInto(type, row.id) === undefined) records.set(row, record);
  }
  const message = `Could not get some ${type.singular.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`;
  // One group for all ids: `numErrors` counts groups.
  const errors = ids.length === 0 ? [] : [{ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: { ids } }];
  return { records, errors };
};

const batchReadSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema })),
  properties: z.array(z.string()).optional(),
  idProperty: z.string().optional(),
});
const batchCreateSchema = z.looseObject({ inputs: rowsOf(newRecordSchema.extend(traced)) });
const batchUpdateSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: idSchema, idProperty: z.string().optional(), properties: propertiesSchema, ...traced })),
});
const batchUpsertSchema = z.looseObject({
  inputs: rowsOf(z.looseObject({ id: z.string().min(1), idProperty: z.string(), properties: propertiesSchema, ...traced })),
});
const batchArchiveSchema = z.looseObject({ inputs: rowsOf(z.looseObject({ id: idSchema })) });

export const batchRoutes: Routes<HubspotAccount> = {
  // A record that is named twice is answered once.
  'POST objects/:type/batch/read': withBody(batchReadSchema, ({ inputs, properties, idProperty }, { account }, type) => {
    const named = [...new Set(inputs.map(({ id }) => id))].map((id) => ({ id, idProperty }));
    const { records, errors } = lookUpAll(account, type, named);
    const results = [...records.values()].map((record) => selected(record, properties));
    return completed(account, 200, results, errors);
  }),
  'POST objects/:type/batch/create': withBody(batchCreateSchema, ({ inputs: rows }, { account }, type) => {
    const emails = type.plural === 'contacts' ? rows.flatMap(({ properties }) => properties['email']?.toLowerCase() || []) : [];
    if (new Set(emails).size < emails.length) return badInput('Duplicate emails found in batch input');
    const write = (row: NewRecord): readonly unknown[] => {
      const record = make(account, type, row);
      return [shown(record, record.properties)];
    };
    return writeRows(account, { rows, refusalOf: (row) => refusalOfCreation(account, type, row), write, status: 201 });
  }),
  'POST objects/:type/batch/update': withBody(batchUpdateSchema, ({ inputs: rows }, { account }, type) => {
    const repeated = repeatedIds(rows);
    if (repeated !== undefined) return repeated;
    const { records, errors } = lookUpAll(account, type, rows);
    return writeRows(account, {
      rows,
      refusalOf: (row) => {
        const record = records.get(row);
        return record && refusalOfChange(account, record, row.properties);
      },
      write: (row) => {
        const record = records.get(row);
        return record === undefined ? [] : [shown(account.update(record, row.properties), row.properties)];
      },
      status: 200,
      errors,
    });
  }),
  'POST objects/:type/batch/upsert': withBody(batchUpsertSchema, ({ inputs }, { account }, type) => {
    const repeated = repeatedIds(inputs);
    if (repeated !== undefined) return repeated;
    // What each row would make of the record that it names.
    const rows = inputs.map((row) => ({ ...row, values: { ...row.properties, [row.idProperty]: row.id } }));
    return writeRows(account, {
      rows,
      refusalOf: (row) => {
        const existing = lookUp(account, type, row);
        if (existing === undefined) return refusalOfCreation(account, type, { properties: row.values });
        return refusalOfChange(account, existing, row.values);
      },
      write: (row) => {
        const existing = lookUp(account, type, row);
        const record = existing === undefined ? make(account, type, { properties: row.values }) : account.update(existing, row.properties);
        return [{ ...shown(record, row.values), new: existing === undefined }];
      },
      status: 200,
    });
  }),
  'POST objects/:type/batch/archive': withBody(batchArchiveSchema, ({ inputs }, { account }, type) => {
    for (const { id } of inputs) account.archive(type, id);
    return noContent;
  }),
};
