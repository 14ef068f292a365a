/**
 * How the simulator says what it answers where.
 */
import { isObject, type Fields } from '../simulation/simulatedFields.ts';
import { variablesIn } from '../simulation/simulatedPath.ts';
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import type { MailchimpAccount } from './mailchimpSandboxAccount.ts';
import { malformedJson, methodNotAllowed, notFound } from './mailchimpSandboxProblems.ts';
import type { SimulatedList, SimulatedMember } from './mailchimpSandboxSeeds.ts';

export interface EndpointCall {
  readonly account: MailchimpAccount;
  readonly query: URLSearchParams;
  /** The request's body, or an empty object where it is none. */
  readonly body: Fields;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Endpoint {
  readonly method: string;
  readonly segments: readonly string[];
  readonly answer: (call: EndpointCall) => SandboxAnswer;
}

export const json = (body: unknown): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
});

/** @param where Method and path, such as `GET /lists/:list`. */
export const endpoint = (where: string, answer: Endpoint['answer']): Endpoint => {
  const [method = '', path = ''] = where.split(' ');
  return { method, segments: path.split('/'), answer };
};

/** An endpoint below a list, which has to be there. */
export const inList = (where: string, answer: (call: EndpointCall, list: SimulatedList) => SandboxAnswer): Endpoint =>
  endpoint(where, (call) => {
    const list = call.account.lists.get(call.params['list'] ?? '');
    return list === undefined ? notFound : answer(call, list);
  });

/** An endpoint of a member, who has to be there; archived ones are. */
export const ofMember = (
  where: string,
  answer: (call: EndpointCall, member: SimulatedMember, list: SimulatedList) => SandboxAnswer,
): Endpoint =>
  inList(where, (call, list) => {
    const member = call.account.member(list, call.params['member'] ?? '');
    return member === undefined ? notFound : answer(call, member, list);
  });

/** Mailchimp's own path begins with its version; whoever sets only the address of the sandbox leaves it out. */
const withoutVersion = (path: string): string => (path.startsWith('/3.0/') ? path.slice('/3.0'.length) : path);

/** Asks the first endpoint that fits; 404 if there is none, 405 if only the method is wrong. */
export const dispatch = (endpoints: readonly Endpoint[], account: MailchimpAccount, request: SandboxRequest): SandboxAnswer => {
  const path = withoutVersion(request.path);
  const fitting = endpoints.flatMap((candidate) => {
    const params = variablesIn(path, candidate.segments);
    return params === undefined ? [] : [{ candidate, params }];
  });
  const found = fitting.find(({ candidate }) => candidate.method === request.method);
  if (found === undefined) return fitting.length > 0 ? methodNotAllowed : notFound;
  if (request.malformed) return malformedJson;
  const body = isObject(request.body) ? request.body : {};
  return found.candidate.answer({ account, query: request.query, body, params: found.params });
};

const MAX_COUNT = 1_000;
const DEFAULT_COUNT = 10;

/** The rows that `count` and `offset` ask for. */
export const paged = <Row>(rows: readonly Row[], query: URLSearchParams): readonly Row[] => {
  const offset = Math.max(0, Number(query.get('offset') ?? 0) || 0);
  const count = Math.min(MAX_COUNT, Number(query.get('count') ?? DEFAULT_COUNT) || DEFAULT_COUNT);
  return rows.slice(offset, offset + count);
};

const narrowed = (value: unknown, names: readonly string[]): unknown => {
  if (names.includes('')) return value;
  if (Array.isArray(value)) return value.map((part) => narrowed(part, names));
  return isObject(value) ? picked(value, names) : value;
};

const below = (name: string, names: readonly string[]): readonly string[] =>
  names.filter((path) => path === name || path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));

const picked = (record: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      const inner = below(name, names);
      return inner.length === 0 ? [] : [[name, narrowed(value, inner)] as const];
    }),
  );

/** A record with no more than the `fields` asked for, such as `total_items,members.id`. */
export const withFields = (record: Fields, query: URLSearchParams): SandboxAnswer => {
  const fields = query.get('fields');
  return json(fields === null ? record : picked(record, fields.split(',')));
};
