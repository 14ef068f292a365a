/**
 * Requests to this gateway, by the names and buckets of OpenTelemetry's HTTP conventions.
 */
import type { Histogram, Registry } from 'prom-client';
import { createHistogram } from './metricTable.ts';

export interface RequestEnded {
  readonly method: string;
  /** The template, such as `/api/hubspot/contacts/:id`; absent where none matched. Never the path itself. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

/** Seconds; the buckets that the conventions advise. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Those that a route of ours can have. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']);
/** Answered before any route ran: nothing matched, no key, no right to it, another method. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 405]);
/** One pair of labels for all of those: strangers choose paths and methods, and the number of series must not follow them. */
const UNMATCHED = { http_request_method: '_OTHER', http_route: 'unmatched' };

export class HttpMetrics {
  readonly #durations: Histogram<'http_request_method' | 'http_route' | 'http_response_status_code'>;

  /** Series begin with their first request: routes times statuses are too many to declare. */
  constructor(registry: Registry) {
    this.#durations = createHistogram(registry, 'http_server_request_duration_seconds', BUCKETS);
  }

  requestEnded({ method, route, status, durationMs }: RequestEnded): void {
    const isMatched = route !== undefined && METHODS.has(method) && !REFUSED.has(status);
    const matched = isMatched ? { http_request_method: method, http_route: route } : UNMATCHED;
    this.#durations.observe({ ...matched, http_response_status_code: String(status) }, durationMs / 1000);
  }
}
