/**
 * How the simulator says what it answers where, and the one shape of SendGrid's refusals.
 */
import { variablesIn } from '../simulation/simulatedPath.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import { isObject, type Fields } from '../simulation/simulatedFields.ts';
import type { SendgridSimulatedAccount } from './sendgridSandboxAccount.ts';

export interface EndpointCall {
  readonly account: SendgridSimulatedAccount;
  readonly query: URLSearchParams;
  /** The request's body, or an empty object where it is none. */
  readonly body: Fields;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Endpoint {
  /** Method and path, such as `GET /v3/marketing/lists`: SendGrid's limits are for each of them apart. */
  readonly name: string;
  readonly method: string;
  readonly segments: readonly string[];
  readonly answer: (call: EndpointCall) => SandboxAnswer;
}

export const json = (body: unknown, status = 200): SandboxAnswer => ({ status, headers: { 'content-type': 'application/json' }, body });

/** @param field `null`, or the word: SendGrid has both for none. */
export const refused = (status: number, message: string, field: string | null = null): SandboxAnswer =>
  json({ errors: [{ field, message }] }, status);

export const notFound = refused(404, 'not found');
export const contentTooLarge = refused(413, 'content too large');
export const noContent: SandboxAnswer = { status: 204 };

/** @param where Method and path, such as `GET /v3/marketing/contacts/:id`. */
export const endpoint = (where: string, answer: Endpoint['answer']): Endpoint => {
  const [method = '', path = ''] = where.split(' ');
  return { name: where, method, segments: path.split('/'), answer };
};

export interface Found {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

/** The first endpoint that fits; 404 if there is none, 405 if only the method is wrong. */
export const find = (endpoints: readonly Endpoint[], { method, path }: SandboxRequest): Found | SandboxAnswer => {
  const fitting = endpoints.flatMap((candidate) => {
    const params = variablesIn(path, candidate.segments);
    return params === undefined ? [] : [{ endpoint: candidate, params }];
  });
  const found = fitting.find(({ endpoint: { method: its } }) => its === method);
  return found ?? (fitting.length === 0 ? notFound : refused(405, 'method not allowed'));
};

export const ask = ({ endpoint: { answer }, params }: Found, account: SendgridSimulatedAccount, request: SandboxRequest): SandboxAnswer => {
  if (request.malformed) return refused(400, 'Bad Request');
  return answer({ account, query: request.query, body: isObject(request.body) ? request.body : {}, params });
};

/** A whole number of the query, or what stands for it. */
export const numberIn = (query: URLSearchParams, name: string, otherwise: number): number => {
  const value = query.get(name);
  return value !== null && /^\d{1,12}$/u.test(value) ? Number(value) : otherwise;
};
