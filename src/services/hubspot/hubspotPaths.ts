/**
 * HubSpot's paths, in one dated version.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { UpstreamPath } from '../../contract/operation.ts';

/** Supported for 18 months from 2026-03-30: see `docs/services/hubspot.md#versions`. */
const VERSION = '2026-03';

export const accountPath: UpstreamPath = upstreamPath`/account-info/${VERSION}/details`;

/** Below `/crm/objects`, such as `contacts`, `7`: each value is one segment. */
export const objectsPath = (...values: readonly string[]): UpstreamPath =>
  `/crm/objects${[VERSION, ...values].map((value) => upstreamPath`/${value}`).join('')}` as UpstreamPath;

export const associationsBatchPath = (fromType: string, toType: string): UpstreamPath =>
  upstreamPath`/crm/associations/${VERSION}/${fromType}/${toType}/batch/read`;
