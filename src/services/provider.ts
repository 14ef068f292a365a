/**
 * What an upstream service is: one descriptor, one line in the registry.
 */
import type { Classifier } from '../contract/classification.ts';
import type { HttpClient } from '../pipeline/httpClient.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';
import type { QuotaReader } from '../pipeline/quota.ts';
import type { PolicyOverrides } from '../contract/policy.ts';
import type { ServiceQuotas } from '../contract/quotaRule.ts';
import type { Route } from '../web/route.ts';

/** What every client can say about itself, besides its own operations. */
export interface ServiceClient {
  getCircuitState(): ReturnType<HttpClient['getCircuitState']>;
  getMetrics(): ReturnType<HttpClient['getMetrics']>;
  healthCheck(): ReturnType<HttpClient['healthCheck']>;
}

/** The cheapest thing to ask, to see whether a service answers. */
export interface Health {
  readonly operation: Operation<unknown>;
  readonly request: OperationRequest;
}

/** Something of the service that we use and that ends; `docs/services/deadlines.md` shows all of them. */
export interface ServiceDeadline {
  /** The day on which it ends, `YYYY-MM-DD`; of a month that is all the service says, the first. */
  readonly endsOn: string;
  /** The day by which we must have acted, so that time is left to see whether it worked. */
  readonly actBy: string;
  /** What ends, in a few words. */
  readonly what: string;
  /** What is to be done. */
  readonly act: string;
}

export interface Service<Client extends ServiceClient = ServiceClient> {
  /** Lower case; the route prefix, metric label, circuit name, and in capitals the prefix of its settings. */
  readonly name: string;
  /** For people: `HubSpot`. */
  readonly title: string;
  readonly baseUrl: string;
  /**
   * Goes before `baseUrl` where the credential decides, such as by a data centre in a key.
   *
   * @throws {Error} if the credential names no place; start-up stops on it, so the message must not repeat the credential.
   */
  readonly baseUrlFor?: (secret: string) => string;
  /** The request headers that carry the credential. */
  readonly authenticate: (secret: string) => Readonly<Record<string, string>>;
  /** A well-formed credential, for the sandbox. */
  readonly sandboxSecret: string;
  /** A read that the sandbox answers, such as `/campaigns`: the start of the process shows how to try it. */
  readonly example?: string;
  /** What is otherwise than in `contract/generalPolicy.ts`. */
  readonly overrides?: PolicyOverrides;
  /** Everything the client may do: every metric series exists from the start, and the queue finds what it kept. */
  readonly operations: readonly Operation<unknown>[];
  /** The cheapest thing to ask, to see whether the service is well; `docs/services/` says what it costs. */
  readonly health: Health;
  /** Announced dates; the start of the process warns when one is near. */
  readonly deadlines?: readonly ServiceDeadline[];
  /** What it allows us, until its headers say otherwise; absent: it limits no rates. */
  readonly quotas?: ServiceQuotas;
  /** Goes before `quotas` where the credential decides. */
  readonly quotasFor?: (secret: string) => ServiceQuotas;
  readonly classify: Classifier;
  readonly readQuota: QuotaReader;
  /** Client and routes, which are mounted at `/api/<name>`; the credential, for services that allow more to one kind than to another. */
  readonly mount: (http: HttpClient, secret?: string) => { readonly client: Client; readonly routes: readonly Route[] };
}
