/**
 * Writes what people read about the settings from the rules themselves: `.env.example`, and the tables of
 * `docs/configuration.md` between their markers. Run it after a change in `src/config/settings.ts`:
 *
 *   npx tsx scripts/settings-docs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeSetting, processSettings, redisSettings, serviceSettings, type SettingGroup } from '../src/config/settings.ts';
import { serviceRegistry } from '../src/services/registry.ts';

const root = path.resolve(import.meta.dirname, '..');
const page = path.join(root, 'docs/configuration.md');
const sample = path.join(root, '.env.example');

const groups = { process: processSettings, redis: redisSettings, service: serviceSettings } satisfies Record<string, SettingGroup>;

const table = (group: SettingGroup, prefix: string): string =>
  [
    '| variable | meaning | while unset |',
    '|---|---|---|',
    ...Object.entries(group).map(([name, rule]) => {
      const { meaning, unset } = describeSetting(rule);
      return `| \`${prefix}${name}\` | ${meaning} | ${unset} |`;
    }),
  ].join('\n');

/** @param text The page, with a pair of markers for each group. */
export const renderPage = (text: string): string =>
  Object.entries(groups).reduce((written, [name, group]) => {
    const [begin, end] = [`<!-- ${name} settings: written by scripts/settings-docs.ts -->`, `<!-- end of ${name} settings -->`];
    const [before, rest] = written.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) throw new Error(`docs/configuration.md lacks the markers of its ${name} settings`);
    return `${before}${begin}\n${table(group, name === 'service' ? 'X_' : '')}\n${end}${after}`;
  }, text);

const lines = (group: SettingGroup, prefix: string): readonly string[] =>
  Object.entries(group).flatMap(([name, rule]) => {
    const { meaning, unset, example } = describeSetting(rule);
    return [`# ${meaning} Unset: ${unset}.`, `#${prefix}${name}=${example}`, ''];
  });

export const renderSample = (): string =>
  [
    '# Copy to .env and uncomment what differs. Nothing is needed for a first start: see docs/configuration.md.',
    '',
    ...lines(processSettings, ''),
    ...lines(redisSettings, ''),
    ...Object.values(serviceRegistry).flatMap((service) => [
      `# --- ${service.title} ---`,
      '',
      ...lines(serviceSettings, `${service.name.toUpperCase()}_`),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');

if (process.argv[1] === import.meta.filename) {
  writeFileSync(page, renderPage(readFileSync(page, 'utf8')));
  writeFileSync(sample, renderSample());
}
