import type { Clock } from '../time/clock.ts';
import type { CircuitRecord } from './circuitRecord.ts';
import type { Sign } from './detection/detector.ts';
import type { LatencyBook } from './detection/latencyBook.ts';
import type { CircuitChanged } from '../contract/events.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import type { Passage } from './passage.ts';
import type { CircuitPolicy } from '../contract/policy.ts';
import type { LocalTrial } from './recovery/localTrial.ts';
import type { Trial } from './recovery/trial.ts';

/** What the state machine of a circuit is built of. */
export interface CircuitStateMachineParts {
  readonly name: string;
  readonly policy: CircuitPolicy;
  /** What an operation's attempts are like, and from when on they count as slow. */
  readonly latencies: Pick<LatencyBook, 'learn' | 'learnSlow' | 'slowMs' | 'probeMs' | 'tellingMs'>;
  /** A probe without an outcome after this long is lost, ms. */
  readonly probeLeaseMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly record: Pick<CircuitRecord, 'entered' | 'failed'>;
  /** What an attempt that is cut off ends with. */
  readonly refusal: (operation: string) => Error;
  readonly onChange: (event: CircuitChanged) => void;
  readonly createEngine: (onHalfOpen: () => void) => OpossumEngine;
  /** Whether what an attempt of this operation has against it is known, and says nothing about this circuit. */
  readonly isExplained?: (operation: string) => boolean;
  /** Asked when the detector has seen enough: `false` leaves the circuit closed, until the next evidence. */
  readonly mayOpen?: () => boolean;
  /** The trial of a half-open time that begins, around the rules of this process; `undefined`: by these alone. */
  readonly trial?: (own: LocalTrial) => Trial | undefined;
  /** Told of each judged attempt, after it has had its effect. */
  readonly onEvidence?: (sign: Sign, passage: Passage) => void;
}
