import type { HttpClient } from '../../../src/http/httpClient.ts';
import { upstreamPath } from '../../../src/http/upstreamPath.ts';
import type { CallOptions } from '../../../src/resilience/call.ts';
import type { ServiceClient } from '../../../src/services/service.ts';
import { getInvoice } from './acmeOperations.ts';

export const health = { operation: getInvoice, request: { path: upstreamPath`/v1/invoices/1` } };

export class AcmeClient implements ServiceClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  getInvoice(id: string, options?: CallOptions) {
    return this.#http.send(getInvoice, { path: upstreamPath`/v1/invoices/${id}` }, options);
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  healthCheck() {
    return this.#http.healthCheck(health.operation, health.request);
  }
}
