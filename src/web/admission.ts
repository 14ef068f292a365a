/**
 * Whether this caller may use this route.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ForbiddenError, UnauthenticatedError } from '../errors/requestErrors.ts';
import type { Authenticator } from './authentication.ts';
import { contextOf } from './requestContext.ts';
import type { Caller, RouteScope } from './route.ts';

const KEY_WANTED = 'send a known API key as Authorization: Bearer <key> or X-Api-Key: <key>';

/**
 * The caller of a request, if the route is open to it. Refusals are logged, without the key.
 *
 * @throws {UnauthenticatedError} without a key, or with one that is not good.
 * @throws {ForbiddenError} if the key lacks the scope.
 */
export const admit = (authenticator: Authenticator, scope: RouteScope, req: IncomingMessage, res: ServerResponse): Caller => {
  const context = contextOf(res);
  const identified = authenticator.identify(req.headers);
  if ('refusal' in identified) {
    context.log.warn({ refusal: identified.refusal, keyId: identified.keyId, route: context.route }, 'caller not authenticated');
    throw new UnauthenticatedError(KEY_WANTED);
  }
  const { caller } = identified;
  context.identity = caller;
  if (scope === 'own' || caller.scopes.has(scope)) return caller;
  context.log.warn({ caller: caller.id, scope, route: context.route }, 'caller lacks the scope');
  throw new ForbiddenError(`this key lacks the scope ${scope}`);
};
