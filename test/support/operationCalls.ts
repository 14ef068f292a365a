/**
 * Calls of the operations of one service, each through its operation's circuit and the service's.
 */
import type { CircuitBreaker } from '../../src/circuit/circuitBreaker.ts';
import type { CircuitPolicy } from '../../src/contract/policy.ts';
import { down, failWith, OPEN_MS, succeed, type BreakerHouse } from './breakerHouse.ts';

/** Opens on evidence, so that one failure among good calls is none. */
export const byEvidence: Partial<CircuitPolicy> = { detection: { strategy: 'cusum', threshold: 10 } };

/** Failures in a row that are evidence enough. */
export const ENOUGH = 4;

/** The longest open time of an operation's circuit: twice the first, of which a house whose chance is 0 takes half off. */
export const LONGEST_OPEN_MS = 2 * OPEN_MS;

export const siteOf = (operation: string) => ({ service: 'hubspot', operation });

export const callOf = (breaker: CircuitBreaker, operation: string, attempt: () => Promise<unknown>): Promise<unknown> =>
  breaker.callOperation(attempt, siteOf(operation));

/** One call of each, one after the other; what becomes of them is for the circuits only. */
export const callEach = async (breaker: CircuitBreaker, operations: readonly string[], attempt: () => Promise<unknown>): Promise<void> => {
  for (const operation of operations) await callOf(breaker, operation, attempt).catch(() => undefined);
};

/** Stops one operation alone: it fails often enough, and another is well in between. */
export const stop = async (house: BreakerHouse, breaker: CircuitBreaker, operation: string, witness: string): Promise<void> => {
  for (let failed = 0; failed < ENOUGH; failed += 1) {
    await callOf(breaker, operation, failWith(down())).catch(() => undefined);
    await callOf(breaker, witness, succeed);
    await house.time.advance(1);
  }
};
