/**
 * The contract of a service's simulator: pure request in, answer out; faults, sockets and the log are the sandbox's.
 * Replayable: equal times, chance and requests bring about equal accounts, which is what recorded seeds rest on.
 */
import type { SimulatedEvent, WebhookStyle } from './webhooks.ts';

/** What the sandbox knows of the requests of a service on the wire. */
export interface OpenConnections {
  /** Requests that are not answered yet, this one among them. */
  readonly open: number;
  /** When clients left before they were answered, by the simulator's time; the latest hundred. */
  readonly abandonedAt: readonly number[];
}

export interface SandboxRequest {
  readonly method: string;
  /** Below the service's prefix, decoded nowhere: `/crm/objects/2026-03/contacts/1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `undefined` for none, or where it does not parse (then `malformed` is set). */
  readonly body: unknown;
  readonly malformed: boolean;
  /** For services that limit connections; absent where nobody counts. */
  readonly connections?: OpenConnections;
}

export interface SandboxAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object or array is sent as JSON; a string as it is, with the content type given or `text/plain`. */
  readonly body?: unknown;
}

/** What a simulator is given: time and seeded chance, so that a run can be replayed. */
export interface SimulatorParts {
  /** Wall-clock ms. */
  readonly now: () => number;
  /** [0, 1). */
  readonly random: () => number;
  /** Told of what webhooks tell, when it happens; absent where nobody listens. */
  readonly emit?: (event: SimulatedEvent) => void;
}

export interface SimulatorInstance {
  answer(request: SandboxRequest): SandboxAnswer;
  /** Throttles as the service does: its own 429 with its own headers. For the fault `throttle`. */
  throttled(request: SandboxRequest): SandboxAnswer;
  /** Named states of the account that no request can bring about, such as `daily_limit` or `out_of_credits`. */
  readonly scenarios: Readonly<Record<string, () => void>>;
  /** The service's own error body for a status; for the fault `error`. */
  failure(status: number): SandboxAnswer;
  /** Back to the seeds, and out of every scenario. */
  reset(): void;
  /**
   * Does what has become due, where the service puts work off: requests do it too, but webhooks can't wait for the next.
   *
   * @returns Whether there was something to do.
   */
  settle?(): boolean;
}

export interface Simulator {
  readonly name: string;
  /** How it tells of events; absent where it knows of none. */
  readonly webhooks?: WebhookStyle;
  create(parts: SimulatorParts): SimulatorInstance;
}

/** A simulator as data and handlers over one account, which holds everything that changes: records, limits, the scenario in force. */
export interface SimulatorDefinition<Account> {
  readonly name: string;
  readonly webhooks?: WebhookStyle;
  /** The account as its seeds have it. */
  readonly open: (parts: SimulatorParts) => Account;
  readonly answer: (account: Account, request: SandboxRequest) => SandboxAnswer;
  readonly throttled: (account: Account, request: SandboxRequest) => SandboxAnswer;
  readonly failure: (account: Account, status: number) => SandboxAnswer;
  readonly scenarios: Readonly<Record<string, (account: Account) => void>>;
  readonly settle?: (account: Account) => boolean;
  /** Adds what every answer carries, such as a request's id. */
  readonly finish?: (account: Account, answer: SandboxAnswer) => SandboxAnswer;
}

export const defineSimulator = <Account>(definition: SimulatorDefinition<Account>): Simulator => {
  const {
    name,
    webhooks,
    open,
    scenarios,
    settle = () => false,
    finish = (_account: Account, answer: SandboxAnswer) => answer,
  } = definition;
  return {
    name,
    ...(webhooks === undefined ? {} : { webhooks }),
    create: (parts) => {
      let account = open(parts);
      return {
        answer: (request) => finish(account, definition.answer(account, request)),
        throttled: (request) => finish(account, definition.throttled(account, request)),
        failure: (status) => finish(account, definition.failure(account, status)),
        scenarios: Object.fromEntries(
          Object.entries(scenarios).map(([scenario, enter]) => [
            scenario,
            () => {
              enter(account);
            },
          ]),
        ),
        settle: () => settle(account),
        reset: () => {
          account = open(parts);
        },
      };
    },
  };
};

export const withHeaders = (answer: SandboxAnswer, headers: SandboxAnswer['headers']): SandboxAnswer => ({
  ...answer,
  headers: { ...headers, ...answer.headers },
});

export const noContent: SandboxAnswer = { status: 204 };
