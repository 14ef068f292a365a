/**
 * opossum-prometheus on our registry, so that boards made for it keep working: `circuit` and `circuit_perf`.
 */
import EngineMetrics, { type ObservedCircuit } from 'opossum-prometheus';
import type { Registry } from 'prom-client';

export class EngineObserver {
  readonly #metrics: EngineMetrics;
  readonly #seen = new Set<string>();

  constructor(registry: Registry) {
    this.#metrics = new EngineMetrics({ registry });
  }

  /**
   * Counts a circuit's events from now on; a second time changes nothing, where the library would count twice. It counts
   * only the events that somebody already listens to, so the engine has its own listeners in place by now.
   */
  observe(circuit: ObservedCircuit): void {
    if (this.#seen.has(circuit.name)) return;
    this.#seen.add(circuit.name);
    this.#metrics.add(circuit);
  }
}
