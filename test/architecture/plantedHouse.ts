/**
 * A house in a temporary folder that breaks every import rule of ours at least once.
 */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from './project.ts';

const lodger = "export const lodger = 'here';\n";

const importing = (...places: readonly string[]): string =>
  [
    ...places.map((place, index) => `import * as part${String(index)} from '${place}';\n`),
    `export const parts = [${places.map((_, index) => `part${String(index)}`).join()}];\n`,
  ].join('');

/** By rule: the file that breaks it, and everything that file needs. */
const planted: Readonly<Record<string, { readonly offender: string; readonly files: Readonly<Record<string, string>> }>> = {
  'no-circles': {
    offender: 'src/wire/egg.ts',
    files: { 'src/wire/hen.ts': importing('./egg.ts'), 'src/wire/egg.ts': importing('./hen.ts') },
  },
  'every-room-has-a-floor': { offender: 'src/attic/ghost.ts', files: { 'src/attic/ghost.ts': importing('node:fs') } },
  'services-are-strangers': {
    offender: 'src/services/hubspot/envious.ts',
    files: { 'src/services/hubspot/envious.ts': importing('../lemlist/lodger.ts'), 'src/services/lemlist/lodger.ts': lodger },
  },
  'stages-are-strangers': {
    offender: 'src/pipeline/stages/cache.ts',
    files: { 'src/pipeline/stages/cache.ts': importing('./retry.ts'), 'src/pipeline/stages/retry.ts': lodger },
  },
  'the-sandbox-comes-lazily': {
    offender: 'src/embeddedSandbox.ts',
    files: { 'src/embeddedSandbox.ts': importing('../sandbox/simulators.ts'), 'sandbox/simulators.ts': lodger },
  },
  'one-place-starts-the-sandbox': {
    offender: 'src/routes/shortcut.ts',
    files: { 'src/routes/shortcut.ts': "export const load = () => import('../../sandbox/simulators.ts');\n" },
  },
  'the-sandbox-knows-no-service': {
    offender: 'sandbox/hubspot/copycat.ts',
    files: { 'sandbox/hubspot/copycat.ts': importing('../../src/services/lemlist/lodger.ts'), 'src/services/lemlist/lodger.ts': lodger },
  },
  'simulators-are-strangers': {
    offender: 'sandbox/hubspot/envious.ts',
    files: { 'sandbox/hubspot/envious.ts': importing('../lemlist/lodger.ts'), 'sandbox/lemlist/lodger.ts': lodger },
  },
  'production-code-stands-alone': {
    offender: 'src/wire/tested.ts',
    files: { 'src/wire/tested.ts': importing('../../test/support/lodger.ts'), 'test/support/lodger.ts': lodger },
  },
  'no-development-packages': { offender: 'src/wire/cheater.ts', files: { 'src/wire/cheater.ts': importing('chai') } },
  'no-undeclared-packages': { offender: 'src/wire/freeloader.ts', files: { 'src/wire/freeloader.ts': importing('body-parser') } },
  'everything-resolves': { offender: 'src/wire/dreamer.ts', files: { 'src/wire/dreamer.ts': importing('./nowhere.ts') } },
  'no-orphans': { offender: 'src/wire/alone.ts', files: { 'src/wire/alone.ts': lodger } },
  'no-junk-drawers': {
    offender: 'src/wire/tidy.ts',
    files: { 'src/wire/tidy.ts': importing('./utils.ts'), 'src/wire/utils.ts': lodger },
  },
};

/** Each floor's first room reaches for the floor above it. */
const rooms = ['time', 'config', 'contract', 'quota', 'pipeline', 'queue', 'fleet', 'monitoring', 'services', 'app', 'compose', 'server'];

const climber = (rule: string) => {
  const floor = Number(/^floor-(\d+)-/.exec(rule)?.[1]);
  const below = rooms[floor];
  const above = rooms[floor + 1];
  if (below === undefined || above === undefined) return undefined;
  const offender = `src/${below}/climber.ts`;
  return { offender, files: { [offender]: importing(`../${above}/lodger.ts`), [`src/${above}/lodger.ts`]: lodger } };
};

const trespasser = (rule: string) => {
  const library = /^(.+)-only-in-its-place$/.exec(rule)?.[1];
  if (library === undefined) return undefined;
  const offender = `src/services/trespasser-${library}.ts`;
  return { offender, files: { [offender]: importing(library) } };
};

/** @returns The file that breaks the rule, or undefined for a rule that nobody thought of here. */
export const offenderOf = (rule: string): string | undefined => (planted[rule] ?? climber(rule) ?? trespasser(rule))?.offender;

/** Builds the house with a violation of each rule; @returns its folder. */
export const buildPlantedHouse = (rules: readonly string[]): string => {
  const house = mkdtempSync(path.join(tmpdir(), 'planted-house-'));
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    cpSync(path.join(projectRoot, name), path.join(house, name));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(house, 'node_modules'));
  for (const rule of rules) {
    for (const [file, text] of Object.entries((planted[rule] ?? climber(rule) ?? trespasser(rule))?.files ?? {})) {
      mkdirSync(path.dirname(path.join(house, file)), { recursive: true });
      writeFileSync(path.join(house, file), text);
    }
  }
  return house;
};
