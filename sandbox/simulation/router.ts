/**
 * Finds the handler of a request by method and path; what is not there is refused in the service's own words.
 */
import { percentDecoded } from '../../src/config/percentEncoding.ts';
import { isObject, type Fields } from './fields.ts';
import type { SandboxAnswer, SandboxRequest } from './simulator.ts';

/** One request of one account, taken apart. */
export interface Call<Account> {
  readonly account: Account;
  readonly request: SandboxRequest;
  readonly query: URLSearchParams;
  /** The request's body, or an empty object where it is none. */
  readonly body: Fields;
  /** A variable part of the path by its name, decoded; empty where the route has none of that name. */
  readonly param: (name: string) => string;
}

export type Handler<Account> = (call: Call<Account>) => SandboxAnswer;

/** By method and path, such as `GET /lists/:list`; a part that begins with a colon is variable, a trailing slash counts. */
export type Routes<Account> = Readonly<Record<string, Handler<Account>>>;

export interface Refusals {
  readonly notFound: SandboxAnswer;
  readonly methodNotAllowed: SandboxAnswer;
  /** For a body that is no JSON. */
  readonly malformed: SandboxAnswer;
  /** What a variable part looks like; by default anything. */
  readonly variable?: RegExp;
}

export interface Found<Account> {
  /** The route's method and path; `undefined` if there is none, and `respond` says so. */
  readonly route: string | undefined;
  readonly respond: (account: Account) => SandboxAnswer;
}

type Params = Readonly<Record<string, string>>;

/** The variable parts of a path; `undefined` if it is another route's. */
const paramsIn = (path: string, segments: readonly string[], variable: RegExp): Params | undefined => {
  const parts = path.split('/');
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = percentDecoded(parts[index] ?? '');
    const isVariable = segment.startsWith(':');
    if (part === undefined || (isVariable ? !variable.test(part) : part !== segment)) return undefined;
    if (isVariable) params[segment.slice(1)] = part;
  }
  return params;
};

/** The first route that fits has the request. */
export const createRouter = <Account>(routes: Routes<Account>, refusals: Refusals) => {
  const { notFound, methodNotAllowed, malformed, variable = /./su } = refusals;
  const table = Object.entries(routes).map(([route, handler]) => {
    const [method = '', path = ''] = route.split(' ');
    return { route, method, segments: path.split('/'), handler };
  });
  return (request: SandboxRequest, path = request.path): Found<Account> => {
    let refusal = notFound;
    for (const { route, method, segments, handler } of table) {
      const params = paramsIn(path, segments, variable);
      if (params === undefined) continue;
      refusal = methodNotAllowed;
      if (method !== request.method) continue;
      const body = isObject(request.body) ? request.body : {};
      const respond = (account: Account): SandboxAnswer => {
        if (request.malformed) return malformed;
        return handler({ account, request, query: request.query, body, param: (name) => params[name] ?? '' });
      };
      return { route, respond };
    }
    return { route: undefined, respond: () => refusal };
  };
};
