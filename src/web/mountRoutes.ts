/**
 * From routes as data to an Express router: admit, validate, run, send.
 */
import { Router, type RequestHandler } from 'express';
import { MethodNotAllowedError } from '../errors/requestErrors.ts';
import { admit } from './admission.ts';
import type { Authenticator } from './authentication.ts';
import { jsonBody, type BodyBudget } from './jsonBody.ts';
import type { OnceOnly } from './onceOnly.ts';
import { contextOf } from './requestContext.ts';
import type { Route } from './route.ts';
import { runRoute } from './runRoute.ts';
import { sendAnswer } from './sendAnswer.ts';

export interface MountParts {
  /** Where the router will be mounted, such as `/api/hubspot`: a part of the template that logs and metrics show. */
  readonly prefix: string;
  readonly authenticator: Authenticator;
  /** One for all routes of a process. */
  readonly bodies: BodyBudget;
  /** For writes that bear an Idempotency-Key; without it they are refused. */
  readonly once?: OnceOnly | undefined;
}

const admits =
  (route: Route, { prefix, authenticator }: MountParts): RequestHandler =>
  (req, res, next) => {
    contextOf(res).route = prefix + route.path;
    admit(authenticator, route.scope, req, res);
    next();
  };

/** Whoever is not admitted is refused before a byte of the body is read. */
const handlers = (route: Route, parts: MountParts): readonly RequestHandler[] => [
  admits(route, parts),
  ...(route.body === undefined ? [] : [jsonBody(parts.bodies, route)]),
  runRoute(route, parts.once),
];

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
