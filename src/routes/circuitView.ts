/**
 * A circuit as people see it: every moment in ISO 8601, and what it is called in the health report.
 */
import { z } from 'zod';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import { detectionSchema } from '../contract/policy.ts';

export const overrideMode = z.enum(['forced_open', 'disabled', 'metrics_only']);

/** ISO 8601, in UTC. */
const moment = z.string().meta({ format: 'date-time' });

export const circuitSchema = z
  .looseObject({
    name: z.string(),
    state: z.enum(['closed', 'half_open', 'open']),
    effectiveState: z.enum(['closed', 'half_open', 'open', ...overrideMode.options]),
    override: z
      .looseObject({ mode: overrideMode, reason: z.string(), by: z.string(), until: moment, scope: z.enum(['replica', 'fleet']) })
      .optional(),
    since: moment.meta({ description: 'Of `state`: while open, the last re-opening.' }),
    outageSince: moment
      .optional()
      .meta({ description: 'When the circuit left `closed`, whatever trials there were since; absent while closed.' }),
    nextProbeAt: moment.optional(),
    reason: z.string(),
    failureRatio: z.number(),
    suspicion: z.number(),
    openings: z.int(),
    lastFailure: z.looseObject({ kind: z.string(), at: moment }).optional(),
    detection: detectionSchema,
    detectionChange: z
      .object({ reason: z.string(), by: z.string(), until: moment })
      .optional()
      .meta({ description: 'Whose change of the thresholds is in force, and until when; absent while they are those of the settings.' }),
    recovery: z
      .object({
        failedHealthChecks: z.int(),
        lastHealthCheck: z.string().optional(),
        trial: z.object({ good: z.int(), out: z.int() }).optional(),
      })
      .optional()
      .meta({ description: 'While not closed: what health checks found, and while half-open the probes of this replica.' }),
    operations: z
      .object({ openCount: z.int(), open: z.array(z.string()), suspect: z.array(z.string()) })
      .meta({ description: 'The operations of the service that are stopped alone, and those under suspicion.' }),
    notice: z.string().optional().meta({ description: 'What the change that was asked for has left in force.' }),
  })
  .meta({ id: 'Circuit' });

export const isoTime = (wallMs: number): string => new Date(wallMs).toISOString();

/** What a person has set for a time. */
const setView = <Change extends { readonly until: number }>(change: Change | undefined) =>
  change && { ...change, until: isoTime(change.until) };

const optionalTime = (wallMs: number | undefined): string | undefined => (wallMs === undefined ? undefined : isoTime(wallMs));

export const circuitView = (circuit: CircuitSnapshot, notice?: string) => {
  const { lastFailure, operations } = circuit;
  return {
    ...circuit,
    override: setView(circuit.override),
    detectionChange: setView(circuit.detectionChange),
    since: isoTime(circuit.since),
    outageSince: optionalTime(circuit.outageSince),
    nextProbeAt: optionalTime(circuit.nextProbeAt),
    lastFailure: lastFailure && { ...lastFailure, at: isoTime(lastFailure.at) },
    operations: { ...operations, open: [...operations.open], suspect: [...operations.suspect] },
    notice,
  };
};

/** Said where an override is still in force after one was to be ended; `undefined` where none is. */
export const stillInForce = ({ override }: CircuitSnapshot): string | undefined => {
  if (override === undefined) return undefined;
  const { mode, scope, by, until } = override;
  return `${mode} of the ${scope}, by ${by}, is still in force until ${isoTime(until)}: DELETE …/override with "scope": "${scope}" ends it`;
};
