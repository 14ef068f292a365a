import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { asksForShort, readDrillArguments } from '../../lab/drill/drillArguments.ts';
import { drillServices } from '../../lab/drill/drillSubjects.ts';
import { metricTable } from '../../src/monitoring/metricTable.ts';
import { policyOf } from '../../src/services/serviceSettings.ts';
import { findDeadLinks, tableRows } from '../support/markdown.ts';
import { noQuotas, type ServiceQuotas } from '../../src/contract/quotaRule.ts';
import { kitQuotas } from '../../src/services/kit/kitCredential.ts';
import type { Service } from '../../src/services/provider.ts';
import { readSandboxArguments } from '../../sandbox/server/sandboxSettings.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { parseApiKeys } from '../../src/web/apiKeysFile.ts';
import { readChaosArguments } from '../../lab/chaos/chaosArguments.ts';
import { readFleetArguments } from '../../lab/fleet/fleetArguments.ts';
import { parseLabArguments } from '../../lab/laboratory/labArguments.ts';
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

/** What stands for something of the reader's own. */
const examples: Readonly<Record<string, string>> = {
  '<service>': 'hubspot',
  '<fault>': 'hang',
  '<id>': 'crm-sync',
  '<scope>…': 'hubspot:read',
  name: 'pipeline',
};

/** Files and folders of the code that a document names; those of the made-up service are the reader's own. */
const namedFiles = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/`((?:src|sandbox|lab|test|scripts)\/[\w./-]*)`/gu)]
    .map(([, named = '']) => named)
    .filter((named) => !/\/(?:acme|NAME)\//u.test(named));

const oneOf =
  (known: readonly string[]) =>
  (given: readonly string[]): void => {
    const unknown = given.filter((each) => !known.includes(each));
    if (unknown.length > 0) throw new Error(`there is no ${unknown.join()}`);
  };
const refuseAny = oneOf([]);

/** Reads what a script is given, and throws where it would refuse it; those that are not here take nothing. */
const readers: Readonly<Record<string, (given: readonly string[]) => unknown>> = {
  drill: (given) => asksForShort(given) || readDrillArguments(given, [...drillServices, 'acme']),
  chaos: readChaosArguments,
  fleet: readFleetArguments,
  lab: (given) => parseLabArguments(given, {}),
  sandbox: readSandboxArguments,
  attack: oneOf(['--short']),
  size: oneOf(['--check']),
  trace: ([method, place]) => new URL(String(place), `http://${String(method)}.invalid`),
  'test:watch': (given) => given.map((file) => file === 'FILE' || readText(file)),
  t: (given) => given.map((file) => file === 'FILE' || readText(file)),
  bench: oneOf(readdirSync(path.join(root, 'lab/bench/benchmarks')).map((file) => path.basename(file, '.ts'))),
  key: ([id, ...scopes]) => parseApiKeys(JSON.stringify([{ id, sha256: '5f'.repeat(32), scopes }])),
};

const RUN = /\bnpm (?:run (?<run>[\w:]+)|(?<known>start|test|ci)\b)(?: \[?-- (?<given>[^\]`\n|#]*))?/gu;

const runsIn = (markdown: string): readonly { readonly script: string; readonly given: readonly string[] }[] =>
  [...markdown.matchAll(RUN)].map(({ groups }) => ({
    script: groups?.['run'] ?? groups?.['known'] ?? '',
    given: (groups?.['given'] ?? '')
      .split('-->', 1)
      .join('')
      .split(' ')
      .filter((each) => each !== '')
      .map((each) => examples[each] ?? each),
  }));

describe('The documents', () => {
  for (const file of documents) {
    it(`have no dead link in ${file}`, () => {
      expect(findDeadLinks(file)).to.deep.equal([]);
    });
  }

  it('name only files that there are', () => {
    const gone = documents
      .flatMap((file) => namedFiles(readText(file)).map((named) => [file, named] as const))
      .filter(([, named]) => !existsSync(path.join(root, named)));

    expect(gone).to.deep.equal([]);
  });

  it('would be told of a file that is gone', () => {
    expect(namedFiles('See `src/gone.ts`, `src/services/acme/` and `lab/`.')).to.deep.equal(['src/gone.ts', 'lab/']);
  });

  it('list every decision on the map', () => {
    const decisions = readdirSync(path.join(root, 'docs/decisions')).filter((name) => name.endsWith('.md'));

    for (const decision of decisions) expect(readText('docs/README.md')).to.include(`(decisions/${decision})`);
  });

  it('show each policy as it is', () => {
    const text = readText('docs/policies.md');
    const policies = Object.fromEntries(Object.values<Service>(serviceRegistry).map((service) => [service.name, policyOf(service)]));

    expect(text, 'copy this table into docs/policies.md').to.include(serviceTable(policies));
    expect(text, 'copy this table into docs/policies.md').to.include(commonTable(policies));
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

  it('name every script of package.json in CONTRIBUTING, and none that is not there', () => {
    const [, section = ''] = /^## Commands\n([\s\S]*?)^## /mu.exec(readText('CONTRIBUTING.md')) ?? [];
    const named = [...section.matchAll(/`npm (?:run )?([\w:]+)(?![\w:])[^`]*`/gu)].map(([, script]) => script);

    const meant = Object.keys(manifest.scripts).filter((script) => !script.startsWith('pre'));
    expect(named).to.have.members(meant);
  });

  it('name only scripts that there are, with arguments that they take', () => {
    const refused = documents.flatMap((file) =>
      runsIn(readText(file)).flatMap(({ script, given }) => {
        if (!Object.hasOwn(manifest.scripts, script) && script !== 'ci') return [`${file}: npm run ${script}`];
        try {
          // A bare name is but mentioned.
          if (given.length > 0) (readers[script] ?? refuseAny)(given);
          return [];
        } catch (error) {
          return [`${file}: npm run ${script} -- ${given.join(' ')}: ${String(error)}`];
        }
      }),
    );

    expect(refused).to.deep.equal([]);
  });

  for (const planted of [
    'npm run drill -- hubspot rain',
    'npm run nothing',
    'npm run chaos -- cueue',
    'npm run fleet -- outage --second 5',
    'npm run lint -- --quick',
  ]) {
    it(`would be told of a wrong \`${planted}\``, () => {
      const [{ script, given } = { script: '', given: [] }] = runsIn(`\`${planted}\``);

      const take = () => {
        if (!Object.hasOwn(manifest.scripts, script)) throw new Error('there is no such script');
        (readers[script] ?? refuseAny)(given);
      };

      expect(take).to.throw();
    });
  }

  it('give a reason for every dependency, and for none that is gone', () => {
    const rows = tableRows(readText('docs/decisions/0006-dependencies.md'));
    const given = rows.flatMap(([packages = '']) => packages.split(', '));

    expect(given).to.have.members([...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]);
    for (const [packages = '', why = ''] of rows) expect(why, packages).to.have.length.greaterThan(5);
  });
});
