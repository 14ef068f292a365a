/**
 * The simulator's endpoints for single records, and lists of them.
 */
import { z } from 'zod';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { countIn, idSchema, nextPage, ofType, propertiesSchema, withBody, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { badInput, emailTaken, invalidProperties, objectNotFound, PORTAL_ID, requiredMissing } from './hubspotSandboxErrors.ts';
import { missingFor, problemsWith, type ObjectType, type PropertyValues } from './hubspotSandboxObjects.ts';
import { isAssociationType } from './hubspotSandboxLinks.ts';
import { systemValues, type StoredRecord } from './hubspotSandboxStore.ts';

export const newRecordBodySchema = z.looseObject({
  properties: propertiesSchema,
  associations: z
    .array(
      z.looseObject({
        to: z.looseObject({ id: idSchema }),
        types: z.array(z.looseObject({ associationCategory: z.string(), associationTypeId: z.number() })),
      }),
    )
    .optional(),
});

const changeBodySchema = z.looseObject({ properties: propertiesSchema });

/** A record with these of its properties. */
export const shown = (record: StoredRecord, properties: Readonly<Record<string, string | null>>) => ({
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
  const names = (asked ?? type.standard).filter((name) => type.writable.has(name));
  return shown(record, Object.fromEntries(names.map((name) => [name, properties[name] || null])));
};

/** In one parameter with commas, or in one for each, as HubSpot's own client sends them. */
const askedIn = (query: URLSearchParams): readonly string[] | undefined =>
  query.has('properties') ? query.getAll('properties').flatMap((names) => names.split(',')) : undefined;

/** By id, or by the unique property that the query names. */
const wanted = (account: SimulatedAccount, type: ObjectType, id: string, query: URLSearchParams): StoredRecord | undefined => {
  const idProperty = query.get('idProperty');
  return idProperty === null ? account.records.find(type, id) : account.records.findBy(type, idProperty, id);
};

/** The contact that has this email already, if it is another one. */
const inTheWay = (
  account: SimulatedAccount,
  type: ObjectType,
  { email }: PropertyValues,
  self?: StoredRecord,
): StoredRecord | undefined => {
  if (type.plural !== 'contacts' || email === undefined || email === '') return undefined;
  const owner = account.records.findBy(type, 'email', email);
  return owner?.id === self?.id ? undefined : owner;
};

type NewRecordBody = z.infer<typeof newRecordBodySchema>;

/** Why a new record cannot be, or `undefined`. */
export const refusalOfCreation = (
  account: SimulatedAccount,
  type: ObjectType,
  { properties, associations = [] }: NewRecordBody,
): SandboxAnswer | undefined => {
  const problems = problemsWith(type, properties);
  if (problems.length > 0) return invalidProperties(problems);
  const missing = missingFor(type, properties);
  if (missing.length > 0) return requiredMissing(type, missing);
  const other = inTheWay(account, type, properties);
  if (other !== undefined) return emailTaken(other.id);
  const known = associations.every(({ types }) => types.every(({ associationTypeId }) => isAssociationType(type, associationTypeId)));
  return known ? undefined : badInput('associations name a type that does not exist');
};

/** Makes a record of which nothing was refused, and ties it to others. */
export const make = (account: SimulatedAccount, type: ObjectType, { properties, associations = [] }: NewRecordBody): StoredRecord => {
  const record = account.records.create(type, properties);
  for (const { to, types } of associations) {
    for (const { associationTypeId } of types) account.associations.addOfType(record, to.id, associationTypeId);
  }
  return record;
};

/** Why a record cannot be changed so, or `undefined`. */
export const refusalOfChange = (
  account: SimulatedAccount,
  type: ObjectType,
  record: StoredRecord,
  properties: PropertyValues,
): SandboxAnswer | undefined => {
  const problems = problemsWith(type, properties);
  if (problems.length > 0) return invalidProperties(problems);
  const other = inTheWay(account, type, properties, record);
  return other === undefined ? undefined : emailTaken(other.id);
};

export const getRecord = ofType((account, type, { params, query }) => {
  const record = wanted(account, type, params['id'] ?? '', query);
  return record === undefined ? objectNotFound : { status: 200, body: selected(record, askedIn(query)) };
});

export const listRecords = ofType((account, type, { query }) => {
  const limit = countIn(query, 'limit', 10, 100);
  if (limit === undefined) return badInput('limit must be from 1 to 100');
  const after = Number(query.get('after') ?? 0);
  const rest = account.records.all(type).filter(({ id }) => Number(id) >= after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last !== undefined && rest.length > limit ? nextPage(type, limit, String(Number(last.id) + 1)) : {};
  return { status: 200, body: { results: page.map((record) => selected(record, askedIn(query))), ...next } };
});

export const createRecord = ofType((account, type, { body }) =>
  withBody(newRecordBodySchema, body, (wished) => {
    const refused = refusalOfCreation(account, type, wished);
    if (refused !== undefined) return refused;
    const record = make(account, type, wished);
    return { status: 201, body: shown(record, { ...record.properties, hs_object_source: 'INTEGRATION' }) };
  }),
);

/** The answer holds only what was changed, and what HubSpot writes itself. */
export const updateRecord = ofType((account, type, { params, query, body }) =>
  withBody(changeBodySchema, body, ({ properties }) => {
    const record = wanted(account, type, params['id'] ?? '', query);
    if (record === undefined) return objectNotFound;
    const refused = refusalOfChange(account, type, record, properties);
    return refused ?? { status: 200, body: shown(account.records.update(record, properties), properties) };
  }),
);

/** As HubSpot: what is not there is archived already. */
export const archiveRecord = ofType((account, type, { params }) => {
  const record = account.records.find(type, params['id'] ?? '');
  if (record !== undefined) account.records.archive(record);
  return { status: 204 };
});
