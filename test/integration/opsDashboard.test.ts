import { expect } from 'chai';
import { createBusyMetrics } from '../support/exampleMetrics.ts';
import { findUnknown } from '../support/promql.ts';
import { headingAnchors, listFiles, readText } from '../support/repoFiles.ts';
import { Scrape } from '../support/scrape.ts';

interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly repeat?: string;
  readonly gridPos: GridPosition;
  readonly datasource?: { readonly uid: string };
  readonly links?: readonly { readonly url: string }[];
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const RUNBOOK = 'docs/runbooks/circuit-breaker-runbook.md';

/** A query as Grafana would send it: variables filled in. */
const filled = (query: string): string => query.replaceAll('$__rate_interval', '5m').replaceAll(/\$(service|instance)/gu, 'any');

const overlap = (one: GridPosition, other: GridPosition): boolean =>
  one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

const dashboard = JSON.parse(readText('grafana/circuit-breakers.json')) as Dashboard;
const rows = dashboard.panels.filter(({ type }) => type === 'row');
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const variables = dashboard.templating.list;

describe('The Grafana dashboard', () => {
  it('is the only one, so that this test sees all of them', () => {
    expect(listFiles('grafana', '.json')).to.deep.equal(['grafana/circuit-breakers.json']);
  });

  it('lets people choose data source, service, instance and where the runbook is', () => {
    expect(variables.map(({ name }) => name)).to.deep.equal(['datasource', 'service', 'instance', 'runbook']);
    expect(variables.find(({ name }) => name === 'runbook')?.query).to.equal(RUNBOOK);
  });

  it('repeats one row for each service', () => {
    expect(rows.map(({ repeat }) => repeat)).to.deep.equal([undefined, 'service']);
  });

  it('shows of each service its state, rate, failures, latency, fallbacks, cache, retries and quota', () => {
    const ofService = charts.filter(({ gridPos }) => gridPos.y > (rows[1]?.gridPos.y ?? Infinity)).map(({ title }) => title);

    expect(ofService).to.include.members([
      'State by instance',
      'Attempts',
      'Failures',
      'Latency of answered calls',
      'Fallbacks',
      'Cache hits',
      'Retries',
      'Quota left',
    ]);
  });

  it('asks only for metrics and labels that /metrics really shows', async () => {
    const known = new Scrape((await createBusyMetrics().render()).body).labelNames();
    const queries = [...charts.flatMap(({ targets }) => targets ?? []), ...dashboard.annotations.list].map(({ expr }) => filled(expr));

    expect(queries.length).to.be.greaterThan(20);
    expect(queries.flatMap((query) => findUnknown(query, known))).to.deep.equal([]);
  });

  it('reads its choices from a metric that has those labels', async () => {
    const known = new Scrape((await createBusyMetrics().render()).body).labelNames();
    const asked = variables.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));

    const parts = asked.map((query) => /^label_values\((\w+), (\w+)\)$/u.exec(query)?.slice(1) ?? []);

    expect(parts.map(([, label]) => label)).to.deep.equal(['circuit_name', 'instance']);
    for (const [metric = ''] of parts) expect(known.has(metric), metric).to.equal(true);
  });

  for (const { title, description, links, targets, datasource } of charts) {
    it(`explains the panel "${title}", and says where to read on`, () => {
      expect(description).to.have.length.greaterThan(30);
      expect(datasource?.uid).to.equal('${datasource}');
      expect(targets).to.have.length.greaterThan(0);
      const anchors = headingAnchors(readText(RUNBOOK)).map((anchor) => `\${runbook}#${anchor}`);
      expect(links?.map(({ url }) => url)).to.have.length(1);
      expect(anchors).to.include(links?.[0]?.url);
    });
  }

  it('gives every panel an id and a place of its own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    const pairs = charts.flatMap((one, index) => charts.slice(index + 1).map((other) => [one, other] as const));

    expect(new Set(ids)).to.have.property('size', ids.length);
    expect(pairs.filter(([one, other]) => overlap(one.gridPos, other.gridPos))).to.deep.equal([]);
  });
});
