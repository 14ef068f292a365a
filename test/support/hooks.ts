/**
 * Around every run of the suite; mocha loads it by `require` in `.mocharc.json`.
 */
import { configureGlobal } from 'fast-check';
import { findDuplicateTitles } from './duplicateTitles.ts';
import { activeResources, refuseFakedClock, refuseLeftovers, type Resources } from './leakGuard.ts';

/** Of every property that names none itself: a run of the suite can be repeated. `SEED=` tries others; a failure prints its own. */
configureGlobal({ seed: Number(process.env['SEED'] ?? '20261121') });

let atStart: Resources = new Map();

export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    const root = this.test?.parent;
    const repeated = root === undefined ? [] : findDuplicateTitles(root);
    if (repeated.length > 0) throw new Error(`Titles must be unique, but these stand twice: ${repeated.join('; ')}`);
    atStart = await activeResources();
  },

  afterEach() {
    refuseFakedClock();
  },

  async afterAll() {
    await refuseLeftovers(atStart);
  },
};
