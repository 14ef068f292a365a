/**
 * Several services that failed together, as one incident: what it is called and what it looks like.
 */
import type { CircuitSnapshot } from './circuitState.ts';

/** `local-egress`: nothing gets out of here. `upstream-shared`: they have something in common that fails. `mixed`: unclear. */
export const incidentClasses = ['local-egress', 'upstream-shared', 'mixed'] as const;
export type IncidentClass = (typeof incidentClasses)[number];

/** What failed last, as a circuit remembers it. */
export type LastFailureKind = NonNullable<CircuitSnapshot['lastFailure']>['kind'];

export interface Incident {
  /** Stable while the incident lasts; for logs and tickets. */
  readonly id: string;
  /** Monotonic ms. */
  readonly beganAt: number;
  /** Wall-clock ms of the same moment. */
  readonly since: number;
  /** In the order in which they joined; at least two. */
  readonly services: readonly string[];
  readonly class: IncidentClass;
}

/** Failures before any request reached a service. */
const LOCAL: ReadonlySet<LastFailureKind> = new Set<LastFailureKind>(['dns', 'connect', 'tls']);
/** Failures of services that were reached. */
const SHARED: ReadonlySet<LastFailureKind> = new Set<LastFailureKind>(['http_5xx', 'timeout', 'slow']);

/** A reset connection or a broken answer can be anybody's doing. */
export const classOf = (kinds: readonly LastFailureKind[]): IncidentClass => {
  if (kinds.every((kind) => LOCAL.has(kind))) return 'local-egress';
  return kinds.every((kind) => SHARED.has(kind)) ? 'upstream-shared' : 'mixed';
};

/** A circuit is named after its service, or `<service>:<part>`. */
export const serviceOf = (circuit: string): string => circuit.split(':')[0] ?? circuit;
