import { GatewayError } from './gatewayError.ts';

/** One thing that is wrong with a request: where, and the rule it breaks. Never the value. */
export interface Fault {
  /** Such as `body.properties.email` or `header x-request-timeout`. */
  readonly at: string;
  readonly message: string;
}

/** The caller's mistake: the request can never succeed as it is. */
export class InvalidRequestError extends GatewayError {
  readonly code = 'invalid_request';

  constructor(
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }
}

/** No API key, or one that is not known. */
export class UnauthenticatedError extends GatewayError {
  readonly code = 'unauthenticated';
}

/** A known caller without the scope that the route asks for. */
export class ForbiddenError extends GatewayError {
  readonly code = 'forbidden';
}

/** No such route, circuit or job here. */
export class NotFoundError extends GatewayError {
  readonly code = 'not_found';
}

/** The path exists, the method does not. */
export class MethodNotAllowedError extends GatewayError {
  readonly code = 'method_not_allowed';

  constructor(
    method: string,
    readonly allowed: readonly string[],
  ) {
    super(`${method} is not allowed here; use ${allowed.join(', ')}`);
  }
}

/** The request body is larger than this gateway takes. */
export class PayloadTooLargeError extends GatewayError {
  readonly code = 'payload_too_large';
}

/** The gateway holds as many bytes of requests as it can bear. */
export class OverloadedError extends GatewayError {
  readonly code = 'overloaded';
  override readonly retryable = true;
}

/** The request body is not JSON by its content type. */
export class UnsupportedMediaTypeError extends GatewayError {
  readonly code = 'unsupported_media_type';
}
