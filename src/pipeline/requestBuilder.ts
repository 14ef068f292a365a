/**
 * An operation's request as it goes over the wire, and the key under which its answer is cached.
 */
import { createHash } from 'node:crypto';
import { lowerCase, sendable } from '../wire/headers.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';
import { canonicalJson } from '../config/canonicalJson.ts';
import { percentEncoded } from '../config/percentEncoding.ts';
import type { HttpRequest } from '../wire/transport.ts';

export interface Target {
  readonly origin: string;
  /** The base URL's path, without a slash at its end. */
  readonly prefix: string;
  /** The credential's headers, and what else every request of the service carries. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws {Error} if the URL is none; settings are checked before they get here. */
export const targetFrom = (baseUrl: string, headers: Readonly<Record<string, string>>): Target => {
  const { origin, pathname } = new URL(baseUrl);
  return { origin, prefix: pathname.replace(/(?<!\/)\/+$/u, ''), headers: lowerCase(headers) };
};

/**
 * The credential and the content type are laid over what a caller adds, so neither can be overridden.
 *
 * @throws {InvalidRequestError} for a header that cannot be sent or is the wire's own, and for broken Unicode in the query.
 */
export const buildRequest = (
  target: Target,
  { method, idempotency, maxAnswerBytes }: Pick<Operation<unknown>, 'method' | 'idempotency' | 'maxAnswerBytes'>,
  { path, query, body }: OperationRequest,
  extraHeaders: Readonly<Record<string, string>> = {},
): HttpRequest => ({
  method,
  origin: target.origin,
  path: target.prefix + path + queryString(query),
  headers: {
    ...sendable(lowerCase(extraHeaders)),
    accept: 'application/json',
    ...target.headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  },
  body: body === undefined ? undefined : JSON.stringify(body),
  maxBodyBytes: maxAnswerBytes,
  repeatable: idempotency !== 'never',
});

/** Absent values are left out; lists are joined by commas, which stay readable. */
const queryString = (query: OperationRequest['query']): string => {
  if (query === undefined) return '';
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    parts.push(`${percentEncoded(name)}=${percentEncoded(text).replaceAll('%2C', ',')}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};

/** Service, operation, account and input: two calls with one key ask for the same thing with the same rights. */
export const cacheKey = (
  scope: { readonly service: string; readonly account: string },
  operation: string,
  { wire, body }: { readonly wire: HttpRequest; readonly body: unknown },
  extraHeaders?: Readonly<Record<string, string>>,
): string => {
  const scoped = `${scope.service}:${operation}:${scope.account}:${wire.path}`;
  if (body === undefined && extraHeaders === undefined) return scoped;
  return `${scoped} ${digest(canonicalJson([body ?? null, lowerCase(extraHeaders ?? {})]))}`;
};

/** A short name for a credential, from which it cannot be told. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
