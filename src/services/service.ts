/**
 * What an upstream service is: one descriptor, one line in the registry.
 */
import type { Classifier } from '../http/classification.ts';
import type { HttpClient } from '../http/httpClient.ts';
import type { DeclaredOperation, Operation, OperationRequest } from '../http/operation.ts';
import type { QuotaReader } from '../http/quota.ts';
import type { PolicyOverrides } from '../resilience/policy.ts';
import type { TemplateName } from '../resilience/policyTemplates.ts';
import type { Simulator } from './simulator.ts';
import type { Route } from '../web/route.ts';

/** What every client can say about itself, besides its own operations. */
export interface ServiceClient {
  getCircuitState(): ReturnType<HttpClient['getCircuitState']>;
  getMetrics(): ReturnType<HttpClient['getMetrics']>;
  healthCheck(): ReturnType<HttpClient['healthCheck']>;
}

export interface ServiceDescriptor<Client extends ServiceClient = ServiceClient> {
  /** Lower case; the route prefix, metric label, circuit name and, in capitals, the prefix of its settings. */
  readonly name: TemplateName;
  /** For people: `HubSpot`. */
  readonly title: string;
  readonly baseUrl: string;
  /** The request headers that carry the credential. */
  readonly authenticate: (secret: string) => Readonly<Record<string, string>>;
  /** A well-formed credential, for the sandbox. */
  readonly sandboxSecret: string;
  readonly overrides?: PolicyOverrides;
  /** Everything the client may do, so that every metric series exists from the start. */
  readonly operations: readonly DeclaredOperation[];
  /** The cheapest thing to ask, to see whether the service is well; `docs/services/` says what it costs. */
  readonly health: { readonly operation: Operation<unknown>; readonly request: OperationRequest };
  readonly classify: Classifier;
  readonly readQuota: QuotaReader;
  readonly createClient: (http: HttpClient) => Client;
  /** Mounted at `/api/<name>`. */
  readonly createRoutes: (client: Client) => readonly Route[];
  /** The simulator; loaded only by the sandbox. */
  readonly loadSimulator: () => Promise<Simulator>;
}

/** A service with its client's type hidden, so that unlike services fit one list without a cast. */
export interface Service<Client extends ServiceClient = ServiceClient> extends Omit<ServiceDescriptor<Client>, 'createClient' | 'createRoutes'> {
  readonly mount: (http: HttpClient) => { readonly client: Client; readonly routes: readonly Route[] };
}

export const defineService = <Client extends ServiceClient>(descriptor: ServiceDescriptor<Client>): Service<Client> => {
  const { createClient, createRoutes, ...rest } = descriptor;
  return {
    ...rest,
    mount: (http) => {
      const client = createClient(http);
      return { client, routes: createRoutes(client) };
    },
  };
};
