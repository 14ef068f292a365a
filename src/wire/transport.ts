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
  /** The longest answer read, before and after decompression, bytes. Absent: the wire's own limit. */
  readonly maxBodyBytes?: number | undefined;
  /** A repeat does no harm: on a kept connection that breaks before the answer it is sent once more, on a new one. */
  readonly repeatable?: boolean;
  /** `true`: by a connection of its own, opened for this request and closed after it. */
  readonly newConnection?: boolean;
  /** `true`: a health check, past what calls have learned; by a connection of its own as well. */
  readonly fresh?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body as text, or a long one as the bytes of its UTF-8; of a status of 400 or more what came of it at once. */
  readonly body: string | Buffer;
}

/**
 * Sends one request and reads the whole answer; never follows a redirect.
 *
 * @throws {TransportFailure} for everything that kept it from an answer, except an abort: then `signal.reason`.
 */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** Why there was no answer, in our words; `cause` keeps the library's error for debugging, never for logs. */
export class TransportFailure extends Error {
  /** What is wrong with the answer, to follow "the answer"; holds nothing of it but the name of an encoding. */
  readonly detail: string | undefined;
  /** A kept connection broke before the answer began: that says nothing about how the service is. */
  readonly isStale: boolean;

  constructor(
    readonly kind: 'connect' | 'reset' | 'dns' | 'tls' | 'too_large' | 'malformed' | 'undecodable',
    { detail, isStale = false, ...options }: ErrorOptions & { readonly detail?: string; readonly isStale?: boolean } = {},
  ) {
    super(`transport failed: ${kind}`, options);
    this.detail = detail;
    this.isStale = isStale;
  }
}
