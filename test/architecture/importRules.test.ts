import { expect } from 'chai';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { buildPlantedHouse, offenderOf } from './plantedHouse.ts';
import { findImportViolations, projectRoot, type Violation } from './project.ts';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  readonly forbidden: readonly { readonly name: string; readonly severity: string }[];
};
const rules = config.forbidden.map((rule) => rule.name);

describe('import rules', () => {
  it('are kept by the whole source', function () {
    this.timeout(30_000);

    const violations = findImportViolations(projectRoot).map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

    expect(violations).to.deep.equal([]);
  });

  it('stop the build, each of them', () => {
    expect(config.forbidden.filter((rule) => rule.severity !== 'error')).to.deep.equal([]);
    expect(new Set(rules).size).to.equal(rules.length);
  });

  describe('on a house that breaks them all', () => {
    let house: string;
    let violations: readonly Violation[];

    before(function () {
      this.timeout(30_000);
      house = buildPlantedHouse(rules);
      violations = findImportViolations(house);
    });

    after(() => {
      rmSync(house, { recursive: true, force: true });
    });

    for (const rule of rules) {
      it(`report ${rule}`, () => {
        const offenders = violations.filter((violation) => violation.rule.name === rule).map((violation) => violation.from);

        expect(offenders).to.include(offenderOf(rule));
      });
    }
  });
});
