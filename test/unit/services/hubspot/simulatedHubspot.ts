/**
 * The client and the simulator face to face: real requests, classification and validation, but no pipeline and no socket.
 */
import { makeAttempt } from '../../../../src/pipeline/attempt.ts';
import type { Flagged, HttpClient } from '../../../../src/pipeline/httpClient.ts';
import type { Operation, OperationRequest } from '../../../../src/contract/operation.ts';
import { buildRequest, targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import type { CallOptions } from '../../../../src/contract/call.ts';
import { guarded } from '../../../../src/contract/events.ts';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
import type { HubspotClient } from '../../../../src/services/hubspot/hubspotClient.ts';
import { hubspotSimulator } from '../../../../sandbox/hubspot/hubspotSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';

export interface SentCall {
  readonly operation: Operation<unknown>;
  readonly request: HttpRequest;
  readonly options: CallOptions | undefined;
}

export type Wire = (request: HttpRequest) => HttpResponse;

const notPlayed = (): never => {
  throw new Error('circuits and figures are not played here');
};

/** Makes single attempts over a chosen wire, and records them. */
export class RecordingHttpClient implements HttpClient {
  readonly sent: SentCall[] = [];
  readonly #wire: Wire;
  readonly #clock: HandDrivenClock;

  constructor(wire: Wire, clock: HandDrivenClock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  async send<T>(operation: Operation<T>, operationRequest: OperationRequest, options?: CallOptions): Promise<Flagged<T>> {
    const target = targetFrom(hubspot.baseUrl, hubspot.authenticate(hubspot.sandboxSecret));
    const request = buildRequest(target, operation, operationRequest, options?.headers);
    this.sent.push({ operation, request, options });
    const parts = {
      transport: (outgoing: HttpRequest) => Promise.resolve(this.#wire(outgoing)),
      classify: hubspot.classify,
      readQuota: hubspot.readQuota,
      events: guarded([], notPlayed),
      clock: this.#clock,
      onListenerError: notPlayed,
    };
    const site = { service: 'hubspot', operation: operation.name };
    return makeAttempt(parts, operation, request, site, new AbortController().signal) as Promise<Flagged<T>>;
  }

  write<T>(operation: Operation<T>, request: OperationRequest, options?: CallOptions): Promise<Flagged<T>> {
    return this.send(operation, request, options);
  }

  startDeadline(options: CallOptions = {}): CallOptions {
    return { ...options, deadlineAt: this.#clock.now() + (options.deadlineMs ?? 10_000) };
  }

  async healthCheck(operation: Operation<unknown>, request: OperationRequest) {
    await this.send(operation, request);
    return { healthy: true, state: 'closed', latencyMs: 0 } as const;
  }

  getCircuitState = notPlayed;
  getMetrics = notPlayed;
  fallBack = notPlayed;
}

const sandboxRequest = ({ method, path, headers, body }: HttpRequest): SandboxRequest => {
  const [pathname = '', query = ''] = path.split('?');
  return {
    method,
    path: pathname,
    query: new URLSearchParams(query),
    headers,
    body: body === undefined ? undefined : (JSON.parse(body) as unknown),
    malformed: false,
  };
};

const httpResponse = ({ status, headers = {}, body }: SandboxAnswer): HttpResponse => ({
  status,
  headers,
  body: body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body),
});

export const clientOver = (http: HttpClient): HubspotClient => hubspot.mount(http).client;

export interface SimulatedHubspot {
  readonly client: HubspotClient;
  readonly http: RecordingHttpClient;
  readonly simulator: SimulatorInstance;
  readonly clock: HandDrivenClock;
  /** Asks the simulator as a client of HubSpot's would; `target` is path and query below `/crm`. */
  readonly ask: (method: string, target: string, body?: unknown) => SandboxAnswer;
}

export const simulatedHubspot = (): SimulatedHubspot => {
  const clock = new HandDrivenClock();
  const simulator = hubspotSimulator.create({ now: () => clock.wallTime(), random: () => 0.5 });
  const wire = (request: HttpRequest): HttpResponse => httpResponse(simulator.answer(sandboxRequest(request)));
  const http = new RecordingHttpClient(wire, clock);
  const headers = hubspot.authenticate(hubspot.sandboxSecret);
  const ask = (method: string, target: string, body?: unknown): SandboxAnswer => {
    const [path = '', query = ''] = `/crm${target}`.split('?');
    return simulator.answer({ method, path, query: new URLSearchParams(query), headers, body, malformed: false });
  };
  return { client: clientOver(http), http, simulator, clock, ask };
};

/** A client whose every call gets this answer, whatever it asks. */
export const answeredClient = (status: number, body: unknown) => {
  const wire = (): HttpResponse => httpResponse({ status, body });
  const http = new RecordingHttpClient(wire, new HandDrivenClock());
  return { client: clientOver(http), http };
};

/** What a call that must fail failed with. */
export const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
};
