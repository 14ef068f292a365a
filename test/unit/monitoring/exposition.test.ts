import { expect } from 'chai';
import { expose, wantsOpenMetrics } from '../../../src/monitoring/exposition.ts';
import { createMetrics } from '../../support/exampleMetrics.ts';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';

describe('The form of a scrape', () => {
  it('is plain text unless OpenMetrics is asked for', () => {
    expect(expose('', undefined).contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(expose('', '*/*').contentType).to.match(/^text\/plain/u);
    expect(expose('', OPEN_METRICS).contentType).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8');
  });

  it('follows the preference that a scraper states', () => {
    expect(wantsOpenMetrics(`${OPEN_METRICS};q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`)).to.equal(true);
    expect(wantsOpenMetrics(`text/plain,${OPEN_METRICS};q=0.5`)).to.equal(false);
    expect(wantsOpenMetrics(`${OPEN_METRICS};q=0`)).to.equal(false);
    expect(wantsOpenMetrics(`${OPEN_METRICS};q=much`)).to.equal(false);
  });

  it('as OpenMetrics names the family without _total, keeps it on the samples, and marks the end', () => {
    const text = '# HELP hits_total Hits.\n# TYPE hits_total counter\nhits_total{a="1"} 3\n\n# TYPE heat gauge\nheat 2\n';

    const { body } = expose(text, OPEN_METRICS);

    expect(body).to.equal('# HELP hits Hits.\n# TYPE hits counter\nhits_total{a="1"} 3\n# TYPE heat gauge\nheat 2\n# EOF\n');
  });

  it('as OpenMetrics keeps the name of a counter that came without _total, as a metric of unknown type', () => {
    const { body } = expose('# HELP circuit Events.\n# TYPE circuit counter\ncircuit{event="open"} 1\n', OPEN_METRICS);

    expect(body).to.equal('# HELP circuit Events.\n# TYPE circuit unknown\ncircuit{event="open"} 1\n# EOF\n');
  });

  it('stays the same plain text after OpenMetrics was asked for', async () => {
    const metrics = createMetrics();
    const before = await metrics.render();

    await metrics.render(OPEN_METRICS);

    expect(await metrics.render()).to.deep.equal(before);
  });
});
