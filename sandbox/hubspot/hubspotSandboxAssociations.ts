/**
 * The simulator's endpoints for associations. Ids are numbers here, as in HubSpot's examples, whatever its schema says.
 */
import { z } from 'zod';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { countIn, idSchema, nextPage, ofType, withBody, type Exchange, type SimulatedAccount } from './hubspotSandboxAccount.ts';
import { badInput, objectNotFound } from './hubspotSandboxErrors.ts';
import { isAssociationType, type Link } from './hubspotSandboxLinks.ts';
import { objectTypeNamed, type ObjectType } from './hubspotSandboxObjects.ts';
import { associationLabels, defaultAssociationTypes } from './hubspotSandboxSeeds.ts';
import type { StoredRecord } from './hubspotSandboxStore.ts';

const labelsSchema = z.array(z.looseObject({ associationCategory: z.string(), associationTypeId: z.number() })).min(1);
const batchSchema = z.looseObject({
  inputs: z
    .array(z.looseObject({ id: idSchema }))
    .min(1)
    .max(1_000, 'must hold at most 1000 ids'),
});

const associationTypes = ({ typeIds }: Link) =>
  typeIds.map((typeId) => {
    const label = associationLabels[typeId];
    return { category: label === undefined ? 'HUBSPOT_DEFINED' : 'USER_DEFINED', typeId, label: label ?? null };
  });

const shown = (link: Link) => ({ toObjectId: Number(link.toId), associationTypes: associationTypes(link) });

/** An endpoint between two records; 404 if either is not there. */
const betweenRecords = (answer: (account: SimulatedAccount, from: StoredRecord, to: StoredRecord, exchange: Exchange) => SandboxAnswer) =>
  ofType((account, type, exchange) => {
    const { id = '', toType = '', toId = '' } = exchange.params;
    const otherType = objectTypeNamed(toType);
    const from = account.records.find(type, id);
    const to = otherType === undefined ? undefined : account.records.find(otherType, toId);
    return from === undefined || to === undefined ? objectNotFound : answer(account, from, to, exchange);
  });

export const associateByDefault = betweenRecords((account, from, to) => {
  const typeId = defaultAssociationTypes[`${from.type.plural}/${to.type.plural}`];
  if (typeId === undefined) return badInput(`no default association between ${from.type.plural} and ${to.type.plural}`);
  account.associations.add(from, to, typeId);
  const at = new Date(account.now()).toISOString();
  const spec = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: typeId };
  const results = [{ from: { id: from.id }, to: { id: to.id }, associationSpec: spec }];
  return { status: 200, body: { status: 'COMPLETE', results, startedAt: at, completedAt: at } };
});

export const associateLabelled = betweenRecords((account, from, to, { body }) =>
  withBody(labelsSchema, body, (labels) => {
    const typeIds = labels.map(({ associationTypeId }) => associationTypeId);
    if (!typeIds.every((typeId) => isAssociationType(from.type, typeId))) return badInput('an association type does not exist');
    for (const typeId of typeIds) account.associations.add(from, to, typeId);
    return {
      status: 201,
      body: {
        fromObjectTypeId: from.type.typeId,
        fromObjectId: Number(from.id),
        toObjectTypeId: to.type.typeId,
        toObjectId: Number(to.id),
        labels: typeIds.flatMap((typeId) => associationLabels[typeId] ?? []),
      },
    };
  }),
);

export const removeAssociation = betweenRecords((account, from, to) => {
  account.associations.remove(from, to);
  return { status: 204 };
});

export const listAssociations = ofType((account, type, { params, query }) => {
  const record = account.records.find(type, params['id'] ?? '');
  const toType = objectTypeNamed(params['toType'] ?? '');
  const limit = countIn(query, 'limit', 500, 500);
  if (limit === undefined) return badInput('limit must be from 1 to 500');
  if (record === undefined || toType === undefined) return objectNotFound;
  const start = Number(query.get('after') ?? 0);
  const links = account.associations.list(record, toType);
  const next = links.length > start + limit ? nextPage(type, limit, String(start + limit)) : {};
  return { status: 200, body: { results: links.slice(start, start + limit).map(shown), ...next } };
});

/** To have none is an error here, of a kind that means "empty". */
const noneFound = (from: ObjectType, to: ObjectType, id: string): unknown => ({
  status: 'error',
  category: 'OBJECT_NOT_FOUND',
  subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
  message: `No ${to.singular} is associated with ${from.singular} ${id}.`,
  context: { fromObjectId: [id], fromObjectType: [from.singular], toObjectType: [to.singular] },
});

const notFound = (from: ObjectType, id: string): unknown => ({
  status: 'error',
  category: 'OBJECT_NOT_FOUND',
  message: `${from.singular} ${id} does not exist.`,
  context: { fromObjectId: [id] },
});

/** A 207 has no times, as recorded. */
export const batchReadAssociations = ofType((account, type, { params, body }) =>
  withBody(batchSchema, body, ({ inputs }) => {
    const toType = objectTypeNamed(params['toType'] ?? '');
    if (toType === undefined) return badInput('the type at the other end does not exist');
    const results: unknown[] = [];
    const errors: unknown[] = [];
    for (const { id } of inputs) {
      const record = account.records.find(type, id);
      const links = record === undefined ? [] : account.associations.list(record, toType);
      if (record === undefined) errors.push(notFound(type, id));
      else if (links.length === 0) errors.push(noneFound(type, toType, id));
      else results.unshift({ from: { id }, to: links.map(shown) });
    }
    const at = new Date(account.now()).toISOString();
    if (errors.length === 0) return { status: 200, body: { status: 'COMPLETE', results, startedAt: at, completedAt: at } };
    return { status: 207, body: { status: 'COMPLETE', results, errors, numErrors: errors.length } };
  }),
);
