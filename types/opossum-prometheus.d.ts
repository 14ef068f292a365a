/** opossum-prometheus 0.3 ships no types. It reads three members of a circuit, which is all we hand it. */
declare module 'opossum-prometheus' {
  import type { Registry } from 'prom-client';

  export interface ObservedCircuit {
    readonly name: string;
    eventNames(): readonly (string | symbol)[];
    on(event: string, listener: (...values: never[]) => void): unknown;
  }

  export default class PrometheusMetrics {
    constructor(options: { readonly registry: Registry; readonly metricPrefix?: string });
    add(circuit: ObservedCircuit): void;
  }
}
