import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { metricTable } from '../../src/monitoring/metricTable.ts';
import { policyTemplates } from '../../src/resilience/policyTemplates.ts';
import { findDeadLinks, tableRows } from '../support/markdown.ts';
import { noQuotas, type ServiceQuotas } from '../../src/resilience/quota/quotaRule.ts';
import { kitQuotas } from '../../src/services/kit/kitCredential.ts';
import type { Service } from '../../src/services/service.ts';
import { serviceRegistry } from '../../src/services/serviceRegistry.ts';
import { commonTable, quotaTable, serviceTable } from '../support/policyTable.ts';
import { readText, root } from '../support/repoFiles.ts';

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readText('package.json')) as Package;

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('The documents', () => {
  for (const file of documents) {
    it(`have no dead link in ${file}`, () => {
      expect(findDeadLinks(file)).to.deep.equal([]);
    });
  }

  it('list every decision on the map', () => {
    const decisions = readdirSync(path.join(root, 'docs/decisions')).filter((name) => name.endsWith('.md'));

    for (const decision of decisions) expect(readText('docs/README.md')).to.include(`(decisions/${decision})`);
  });

  it('show each policy as it is', () => {
    const text = readText('docs/policies.md');

    expect(text, 'copy this table into docs/policies.md').to.include(serviceTable(policyTemplates));
    expect(text, 'copy this table into docs/policies.md').to.include(commonTable(policyTemplates));
  });

  it('show each quota as it is', () => {
    const { kit: _kit, ...others } = serviceRegistry;
    const declared = Object.values<Service>(others).map(({ name, quotas = noQuotas }): [string, ServiceQuotas] => [name, quotas]);
    const ofKit = { 'kit, API key': kitQuotas('key:x'), 'kit, OAuth': kitQuotas('oauth:x') };

    const expected = quotaTable({ ...Object.fromEntries(declared), ...ofKit });

    expect(readText('docs/policies.md'), 'copy this table into docs/policies.md').to.include(expected);
  });

  it('show each metric with its type, its labels and its meaning', () => {
    const [, section = ''] = /^## Ours\n([\s\S]*?)^## /mu.exec(readText('docs/metrics.md')) ?? [];

    const expected = Object.entries(metricTable).map(([name, { type, labels, help }]) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]);

    expect(tableRows(section)).to.deep.equal(expected);
  });

  it('name every script of package.json in the README, and none that is not there', () => {
    const [, section = ''] = /^## Scripts\n([\s\S]*?)^## /mu.exec(readText('README.md')) ?? [];
    const named = [...section.matchAll(/`npm (?:run )?([\w:]+)(?![\w:])[^`]*`/gu)].map(([, script]) => script);

    const meant = Object.keys(manifest.scripts).filter((script) => !script.startsWith('pre'));
    expect(named).to.have.members(meant);
  });

  it('give a reason for every dependency, and for none that is gone', () => {
    const rows = tableRows(readText('docs/decisions/0006-dependencies.md'));
    const given = rows.flatMap(([packages = '']) => packages.split(', '));

    expect(given).to.have.members([...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]);
    for (const [packages = '', why = ''] of rows) expect(why, packages).to.have.length.greaterThan(5);
  });
});
