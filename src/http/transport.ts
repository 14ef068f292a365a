/**
 * The port to the wire: one request, one whole answer or an error.
 */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: HttpMethod;
  /** Origin with scheme and port, no path. */
  readonly origin: string;
  /** Path and query, already encoded; sent as it is. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** `true`: by a connection of its own, opened for this request and closed after it. */
  readonly fresh?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body as text. */
  readonly body: string;
}

/**
 * Sends one request and reads the whole answer; never follows a redirect.
 *
 * @throws {TransportFailure} for everything that kept it from an answer, except an abort: then `signal.reason`.
 */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** Why there was no answer, in our words; `cause` keeps the library's error for debugging, never for logs. */
export class TransportFailure extends Error {
  constructor(
    readonly kind: 'connect' | 'reset' | 'dns' | 'tls' | 'too_large' | 'malformed',
    options?: ErrorOptions,
  ) {
    super(`transport failed: ${kind}`, options);
  }
}
