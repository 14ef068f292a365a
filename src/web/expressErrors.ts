/**
 * What Express and its body parser throw, as errors of ours. Their messages quote the request, ours do not.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import { InvalidRequestError, PayloadTooLargeError, UnsupportedMediaTypeError } from '../errors/requestErrors.ts';

interface HttpError extends Error {
  readonly status: number;
  readonly type?: string;
  readonly limit?: number;
}

const isHttpError = (error: unknown): error is HttpError => error instanceof Error && 'status' in error && typeof error.status === 'number';

/** Where V8 stopped reading, if it says so: the place is safe to repeat, the words around it are not. */
const placeIn = (message: string): string => {
  if (/unexpected end/iu.test(message)) return ': it ends too early';
  const position = /at position (\d+)/u.exec(message)?.[1];
  return position === undefined ? '' : `: see character ${position}`;
};

const malformed = (error: HttpError): GatewayError =>
  new InvalidRequestError('the body is not valid JSON', [{ at: 'body', message: `is not valid JSON${placeIn(error.message)}` }]);

const byType: Readonly<Record<string, (error: HttpError) => GatewayError>> = {
  'entity.parse.failed': malformed,
  'entity.too.large': (error) => new PayloadTooLargeError(`the body must not exceed ${String(error.limit ?? 0)} bytes`),
  'encoding.unsupported': () => new UnsupportedMediaTypeError('the body must not be compressed: send it without Content-Encoding'),
  'charset.unsupported': () => new UnsupportedMediaTypeError('the body must be JSON in UTF-8'),
  'request.aborted': () => new InvalidRequestError('the body ended before its announced length'),
  'request.size.invalid': () => new InvalidRequestError('the body is not as long as its Content-Length says'),
};

/** An error of ours for everything that is the request's fault; any other error as it is. */
export const asGatewayError = (error: unknown): unknown => {
  if (error instanceof GatewayError || !isHttpError(error)) return error;
  const known = byType[error.type ?? ''];
  if (known !== undefined) return known(error);
  return error.status >= 400 && error.status < 500 ? new InvalidRequestError('the request cannot be read') : error;
};
