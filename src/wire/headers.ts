/**
 * Headers that a caller adds to a request.
 */
import { InvalidRequestError } from '../errors/requestErrors.ts';

type Headers = Readonly<Record<string, string>>;

/** They frame the message or name its receiver: they belong to the wire, and a wrong one breaks it. */
const OF_THE_WIRE: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'accept-encoding',
]);

/** What is left of our caller's patience is no business of a provider's. */
const OF_OUR_CALLERS: ReadonlySet<string> = new Set(['x-request-timeout', 'x-request-deadline', 'grpc-timeout']);

const NAME = /^[\w!#$%&'*+.^`|~-]+$/u;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/u;

/** Names of headers mean the same in any case: in one case, none can stand beside its double. */
export const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * The headers as they are, but for those that are meant for us. A mistake in them is the caller's; further on it would
 * look like a failure of the service.
 *
 * @throws {InvalidRequestError} for a name or a value that cannot be sent, or a header that is the wire's own.
 */
export const sendable = (headers: Headers): Headers => {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) throw new InvalidRequestError('a header has a name that cannot be sent');
    if (OF_THE_WIRE.has(name)) throw new InvalidRequestError(`the header ${name} cannot be set by a caller`);
    if (!VALUE.test(value)) throw new InvalidRequestError(`the header ${name} has a value that cannot be sent`);
  }
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_OUR_CALLERS.has(name)));
};
