import { expect } from 'chai';
import { parse } from 'dotenv';
import { renderPage, renderSample } from '../../scripts/settings-docs.ts';
import { processSettings, redisSettings, serviceSettings } from '../../src/config/settings.ts';
import { readProjectFile } from './project.ts';

describe('documents of the settings', () => {
  it('are current: docs/configuration.md says what the rules say', () => {
    const page = readProjectFile('docs/configuration.md');

    expect(page, 'run npx tsx scripts/settings-docs.ts').to.equal(renderPage(page));
  });

  it('are current: .env.example says what the rules say', () => {
    expect(readProjectFile('.env.example'), 'run npx tsx scripts/settings-docs.ts').to.equal(renderSample());
  });

  it('change nothing when the sample is copied as it is', () => {
    expect(parse(readProjectFile('.env.example'))).to.deep.equal({});
  });

  it('give examples that the rules accept', () => {
    const sample = parse(readProjectFile('.env.example').replaceAll(/^#(?=[A-Z])/gm, ''));
    const rules = {
      ...processSettings,
      ...redisSettings,
      ...Object.fromEntries(Object.entries(serviceSettings).map(([name, rule]) => [`HUBSPOT_${name}`, rule])),
    };

    const refused = Object.entries(rules).filter(([name, rule]) => sample[name] === undefined || !rule.safeParse(sample[name]).success);

    expect(refused.map(([name]) => name)).to.deep.equal([]);
  });
});
