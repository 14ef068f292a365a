/**
 * HubSpot's paths, in one dated version.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { UpstreamPath } from '../../contract/operation.ts';

/** Supported for 18 months from 2026-03-30: see `docs/services/hubspot.md#versions`. */
const VERSION = '2026-03';

export const accountPath: UpstreamPath = upstreamPath`/account-info/${VERSION}/details`;

export const recordsPath = (type: string): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}`;

/** @param name An id, or with the query `idProperty` the value of a unique property. */
export const recordPath = (type: string, name: string): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}/${name}`;

export const searchPath = (type: string): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}/search`;

export const batchPath = (type: string, action: string): UpstreamPath => upstreamPath`/crm/objects/${VERSION}/${type}/batch/${action}`;

export const associationBatchPath = (fromType: string, toType: string): UpstreamPath =>
  upstreamPath`/crm/associations/${VERSION}/${fromType}/${toType}/batch/read`;

/** The ends of an association, as the path of our own route names them. */
export interface Ends {
  readonly fromType: string;
  readonly fromId: string;
  readonly toType: string;
  readonly toId: string;
}

export const associationsPath = ({ fromType, fromId, toType }: Omit<Ends, 'toId'>): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${fromType}/${fromId}/associations/${toType}`;

export const associationPath = ({ fromType, fromId, toType, toId }: Ends): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${fromType}/${fromId}/associations/${toType}/${toId}`;

export const defaultAssociationPath = ({ fromType, fromId, toType, toId }: Ends): UpstreamPath =>
  upstreamPath`/crm/objects/${VERSION}/${fromType}/${fromId}/associations/default/${toType}/${toId}`;
