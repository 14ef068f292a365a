import { createHash } from 'node:crypto';
import type { HttpMethod } from '../wire/transport.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';

/** Methods whose path says what they are about, whatever the body. */
const BY_PATH: ReadonlySet<HttpMethod> = new Set<HttpMethod>(['PUT', 'PATCH', 'DELETE']);
/** Longer ones are kept as their digest. */
const MAX_NAME = 200;
/** Characters of a text that stand for all of it: an attachment of megabytes would hold the process. */
const MAX_TEXT = 64;

/** A name for what a request is about: the record where the operation tells it, else all that sets this request apart from others. */
export const recordOf = (operation: Operation<unknown>, request: OperationRequest): string => {
  const tag = operation.cacheForMs === undefined ? undefined : operation.cacheTags?.(request)[0];
  const name = tag ?? (isByPath(operation) ? request.path : asked(operation, request));
  return name.length <= MAX_NAME ? name : createHash('sha256').update(name).digest('base64url');
};

/** Which page of what belongs to a record is asked for makes no other record of it. */
const isByPath = ({ method, leavesOutBadRows }: Operation<unknown>): boolean =>
  BY_PATH.has(method) || (method === 'GET' && leavesOutBadRows === true);

/** None of what is asked of the service as a whole. */
export const recordsOf = (operation: Operation<unknown>, request: OperationRequest): readonly string[] =>
  request.records ?? (operation.isOfService === true ? [] : [recordOf(operation, request)]);

const asked = ({ generatedField }: Operation<unknown>, { path, query, body }: OperationRequest): string => {
  if (query === undefined && body === undefined) return path;
  const shortened = (key: string, value: unknown): unknown => {
    if (key === generatedField) return undefined;
    return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)} of ${String(value.length)}` : value;
  };
  return `${path} ${JSON.stringify([query, body], shortened)}`;
};
