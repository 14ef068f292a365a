import { expect } from 'chai';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { findLockFaults, type LockFile } from '../../scripts/lock-complete.mjs';
import { anchorsOf, danglingReferences } from './commentReferences.ts';
import { projectFiles, projectRoot, readProjectFile, readProjectJson } from './project.ts';

const files = projectFiles();
const isText = (file: string): boolean => !/\.(png|ico|gz|woff2?)$/.test(file);

const relativeLinks = (file: string): readonly string[] =>
  [...readProjectFile(file).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^[a-z]+:/.test(link));

const isDeadLink = (file: string, link: string): boolean => {
  const [target = '', anchor] = link.split('#');
  const place = target === '' ? file : path.join(path.dirname(file), decodeURIComponent(target));
  if (!existsSync(path.join(projectRoot, place))) return true;
  return anchor !== undefined && place.endsWith('.md') && !anchorsOf(readProjectFile(place)).includes(anchor);
};

describe('conventions of the documents', () => {
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    it(`lead every link of ${file} somewhere`, () => {
      const dead = relativeLinks(file).filter((link) => isDeadLink(file, link));

      expect(dead).to.deep.equal([]);
    });
  }
});

describe('conventions of the comments', () => {
  const documents = files.filter((name) => name.endsWith('.md'));
  const commented = files.filter((name) => /^(src|sandbox|lab|test|scripts|types)\/.*\.(ts|mts|mjs|lua|yml)$/.test(name));

  it('point only to documents and headings that are in the repository', () => {
    const dangling = commented.flatMap((file) =>
      danglingReferences(file, readProjectFile(file), documents).map((reference) => `${file}: ${reference}`),
    );

    expect(dangling).to.deep.equal([]);
  });

  // Put together here, so that this file does not break its own rule.
  const [docs, md, decision, trap, section, letter] = ['docs', 'md', 'decision', 'trap', '\u00A7', 'E'];

  for (const [file, comment, reference] of [
    ['planted.ts', `/** Opens on evidence (${docs}/gone.${md}). */`, `${docs}/gone.${md}`],
    ['planted.ts', `// See ${docs}/algorithms.${md}#nowhere.`, `${docs}/algorithms.${md}#nowhere`],
    ['planted.ts', `/* The port of the fleet (${docs}/decisions/9999). */`, `${docs}/decisions/9999`],
    ['planted.ts', `// A permit for each attempt (${decision} 9999).`, `${decision} 9999`],
    ['planted.ts', `/** As plan.${md} has it. */`, `plan.${md}`],
    ['planted.mjs', `// The table of design ${section}5.`, `${section}5`],
    ['planted.ts', `/* Fences what is late (${trap} 4). */`, `${trap} 4`],
    ['planted.lua', `-- Wald's test (${letter}4).`, `(${letter}4)`],
  ] as const) {
    it(`may not say "${comment}"`, () => {
      expect(danglingReferences(file, `${comment}\n`, documents)).to.deep.equal([reference]);
    });
  }

  it('may point to a document, a heading, a decision and a section of an RFC', () => {
    const comment = `/** ${docs}/policies.${md}, ${docs}/algorithms.${md}#ramp, ${docs}/decisions/0002, RFC 9110 ${section}10.2.3 */`;

    expect(danglingReferences('planted.ts', comment, documents)).to.deep.equal([]);
  });
});

describe('conventions of the files', () => {
  // Put together here, so that this file does not break its own rule.
  const homes = new RegExp(['home', 'root', 'Users', 'work'].map((folder) => `(?<![\\w.$}])/${folder}/[\\w.-]+`).join('|'));
  const registry = new RegExp(['registry', '(npmjs|yarnpkg|npmmirror)'].join('\\.'));

  it('name no path of one machine', () => {
    const offenders = files.filter((file) => isText(file) && homes.test(readProjectFile(file)));

    expect(offenders).to.deep.equal([]);
  });

  it('name no package registry', () => {
    const offenders = files.filter((file) => isText(file) && registry.test(readProjectFile(file)));

    expect(offenders).to.deep.equal([]);
  });

  it('switch no rule off, and leave nothing for later', () => {
    const marks = new RegExp(
      ['eslint-' + 'disable', '@ts-' + '(ignore|expect-error|nocheck)', '\\b(TO' + 'DO|FIX' + 'ME|XX' + 'X)\\b'].join('|'),
    );
    const code = files.filter((file) => /^(src|test|scripts|types)\/.*\.(ts|mts|mjs)$/.test(file));

    expect(code.filter((file) => marks.test(readProjectFile(file)))).to.deep.equal([]);
  });
});

describe('conventions of the packages', () => {
  interface Manifest {
    readonly scripts: Readonly<Record<string, string>>;
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly overrides: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  }
  const manifest = readProjectJson('package.json') as Manifest;

  it('pin every version exactly', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );

    expect(loose).to.deep.equal([]);
  });

  it('have a lock file that every npm accepts', () => {
    expect(findLockFaults(readProjectJson('package-lock.json') as LockFile, manifest)).to.deep.equal([]);
  });

  it('have the scripts that the README and the continuous integration call', () => {
    const promised = ['build', 'start', 'dev', 'sandbox', 'drill', 'load', 'test', 'typecheck', 'lint', 'imports'];

    expect(Object.keys(manifest.scripts)).to.include.members(promised);
  });

  it('call only script files that exist', () => {
    const called = Object.values(manifest.scripts).flatMap((script) => script.match(/(scripts|src|test)\/[\w./-]+\.(ts|mjs)/g) ?? []);

    expect(called.filter((file) => !existsSync(path.join(projectRoot, file)))).to.deep.equal([]);
  });
});

describe('findLockFaults', () => {
  const lock: LockFile = {
    packages: {
      '': {},
      'node_modules/whole': { optionalDependencies: { 'whole-linux': '1.0.0' } },
      'node_modules/whole-linux': {},
      'node_modules/shared': {},
    },
  };

  it('accepts a complete lock', () => {
    expect(findLockFaults(lock, { overrides: { whole: { shared: '$shared' }, pinned: '1.0.0' } })).to.deep.equal([]);
  });

  it('names an optional dependency without an entry', () => {
    const broken = { packages: { ...lock.packages, 'node_modules/partial': { optionalDependencies: { 'partial-mac': '1.0.0' } } } };

    expect(findLockFaults(broken, {})).to.deep.equal(['partial-mac, optional for partial, has no entry']);
  });

  it('names a package that tells its registry', () => {
    const broken = { packages: { ...lock.packages, 'node_modules/told': { resolved: 'https://registry.invalid/told.tgz' } } };

    expect(findLockFaults(broken, {})).to.deep.equal(['told names its registry in "resolved"']);
  });

  it('names a second copy of what an override makes one', () => {
    const broken = { packages: { ...lock.packages, 'node_modules/whole/node_modules/shared': {} } };

    expect(findLockFaults(broken, { overrides: { whole: { shared: '$shared' } } })).to.deep.equal([
      'shared must be there once, as "overrides" says',
    ]);
  });
});
