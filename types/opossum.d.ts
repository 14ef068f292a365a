/**
 * opossum 9 as far as we use it, written down because @types/opossum lacks `options`, and types what it has
 * otherwise than the library behaves (docs/decisions/0003-opossum-as-engine.md).
 */
declare module 'opossum' {
  import type { EventEmitter } from 'node:events';

  export interface OpossumOptions {
    readonly name: string;
    readonly group?: string;
    readonly timeout: false;
    /** Milliseconds; read at each opening, so a write takes effect at the next one. */
    resetTimeout: number;
    readonly errorThresholdPercentage: number;
    readonly rollingCountTimeout: number;
    readonly rollingCountBuckets: number;
    readonly rollingPercentilesEnabled: boolean;
    readonly enableSnapshots: boolean;
    readonly rotateBucketController: EventEmitter;
  }

  export default class Opossum extends EventEmitter {
    constructor(action: (outcome: Promise<unknown>) => Promise<unknown>, options: OpossumOptions);
    readonly name: string;
    readonly options: OpossumOptions;
    readonly opened: boolean;
    readonly closed: boolean;
    readonly halfOpen: boolean;
    readonly stats: Readonly<Record<'fires' | 'successes' | 'failures' | 'rejects', number>>;
    fire(outcome: Promise<unknown>): Promise<unknown>;
    open(): void;
    close(): void;
    shutdown(): void;
    on(event: string, listener: (...values: never[]) => void): this;
  }
}
