import { createHash } from 'node:crypto';
import type { HttpMethod } from '../wire/transport.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';

/** Methods whose path says what they are about, whatever the body. */
const BY_PATH: ReadonlySet<HttpMethod> = new Set<HttpMethod>(['PUT', 'PATCH', 'DELETE']);
/** Longer ones are kept as their digest. */
const MAX_NAME = 200;

/** A name for what a request is about: the record where the operation tells it, else all that sets this request apart from others. */
export const recordOf = (operation: Operation<unknown>, request: OperationRequest): string => {
  const tag = operation.cacheForMs === undefined ? undefined : operation.cacheTags?.(request)[0];
  const name = tag ?? (BY_PATH.has(operation.method) ? request.path : asked(request));
  return name.length <= MAX_NAME ? name : createHash('sha256').update(name).digest('base64url');
};

const asked = ({ path, query, body }: OperationRequest): string =>
  query === undefined && body === undefined ? path : `${path} ${JSON.stringify([query, body])}`;
