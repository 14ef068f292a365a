/**
 * What a health report is made of, in the words of `application/health+json`.
 */
export type HealthStatus = 'pass' | 'warn' | 'fail';

/** One look at one thing. */
export interface HealthCheck {
  readonly status: HealthStatus;
  readonly time: string;
  readonly observedValue: string | number;
  readonly observedUnit?: string;
  readonly [member: string]: unknown;
}
