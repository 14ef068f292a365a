/** One call of a caller, on its way through a rival. */
export interface LabCall {
  /** From 0, in order of arrival; probes of a rival's own have negative ones. */
  readonly index: number;
  /** Which of the scenario's services it is for, from 0. */
  readonly service: number;
  readonly operation: string;
  /** ms since the run began. */
  readonly startedAt: number;
  /** Requests that reached the service on its behalf. */
  attempts: number;
}
