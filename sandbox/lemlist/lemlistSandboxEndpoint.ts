/**
 * How the simulator says what it answers where.
 */
import { isObject } from '../simulation/simulatedFields.ts';
import { variablesIn } from '../simulation/simulatedPath.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import type { LemlistAccount } from './lemlistSandboxAccount.ts';

export interface EndpointCall {
  readonly account: LemlistAccount;
  readonly request: SandboxRequest;
  /** The request's body, or an empty object where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Endpoint {
  readonly method: string;
  readonly segments: readonly string[];
  readonly answer: (call: EndpointCall) => SandboxAnswer;
}

/** Most of what Lemlist answers to a mistake. */
export const sentence = (status: number, text: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: text,
});

/** A bare string that says of itself to be JSON. */
export const mislabelled = (text: string): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: text,
});

export const json = (body: unknown, status = 200): SandboxAnswer => ({ status, body });

/** @param where Method and path, such as `GET /leads/:email`; a trailing slash is part of it, as at Lemlist. */
export const endpoint = (where: string, answer: Endpoint['answer']): Endpoint => {
  const [method = '', path = ''] = where.split(' ');
  return { method, segments: path.split('/'), answer };
};

/** Asks the first endpoint that fits; 404 if there is none, 405 if only the method is wrong. */
export const dispatch = (endpoints: readonly Endpoint[], account: LemlistAccount, request: SandboxRequest): SandboxAnswer => {
  const fitting = endpoints.flatMap((candidate) => {
    const params = variablesIn(request.path, candidate.segments);
    return params === undefined ? [] : [{ candidate, params }];
  });
  const found = fitting.find(({ candidate }) => candidate.method === request.method);
  if (found === undefined) return fitting.length > 0 ? sentence(405, 'Method Not Allowed') : sentence(404, 'Not Found');
  if (request.malformed) return sentence(400, 'Invalid JSON');
  const body = isObject(request.body) ? request.body : {};
  return found.candidate.answer({ account, request, body, params: found.params });
};

const MAX_PAGE = 100;

/** The rows that `limit` and `offset` ask for; at most `max` of them. */
export const paged = <Row>(rows: readonly Row[], query: URLSearchParams, max = MAX_PAGE): readonly Row[] => {
  const offset = Math.max(0, Number(query.get('offset') ?? 0) || 0);
  const limit = Math.min(max, Number(query.get('limit') ?? MAX_PAGE) || MAX_PAGE);
  return rows.slice(offset, offset + limit);
};
