/**
 * The fleet as metrics: read at each scrape from what this replica saw last.
 */
import type { Registry } from 'prom-client';
import type { ClusterSource } from '../fleet/clusterView.ts';
import { mirrorGauge } from './metricTable.ts';

/** What a scrape needs of it. */
export type FleetReading = Pick<ClusterSource, 'sharedState' | 'sample' | 'suspected'>;

/** @param read `undefined` in a house that knows of no other replica: its gauges then have no series. */
export const addFleetMetrics = (registry: Registry, services: readonly string[], read: () => FleetReading | undefined): void => {
  mirrorGauge(registry, 'shared_state_up', () => {
    const state = read()?.sharedState ?? 'off';
    return state === 'off' ? [] : [[{ store: 'redis' }, state === 'up' ? 1 : 0] as const];
  });
  mirrorGauge(registry, 'fleet_replicas', () => {
    const reading = read();
    // Who cannot see the others knows of itself.
    return reading === undefined ? [] : [[{}, reading.sample()?.replicas.length ?? 1] as const];
  });
  mirrorGauge(registry, 'replica_self_suspect', () => {
    const suspected = new Set(read()?.suspected);
    return read() === undefined ? [] : services.map((name) => [{ circuit_name: name }, suspected.has(name) ? 1 : 0] as const);
  });
};
