/**
 * The process as metrics: prom-client's own set, and what is running.
 */
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { createGauge } from './metricTable.ts';

/** Gauges that end in `_total`, which promtool refuses; their labelled twins without the ending stay. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Adds CPU, memory, descriptors, garbage collection and event-loop lag. The lag's percentiles are those since the last
 * scrape: two scrapers each see a part.
 */
export const addProcessMetrics = (registry: Registry): void => {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
};

export const addBuildInfo = (registry: Registry, version: string): void => {
  createGauge(registry, 'service_build_info').set({ version, node_version: process.version }, 1);
};
