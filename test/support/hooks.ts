/**
 * Around every run of the suite; mocha loads it by `require` in `.mocharc.json`.
 */
import { findDuplicateTitles } from './duplicateTitles.ts';
import { activeResources, refuseFakedClock, refuseLeftovers, type Resources } from './leakGuard.ts';

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
