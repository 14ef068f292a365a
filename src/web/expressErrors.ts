/**
 * What Express throws, as errors of ours. Its messages quote the request, ours do not.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import { InvalidRequestError } from '../errors/requestErrors.ts';

const isClientError = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;

/** An error of ours for everything that is the request's fault; any other error as it is. */
export const asGatewayError = (error: unknown): unknown =>
  !(error instanceof GatewayError) && isClientError(error) ? new InvalidRequestError('the request cannot be read') : error;
