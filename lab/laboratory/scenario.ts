/**
 * A scenario as data: one file each in `scenarios/`, named after it. A new file is a new scenario; nothing else changes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const positive = z.number().positive();

/** How a service treats a request. What is left out is as in health. */
const behaviourSchema = z.strictObject({
  /** Log-normal: the median in ms, and the standard deviation of its logarithm. */
  latency: z.strictObject({ medianMs: positive, spread: z.number().nonnegative() }).optional(),
  /** Multiplies the latency; from the first value to the second over the phase. */
  slowFactor: z.tuple([positive, positive]).optional(),
  /** So many are answered with this status, after so many ms. */
  failures: z.strictObject({ share, status: z.union([z.literal(500), z.literal(503)]), afterMs: positive }).optional(),
  /** So many are never answered. */
  hangs: share.optional(),
  /** So many are answered 429. */
  throttled: z.strictObject({ share, retryAfterSeconds: positive }).optional(),
});

const phaseSchema = z.strictObject({
  seconds: positive,
  /** The service is not well: what detection and recovery are measured against. */
  fault: z.boolean().default(false),
  behaviour: behaviourSchema.default({}),
  /** By name, where an operation fares otherwise than the rest. */
  operations: z.record(z.string(), behaviourSchema).default({}),
  /**
   * Capacity comes back slowly: from one share of the offered load to another. Whoever asks for more than there is kills
   * the service again for a while.
   */
  warming: z.strictObject({ fromShare: positive, toShare: positive, collapseSeconds: positive }).optional(),
});

const scenarioSchema = z.strictObject({
  /** For people. */
  title: z.string().min(10),
  /** `outage`: nothing works for a while. `partial`: some of it works. `steady`: as bad as that always. */
  kind: z.enum(['outage', 'partial', 'steady']),
  /** The load is shared evenly among so many services that fare alike, each behind a circuit of its own. */
  services: z.int().min(1).max(6).default(1),
  /** The load is shared evenly among these. */
  operations: z.array(z.string().min(1)).min(1).default(['read']),
  phases: z.array(phaseSchema).min(1),
});

export type Behaviour = z.infer<typeof behaviourSchema>;
/** With nothing left out. */
export type FullBehaviour = { readonly [Part in keyof Behaviour]-?: NonNullable<Behaviour[Part]> };
export type Phase = z.infer<typeof phaseSchema>;
export interface Scenario extends z.infer<typeof scenarioSchema> {
  /** The file's name. */
  readonly name: string;
}

/** Health, in every scenario: 80 ms in the middle, 260 ms at the 99th percentile, one error in 500. */
export const HEALTH = {
  latency: { medianMs: 80, spread: 0.5 },
  slowFactor: [1, 1],
  failures: { share: 0.002, status: 500, afterMs: 80 },
  hangs: 0,
  throttled: { share: 0, retryAfterSeconds: 1 },
} as const satisfies FullBehaviour;

/** @throws {Error} naming the scenario and every field at fault. */
export const parseScenario = (name: string, content: unknown): Scenario => {
  const parsed = scenarioSchema.safeParse(content);
  if (!parsed.success) throw new Error(`The scenario "${name}" is not one:\n${z.prettifyError(parsed.error)}`);
  const { operations, phases } = parsed.data;
  const unknown = phases.flatMap((phase) => Object.keys(phase.operations)).find((operation) => !operations.includes(operation));
  if (unknown !== undefined) throw new Error(`The scenario "${name}" has no operation "${unknown}"`);
  return { name, ...parsed.data };
};

const FOLDER = new URL('./scenarios/', import.meta.url);

/** All of them, by name. */
export const loadScenarios = (folder: URL = FOLDER): readonly Scenario[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => parseScenario(file.replace(/\.json$/u, ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8'))));
