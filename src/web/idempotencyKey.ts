/**
 * The Idempotency-Key header of a request, and what is derived from it. The key itself is kept nowhere.
 */
import { hash } from 'node:crypto';
import { canonicalDigest, canonicalJson } from '../config/canonicalJson.ts';
import type { Fault } from '../errors/requestErrors.ts';

/** A request as far as two of them can be the same. */
export interface RepeatableRequest {
  /** The id of the caller's API key. */
  readonly caller: string;
  readonly method: string;
  /** The template, such as `/api/hubspot/contacts/:id`. */
  readonly route: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: unknown;
  readonly body: unknown;
}

/** A request that bears a key. */
export interface KeyedRequest {
  /** Digest of caller, method, route and key: under it the store remembers the request. */
  readonly key: string;
  /** Digest of the whole request. The caller's key is in it as salt, so that nobody can try what a body was. */
  readonly fingerprint: string;
  /** The same for equal requests under one key, so that a repeat after a crash finds the job of the first. */
  readonly jobId: string;
}

const MAX_LENGTH = 255;
const RULE = `must be 1 to ${String(MAX_LENGTH)} visible ASCII characters, in quotes or without`;

const VISIBLE = new RegExp(`^[\\x21-\\x7e]{1,${String(MAX_LENGTH)}}$`, 'u');
/** The draft's form, a string of RFC 9651: quotes around it, `\"` and `\\` in it. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/u;

const unquoted = (value: string): string | undefined =>
  value.startsWith('"') ? QUOTED.exec(value)?.[1]?.replaceAll(/\\(.)/gu, '$1') : value;

/** @returns The key without quotes; `undefined` where there is none. A malformed one is a fault: the caller relies on it. */
export const idempotencyKeyIn = (header: string | readonly string[] | undefined, faults: Fault[]): string | undefined => {
  if (header === undefined) return undefined;
  // Sent twice, Node gives it as one value with a space in it, or as a list: neither is a key.
  const key = typeof header === 'string' ? unquoted(header) : undefined;
  if (key !== undefined && VISIBLE.test(key)) return key;
  faults.push({ at: 'header idempotency-key', message: RULE });
  return undefined;
};

const digest = (...parts: readonly unknown[]): string => hash('sha256', canonicalJson(parts), 'base64url');

/** Of an id of a job, the one for the next write of the same request. */
export const jobIdAfter = (jobId: string, writesBefore: number): string =>
  writesBefore === 0 ? jobId : `job_${digest(jobId, writesBefore)}`;

export const keyedRequest = async (key: string, { caller, method, route, ...request }: RepeatableRequest): Promise<KeyedRequest> => {
  const fingerprint = await canonicalDigest(['request', caller, method, route, key, request.path, request.query, request.body]);
  return { key: digest('key', caller, method, route, key), fingerprint, jobId: `job_${digest('job', fingerprint)}` };
};
