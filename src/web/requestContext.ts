/**
 * What belongs to one request: its id, its caller, its route's template; and the one place that notices its end,
 * for the access log, the metrics and the abort of calls nobody waits for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';
import { CallerSignal } from './callerSignal.ts';
import type { Caller } from './route.ts';

/** What nginx made the custom for a caller that left before the answer; no caller ever sees it. */
const CALLER_GONE = 499;

const REQUEST_ID = /^[\w-]{8,128}$/u;

export interface EndedRequest {
  readonly method: string;
  /** The template, such as `/api/hubspot/contacts/:id`; absent where no route matched. Never the path itself. */
  readonly route: string | undefined;
  readonly status: number;
  /** Until the last byte was handed over, or the caller left. */
  readonly durationMs: number;
}

/** Told of every request once. Must not throw. */
export interface RequestObserver {
  requestEnded(request: EndedRequest): void;
}

export interface RequestContextParts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly newRequestId: () => string;
  /** Whether connections are to be closed after their answer. */
  readonly isDraining: () => boolean;
  readonly observer: RequestObserver;
}

export class RequestContext {
  readonly caller = new CallerSignal();
  /** The full template, once a route has matched. */
  route: string | undefined;
  /** Who calls, once known. */
  identity: Caller | undefined;
  /** The code of the problem that was answered, if one was. */
  problem: ErrorCode | undefined;
  /** Probes and scrapes that succeed are logged at debug: they would bury everything else. */
  quiet = false;
  /** Whether the caller holds its body back until it gets `100 Continue`. */
  awaitsContinue = false;
  readonly #parts: RequestContextParts;
  readonly #startedAt: number;
  #log: Logger | undefined;

  constructor(
    readonly id: string,
    parts: RequestContextParts,
  ) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
  }

  /** Logs under the request's id. */
  get log(): Logger {
    this.#log ??= this.#parts.logger.child({ requestId: this.id });
    return this.#log;
  }

  get isDraining(): boolean {
    return this.#parts.isDraining();
  }

  /** The connection is done with this request, one way or the other. */
  ended(method: string, res: ServerResponse): void {
    if (!res.writableFinished) this.caller.hangUp();
    const status = res.headersSent ? res.statusCode : CALLER_GONE;
    const durationMs = this.#parts.clock.now() - this.#startedAt;
    this.#parts.observer.requestEnded({ method, route: this.route, status, durationMs });
    this.#logAccess(method, status, durationMs);
  }

  #logAccess(method: string, status: number, durationMs: number): void {
    const fields = {
      requestId: this.id,
      method,
      route: this.route,
      status,
      ms: Math.round(durationMs * 10) / 10,
      caller: this.identity?.id,
      code: this.problem,
      hungUp: this.caller.gone ? true : undefined,
    };
    if (this.quiet && status < 400) this.#parts.logger.debug(fields, 'request');
    else this.#parts.logger.info(fields, 'request');
  }
}

const CONTEXT = Symbol('request context');

interface Contextual {
  [CONTEXT]?: RequestContext;
}

/** @throws {Error} for a response that did not pass `requestContext`: a mistake in the chain. */
export const contextOf = (res: ServerResponse): RequestContext => {
  const context = (res as Contextual)[CONTEXT];
  if (context === undefined) throw new Error('requestContext must stand first in the chain');
  return context;
};

/** A caller's id is taken over only if it is harmless to print; anything else gets one of ours. */
const requestIdOf = (req: IncomingMessage, newRequestId: () => string): string => {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : newRequestId();
};

/** Stands first in the chain. */
export const requestContext =
  (parts: RequestContextParts): RequestHandler =>
  (req, res, next) => {
    const context = new RequestContext(requestIdOf(req, parts.newRequestId), parts);
    (res as Contextual)[CONTEXT] = context;
    context.awaitsContinue = req.headers.expect !== undefined && req.httpVersion === '1.1';
    // `close` follows the last byte as well as a hang-up: one listener serves both.
    const { method } = req;
    res.on('close', () => {
      context.ended(method, res);
    });
    next();
  };
