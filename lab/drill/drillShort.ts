/**
 * `npm run drill -- --short`: the drills of CI, and what each is held to (docs/load/drills.md).
 */
import { readDrillArguments, type DrillArguments } from './drillArguments.ts';
import type { DrillResult } from './drillRun.ts';

interface Bounds {
  /** All in ms, but the number of calls. */
  readonly firstFastFailureMs?: number;
  readonly sentIntoOutage?: number;
  readonly p99Ms?: number;
  /** From the end of the outage; of a service whose health operation alone goes on failing, from the end of the open time. */
  readonly recoveryMs: number;
}

export interface ShortDrill {
  readonly settings: DrillArguments;
  readonly bounds: Bounds;
}

const drillOf = (fault: string, bounds: Bounds, services: readonly string[], ...options: readonly string[]): ShortDrill => ({
  settings: readDrillArguments(['hubspot', fault, '--seconds', '30', ...options], services),
  bounds,
});

export const shortDrills = (services: readonly string[]): readonly ShortDrill[] => [
  drillOf('hang', { firstFastFailureMs: 1200, sentIntoOutage: 25, p99Ms: 1000, recoveryMs: 3000 }, services, '--real-limits'),
  drillOf('error', { firstFastFailureMs: 300, sentIntoOutage: 15, p99Ms: 100, recoveryMs: 2000 }, services),
  // A warm-up that used up the quota leaves some ten attempts a second, and five make the evidence (docs/decisions/0009).
  drillOf('error', { firstFastFailureMs: 900, sentIntoOutage: 15, p99Ms: 400, recoveryMs: 2000 }, services, '--real-limits'),
  drillOf('health-404', { recoveryMs: 3000 }, services, '--real-limits'),
];

/** A sentence for each bound that was missed. */
export const missedBounds = ({ settings, bounds }: ShortDrill, result: DrillResult): readonly string[] => {
  const openMs = settings.fault.startsWith('health-') ? (result.openTimeLeftMs ?? 0) : 0;
  const measured = {
    firstFastFailureMs: ['first fast failure, ms', result.firstFastFailureMs],
    sentIntoOutage: ['calls sent into the outage', result.sentIntoOutage],
    p99Ms: ['callers’ p99, ms', result.latencyMs.p99],
    recoveryMs: [
      openMs > 0 ? 'served again after the open time, ms' : 'served again after, ms',
      result.recoveryMs === null ? null : result.recoveryMs - openMs,
    ],
  } as const;
  return (Object.keys(measured) as (keyof Bounds)[]).flatMap((name) => {
    const [[what, value], bound] = [measured[name], bounds[name]];
    if (bound === undefined || (value !== null && value <= bound)) return [];
    return [
      `${settings.service} ${settings.fault}: ${what}: ${value === null ? 'never' : value.toFixed(0)}, at most ${String(bound)} allowed`,
    ];
  });
};

/**
 * Runs them side by side; one that misses a bound gets a second try, for a busy machine is late for reasons of its own.
 *
 * @returns what was missed twice, a sentence each.
 */
export const runShortDrills = async (
  drills: readonly ShortDrill[],
  run: (settings: DrillArguments) => Promise<DrillResult>,
  say: (line: string) => void,
): Promise<readonly string[]> => {
  const attempt = async (drill: ShortDrill): Promise<readonly string[]> => missedBounds(drill, await run(drill.settings));
  const missed = await Promise.all(
    drills.map(async (drill) => {
      const first = await attempt(drill);
      for (const line of first) say(`missed, once more: ${line}`);
      return first.length === 0 ? first : attempt(drill);
    }),
  );
  return missed.flat();
};
