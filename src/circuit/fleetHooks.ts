/**
 * What a circuit, and those who look after it, ask of the fleet it is part of. Answers come at once: nothing here is a
 * command to the store that a call would wait for.
 */
import type { Sign } from './detection/detector.ts';
import type { CircuitChanged } from '../contract/events.ts';
import type { LocalTrial } from './recovery/localTrial.ts';
import type { Trial } from './recovery/trial.ts';

/** Held by a circuit that is part of a fleet. Nothing here throws. */
export interface FleetHooks {
  /** An attempt was judged, and has had its effect. */
  judged(sign: Sign): void;
  /** The circuit has changed. */
  changed(event: CircuitChanged): void;
  /** The trial of a half-open time that begins: with the fleet's leave where there is one, else by the rules of this process. */
  trial(own: LocalTrial): Trial;
  /** The circuit is shut down, for good. */
  ended(): void;
}

/** Whose turn it is to look whether a service is back, where many replicas could. */
export interface FleetLooks {
  /** Whether to look now, where each replica looks every so many ms. Never rejects: without the fleet's word everyone looks. */
  mayLook(everyMs: number): Promise<boolean>;
  /** A look has found the service well: the trial begins, everywhere. Never rejects. */
  foundWell(): Promise<void>;
}
