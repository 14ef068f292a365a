/**
 * The simulated HubSpot's associations. Ids are numbers here, as in HubSpot's examples, whatever its schema says.
 */
import { z } from 'zod';
import { pageFrom } from '../simulation/paging.ts';
import type { Routes } from '../simulation/router.ts';
import { noContent, type SandboxAnswer } from '../simulation/simulator.ts';
import {
  isAssociationType,
  objectTypeNamed,
  seeds,
  type HubspotAccount,
  type Link,
  type ObjectType,
  type StoredRecord,
} from './hubspotAccount.ts';
import { badInput, countIn, idSchema, nextPage, objectNotFound, ofType, withBody, type HubspotCall } from './hubspotRecords.ts';

const labelsSchema = z.array(z.looseObject({ associationCategory: z.string(), associationTypeId: z.number() })).min(1);
const batchSchema = z.looseObject({
  inputs: z
    .array(z.looseObject({ id: idSchema }))
    .min(1)
    .max(1_000, 'must hold at most 1000 ids'),
});

const shown = ({ toId, typeIds }: Link) => ({
  toObjectId: Number(toId),
  associationTypes: typeIds.map((typeId) => {
    const label = seeds.associationLabels[typeId];
    return { category: label === undefined ? 'HUBSPOT_DEFINED' : 'USER_DEFINED', typeId, label: label ?? null };
  }),
});

/** Between two records; 404 if either is not there. */
const between = (
  { account, param }: HubspotCall,
  type: ObjectType,
  respond: (from: StoredRecord, to: StoredRecord) => SandboxAnswer,
): SandboxAnswer => {
  const otherType = objectTypeNamed(param('toType'));
  const from = account.find(type, param('id'));
  const to = otherType === undefined ? undefined : account.find(otherType, param('toId'));
  return from === undefined || to === undefined ? objectNotFound : respond(from, to);
};

const associateByDefault = (account: HubspotAccount, from: StoredRecord, to: StoredRecord): SandboxAnswer => {
  const typeId = seeds.defaultAssociationTypes[`${from.type.plural}/${to.type.plural}`];
  if (typeId === undefined) return badInput(`no default association between ${from.type.plural} and ${to.type.plural}`);
  account.associate(from, to, typeId);
  const at = new Date(account.parts.now()).toISOString();
  const spec = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: typeId };
  const results = [{ from: { id: from.id }, to: { id: to.id }, associationSpec: spec }];
  return { status: 200, body: { status: 'COMPLETE', results, startedAt: at, completedAt: at } };
};

const associateLabelled = (account: HubspotAccount, from: StoredRecord, to: StoredRecord, typeIds: readonly number[]): SandboxAnswer => {
  if (!typeIds.every((typeId) => isAssociationType(from.type, typeId))) return badInput('an association type does not exist');
  for (const typeId of typeIds) account.associate(from, to, typeId);
  const body = {
    fromObjectTypeId: from.type.typeId,
    fromObjectId: Number(from.id),
    toObjectTypeId: to.type.typeId,
    toObjectId: Number(to.id),
    labels: typeIds.flatMap((typeId) => seeds.associationLabels[typeId] ?? []),
  };
  return { status: 201, body };
};

const listAssociations = ofType(({ account, param, query }, type) => {
  const record = account.find(type, param('id'));
  const toType = objectTypeNamed(param('toType'));
  const limit = countIn(query, 'limit', 500, 500);
  if (limit === undefined) return badInput('limit must be from 1 to 500');
  if (record === undefined || toType === undefined) return objectNotFound;
  const { rows, next } = pageFrom(account.links(record, toType), Number(query.get('after') ?? 0), limit);
  return { status: 200, body: { results: rows.map(shown), ...nextPage(type, limit, next) } };
});

/** The record is not there, or has no association: an error here, too, of a kind that means "empty". */
const notFound = (from: ObjectType, to: ObjectType, id: string, isThere: boolean): unknown => ({
  status: 'error',
  category: 'OBJECT_NOT_FOUND',
  ...(isThere ? { subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' } : {}),
  message: isThere ? `No ${to.singular} is associated with ${from.singular} ${id}.` : `${from.singular} ${id} does not exist.`,
  context: { fromObjectId: [id], ...(isThere ? { fromObjectType: [from.singular], toObjectType: [to.singular] } : {}) },
});

/** A 207 has no times, as recorded. */
const batchRead = withBody(batchSchema, ({ inputs }, { account, param }, type) => {
  const toType = objectTypeNamed(param('toType'));
  if (toType === undefined) return badInput('the type at the other end does not exist');
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const { id } of inputs) {
    const record = account.find(type, id);
    const links = record === undefined ? [] : account.links(record, toType);
    if (links.length === 0) errors.push(notFound(type, toType, id, record !== undefined));
    else results.unshift({ from: { id }, to: links.map(shown) });
  }
  const at = new Date(account.parts.now()).toISOString();
  if (errors.length === 0) return { status: 200, body: { status: 'COMPLETE', results, startedAt: at, completedAt: at } };
  return { status: 207, body: { status: 'COMPLETE', results, errors, numErrors: errors.length } };
});

export const associationRoutes: Routes<HubspotAccount> = {
  'PUT objects/:type/:id/associations/default/:toType/:toId': ofType((call, type) =>
    between(call, type, (from, to) => associateByDefault(call.account, from, to)),
  ),
  'GET objects/:type/:id/associations/:toType': listAssociations,
  'PUT objects/:type/:id/associations/:toType/:toId': ofType((call, type) =>
    between(call, type, (from, to) =>
      withBody(labelsSchema, (labels) =>
        associateLabelled(
          call.account,
          from,
          to,
          labels.map(({ associationTypeId }) => associationTypeId),
        ),
      )(call),
    ),
  ),
  'DELETE objects/:type/:id/associations/:toType/:toId': ofType((call, type) =>
    between(call, type, (from, to) => {
      call.account.dissociate(from, to);
      return noContent;
    }),
  ),
  'POST associations/:type/:toType/batch/read': batchRead,
};
