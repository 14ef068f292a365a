/**
 * From routes as data to an Express router: admit, validate, run, send.
 */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { InvalidRequestError, MethodNotAllowedError, type Fault } from '../errors/requestErrors.ts';
import { admit } from './admission.ts';
import { AnswerNote } from './answerNote.ts';
import type { Authenticator } from './authentication.ts';
import { callOptions } from './callOptions.ts';
import { jsonBody } from './jsonBody.ts';
import { parseInput } from './parseInput.ts';
import { contextOf } from './requestContext.ts';
import type { Caller, Reply, Route, RouteInput } from './route.ts';
import { sendAnswer } from './sendAnswer.ts';

export interface MountParts {
  /** Where the router will be mounted, such as `/api/hubspot`: a part of the template that logs and metrics show. */
  readonly prefix: string;
  readonly authenticator: Authenticator;
}

type AnyInput = RouteInput<never, never, never>;

const refuseFaults = (faults: readonly Fault[]): void => {
  if (faults.length === 0) return;
  const places = faults.length === 1 ? (faults[0]?.at ?? '') : `${String(faults.length)} places`;
  throw new InvalidRequestError(`the request is not valid: see ${places}`, faults);
};

/** @throws {InvalidRequestError} with every fault of path, query, body and headers at once. */
const readInput = (route: Route, req: Request, res: Response, caller: Caller, note: AnswerNote): AnyInput => {
  const faults: Fault[] = [];
  const context = contextOf(res);
  const input = {
    params: parseInput(route.params, req.params, 'params', faults),
    query: parseInput(route.query, route.query && req.query, 'query', faults),
    body: parseInput(route.body, req.body, 'body', faults),
    call: callOptions({ headers: req.headers, signal: context.caller.signal, note, faults }),
    caller,
    requestId: context.id,
  };
  refuseFaults(faults);
  return input as AnyInput;
};

const sendReply = (res: Response, route: Route, reply: Reply, call: AnyInput['call'], note: AnswerNote): void => {
  const headers = Object.entries(reply.headers ?? {}).flat();
  note.appendTo(headers, call.refresh === true);
  if (call.strict === true) headers.push('Preference-Applied', 'handling=strict');
  const body = reply.body === undefined ? {} : { body: JSON.stringify(reply.body) };
  sendAnswer(res, { status: reply.status ?? route.status, headers, ...body });
};

const runs =
  (route: Route): RequestHandler =>
  async (req, res) => {
    const note = new AnswerNote();
    const input = readInput(route, req, res, contextOf(res).identity ?? nobody(), note);
    const reply = await route.handle(input);
    sendReply(res, route, reply, input.call, note);
  };

const nobody = (): never => {
  throw new Error('a route ran before its caller was admitted');
};

const admits =
  (route: Route, { prefix, authenticator }: MountParts): RequestHandler =>
  (req, res, next) => {
    contextOf(res).route = prefix + route.path;
    admit(authenticator, route.scope, req, res);
    next();
  };

/** Whoever is not admitted is refused before a byte of the body is read. */
const handlers = (route: Route, parts: MountParts): readonly RequestHandler[] =>
  route.body === undefined ? [admits(route, parts), runs(route)] : [admits(route, parts), jsonBody(route.maxBodyBytes), runs(route)];

/** @throws {Error} at start-up, for a path whose parameters nothing checks. */
const assertChecked = (route: Route, prefix: string): void => {
  if (route.path.includes(':') && route.params === undefined) {
    throw new Error(`${route.method} ${prefix}${route.path} needs a schema for its path parameters`);
  }
};

/** The methods of all routes that match this path, by their own patterns. */
const methodsOf = (routes: readonly Route[], path: string): readonly string[] => {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  return methods.includes('GET') ? ['HEAD', ...methods] : methods;
};

const ALLOWED = Symbol('methods of the paths that match');

interface Matched {
  [ALLOWED]?: Set<string>;
}

/** A path may match several patterns (`/contacts/search`, `/contacts/:id`): all of them say what is allowed. */
const collects =
  (methods: readonly string[], template: string): RequestHandler =>
  (_req, res, next) => {
    const matched = res as Matched;
    matched[ALLOWED] = new Set([...(matched[ALLOWED] ?? []), ...methods]);
    contextOf(res).route ??= template;
    next();
  };

const otherMethod: RequestHandler = (req, res, next) => {
  const methods = (res as Matched)[ALLOWED];
  if (methods === undefined) {
    next();
    return;
  }
  const allowed = [...methods, 'OPTIONS'].sort();
  if (req.method === 'OPTIONS') sendAnswer(res, { status: 204, headers: ['Allow', allowed.join(', ')] });
  else next(new MethodNotAllowedError(req.method, allowed));
};

/**
 * A router of the routes, to be mounted at `parts.prefix`. Known paths answer other methods with 405 and `Allow`;
 * unknown ones are left to the chain.
 *
 * @throws {Error} for a route whose path parameters have no schema.
 */
export const mountRoutes = (routes: readonly Route[], parts: MountParts): Router => {
  const router = Router({ caseSensitive: true });
  for (const route of routes) {
    assertChecked(route, parts.prefix);
    router[route.method](route.path, ...handlers(route, parts));
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    router.all(path, collects(methodsOf(routes, path), parts.prefix + path));
  }
  router.use(otherMethod);
  return router;
};
