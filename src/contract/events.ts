/**
 * What happened, as data, for metrics and logs. Listeners are told through `guarded`: whatever they throw,
 * no call notices.
 */
import type { AnswerSource } from './call.ts';
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { CircuitState, Override } from './circuitState.ts';
import type { ResetScope } from './quotaGate.ts';

export interface AttemptEnded {
  readonly service: string;
  readonly operation: string;
  readonly attempt: 'first' | 'retry';
  readonly outcome: 'success' | ErrorCode;
  readonly durationMs: number;
}

export interface CallEnded {
  readonly service: string;
  readonly operation: string;
  /** The source of the answer, or the code of the error. */
  readonly outcome: AnswerSource | ErrorCode;
  readonly durationMs: number;
}

export interface CircuitChanged {
  readonly circuit: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  /** A constant of ours, such as `failure_rate`, `probe_failed`, `probe_succeeded`, `open_time_over`, `reset`. */
  readonly reason: string;
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
  /** How long the state that ended had lasted, ms. */
  readonly lastedMs: number;
}

/**
 * The circuit of one operation changed, beneath its service's. An event of its own, so that whoever listens to circuits
 * (metrics, incidents, early warnings) hears of services only. `circuit` is `service:operation`.
 */
export interface OperationCircuitChanged extends CircuitChanged {
  readonly service: string;
  readonly operation: string;
}

export interface OverrideChanged {
  readonly circuit: string;
  readonly override: Override | undefined;
}

/** An answer was not what the operation's schema says. */
export interface ContractBroken {
  readonly service: string;
  readonly operation: string;
  /** Names from the schema, such as `results.*.id`, each once; `other` for what it does not name. */
  readonly fields: readonly string[];
}

/** One header by which a service announces that an operation ends. */
export interface DeprecationNotice {
  readonly header: 'deprecation' | 'sunset' | 'warning';
  /** Wall-clock ms: since when it is deprecated, or from when it may be gone; absent where the service gives no date. */
  readonly at?: number;
}

export interface DeprecationSeen {
  readonly service: string;
  readonly operation: string;
  readonly notices: readonly DeprecationNotice[];
}

export type CircuitCallResult = 'success' | 'failure' | 'timeout' | 'ignored' | 'reject';

/** The port. Every method is optional: a listener hears only what it cares for. */
export interface ResilienceEvents {
  attemptEnded?(event: AttemptEnded): void;
  callEnded?(event: CallEnded): void;
  circuitCalled?(circuit: string, result: CircuitCallResult): void;
  circuitChanged?(event: CircuitChanged): void;
  operationCircuitChanged?(event: OperationCircuitChanged): void;
  overrideChanged?(event: OverrideChanged): void;
  /** A person has reset it, whatever state it was in. */
  circuitReset?(circuit: string, scope: ResetScope): void;
  fallbackUsed?(circuit: string): void;
  cacheAsked?(service: string, result: 'hit' | 'stale' | 'miss' | 'coalesced' | 'bypass'): void;
  /** More than four fifths of the places for attempts at the service have come to be in use, or no longer are. */
  bulkheadCrowded?(service: string, isCrowded: boolean): void;
  /** `resetAt`: wall-clock ms at which it is full again, where the service says so. */
  quotaSeen?(
    service: string,
    window: string,
    quota: { readonly limit?: number; readonly remaining?: number; readonly resetAt?: number },
  ): void;
  contractBroken?(event: ContractBroken): void;
  /** Told with every answer that says so. */
  deprecationSeen?(event: DeprecationSeen): void;
}

const EVENTS = Object.keys({
  attemptEnded: true,
  callEnded: true,
  circuitCalled: true,
  circuitChanged: true,
  operationCircuitChanged: true,
  circuitReset: true,
  overrideChanged: true,
  fallbackUsed: true,
  cacheAsked: true,
  bulkheadCrowded: true,
  quotaSeen: true,
  contractBroken: true,
  deprecationSeen: true,
} satisfies Record<keyof ResilienceEvents, true>) as readonly (keyof ResilienceEvents)[];

type AnyListener = Partial<Record<keyof ResilienceEvents, (...details: readonly unknown[]) => void>>;

/** Each event reaches the listeners that have a method for it; one that throws is reported and harms neither the call nor the others. */
export const guarded = (listeners: readonly ResilienceEvents[], onListenerError: (error: unknown) => void): Required<ResilienceEvents> => {
  const publish = (name: keyof ResilienceEvents, details: readonly unknown[]): void => {
    for (const listener of listeners as readonly AnyListener[]) {
      if (listener[name] === undefined) continue;
      try {
        listener[name](...details);
      } catch (error) {
        onListenerError(error);
      }
    }
  };
  const publishers = EVENTS.map(
    (name) =>
      [
        name,
        (...details: readonly unknown[]) => {
          publish(name, details);
        },
      ] as const,
  );
  return Object.fromEntries(publishers) as unknown as Required<ResilienceEvents>;
};
