/**
 * HubSpot's paths, in one dated version. An id that is no id never reaches a path.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { UpstreamPath } from '../../contract/operation.ts';
import { checked, emailSchema, recordIdSchema, type AssociableType, type RecordType } from './hubspotInputs.ts';

/** Supported for 18 months from 2026-03-30: see `docs/services/hubspot.md#versions`. */
const VERSION = '2026-03';

export type BatchAction = 'read' | 'create' | 'update' | 'upsert' | 'archive';

/** One record, by its type and id. */
export interface RecordReference {
  readonly type: AssociableType;
  readonly id: string;
}

const recordId = (id: string, at = 'id'): string => checked(recordIdSchema, id, at);
const fromId = ({ id }: RecordReference): string => recordId(id, 'fromId');
const toId = ({ id }: RecordReference): string => recordId(id, 'toId');

export const accountPath: UpstreamPath = upstreamPath`/account-info/${VERSION}/details`;

export const recordsPath = (type: RecordType): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}`;

/** @throws {InvalidRequestError} unless `id` is made of decimal digits. */
export const recordPath = (type: RecordType, id: string): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}/${recordId(id)}`;

/**
 * Goes with the query `idProperty=email`.
 *
 * @throws {InvalidRequestError} unless `email` looks like an address.
 */
export const contactByEmailPath = (email: string): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/contacts/${checked(emailSchema, email, 'email')}`;

export const searchPath = (type: RecordType): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}/search`;

export const batchPath = (type: AssociableType, action: BatchAction): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${type}/batch/${action}`;

export const associationsPath = (from: RecordReference, toType: AssociableType): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${from.type}/${fromId(from)}/associations/${toType}`;

export const associationPath = (from: RecordReference, to: RecordReference): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${from.type}/${fromId(from)}/associations/${to.type}/${toId(to)}`;

export const defaultAssociationPath = (from: RecordReference, to: RecordReference): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${from.type}/${fromId(from)}/associations/default/${to.type}/${toId(to)}`;

export const associationBatchPath = (fromType: AssociableType, toType: AssociableType): UpstreamPath =>
  upstreamPath`/crm/associations/${VERSION}/${fromType}/${toType}/batch/read`;
