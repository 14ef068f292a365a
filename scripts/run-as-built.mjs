/**
 * `node --import ./scripts/run-as-built.mjs file.ts`: runs TypeScript as the compiler would have emitted it. tsx adds a call
 * for every function that is made, so that stack traces have names: a sixth of the time of a call through the pipeline, and
 * nothing that is shipped. For benchmarks.
 */
import { register } from 'node:module';

register('./compile-on-load.mjs', import.meta.url);
