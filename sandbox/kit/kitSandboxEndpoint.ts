/**
 * How the simulator says what it answers where.
 */
import { isObject } from '../simulation/simulatedFields.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import type { KitSimulatedAccount } from './kitSandboxAccount.ts';

export interface EndpointCall {
  readonly account: KitSimulatedAccount;
  readonly request: SandboxRequest;
  /** The request's body, or an empty object where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The variable parts of the path: Kit's are all numbers. */
  readonly params: Readonly<Record<string, number>>;
}

export interface Endpoint {
  readonly method: string;
  readonly segments: readonly string[];
  /** Only for OAuth tokens. */
  readonly isBulk: boolean;
  readonly answer: (call: EndpointCall) => SandboxAnswer;
}

export const json = (body: unknown, status = 200): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
});

/** The one shape of Kit's refusals. */
export const refused = (status: number, ...errors: readonly unknown[]): SandboxAnswer => json({ errors }, status);

export const notFound = (): SandboxAnswer => refused(404, 'Not Found');
export const noContent: SandboxAnswer = { status: 204 };

/** @param where Method and path, such as `GET /v4/subscribers/:id`. */
export const endpoint = (where: string, answer: Endpoint['answer']): Endpoint => {
  const [method = '', path = ''] = where.split(' ');
  return { method, segments: path.split('/'), isBulk: path.startsWith('/v4/bulk/'), answer };
};

const NUMBER = /^\d{1,15}$/u;

/** The variable parts of a path, or `undefined` if it is another endpoint's. */
const match = (segments: readonly string[], path: string): Record<string, number> | undefined => {
  const parts = path.split('/');
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, number> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.startsWith(':') ? !NUMBER.test(part) : segment !== part) return undefined;
    if (segment.startsWith(':')) params[segment.slice(1)] = Number(part);
  }
  return params;
};

/** Asks the first endpoint that fits; 404 if there is none. */
export const dispatch = (
  endpoints: readonly Endpoint[],
  account: KitSimulatedAccount,
  request: SandboxRequest,
  isOauth: boolean,
): SandboxAnswer => {
  for (const candidate of endpoints) {
    const params = candidate.method === request.method ? match(candidate.segments, request.path) : undefined;
    if (params === undefined) continue;
    if (candidate.isBulk && !isOauth) return refused(401, 'The access token is invalid');
    if (request.malformed) return refused(400, 'Invalid JSON');
    return candidate.answer({ account, request, body: isObject(request.body) ? request.body : {}, params });
  }
  return notFound();
};

const DEFAULT_PAGE = 500;
const MAX_PAGE = 1_000;

const cursorOf = (id: number): string => Buffer.from(String(id)).toString('base64');
const idIn = (cursor: string | null): number | undefined => {
  const id = cursor === null ? Number.NaN : Number(Buffer.from(cursor, 'base64').toString());
  return Number.isInteger(id) ? id : undefined;
};

/** The rows a request asks for, newest first, under their name and with Kit's cursors. */
export const paged = (name: string, rows: readonly { readonly id: number }[], query: URLSearchParams): SandboxAnswer => {
  const sorted = [...rows].sort((one, other) => other.id - one.id);
  const perPage = Math.min(MAX_PAGE, Math.max(1, Number(query.get('per_page') ?? DEFAULT_PAGE) || DEFAULT_PAGE));
  const [after, before] = [idIn(query.get('after')), idIn(query.get('before'))];
  const rest = sorted.filter(({ id }) => (after === undefined || id < after) && (before === undefined || id > before));
  // Backwards, the page is the one that ends where the cursor is.
  const page = before === undefined ? rest.slice(0, perPage) : rest.slice(-perPage);
  const [first, last] = [page[0]?.id, page.at(-1)?.id];
  const pagination = {
    has_previous_page: first !== undefined && sorted.some(({ id }) => id > first),
    has_next_page: last !== undefined && sorted.some(({ id }) => id < last),
    start_cursor: first === undefined ? null : cursorOf(first),
    end_cursor: last === undefined ? null : cursorOf(last),
    per_page: perPage,
  };
  return json({ [name]: page, pagination });
};
