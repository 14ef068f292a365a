import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { countExpectations, readAlerts, readRules, ruleTestFiles } from '../support/alertingRules.ts';
import { createBusyMetrics } from '../support/exampleMetrics.ts';
import { findUnknown } from '../support/promql.ts';
import { headingAnchors, readText, root } from '../support/repoFiles.ts';
import { Scrape } from '../support/scrape.ts';
import { toolPath } from '../support/tools.ts';

const RUNBOOK = 'docs/runbooks/circuit-breaker-runbook.md';

/** @throws {Error} with promtool's own words, unless it is content. */
const promtool = async (...parameters: readonly string[]): Promise<string> =>
  (await promisify(execFile)(toolPath('promtool'), parameters, { cwd: root })).stdout;

describe('The alerting rules', function () {
  this.timeout(20_000);

  it('pass promtool with every lint on', async () => {
    expect(await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'alerting_rules.yml')).to.include('SUCCESS');
  });

  it('fire and keep silent as their tests say', async () => {
    const answer = await promtool('test', 'rules', ...ruleTestFiles());

    expect(answer.match(/SUCCESS/gu)).to.have.length(ruleTestFiles().length);
  });

  it('are loaded by a Prometheus that accepts prometheus.yml', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).to.match(/1 rule files found/u);
  });

  for (const { alert } of readAlerts()) {
    it(`have ${alert} shown firing, and silent where it can be`, () => {
      const { fires, silent } = countExpectations(alert);

      expect(fires).to.be.at.least(1);
      if (alert !== 'Watchdog') expect(silent).to.be.at.least(1);
    });
  }

  it('rest only on metrics and labels that /metrics really shows', async () => {
    const known = new Map(new Scrape((await createBusyMetrics().render()).body).labelNames());
    for (const { record } of readRules()) if (record !== undefined) known.set(record, new Set());

    const unknown = readRules().flatMap(({ expr }) => findUnknown(expr, known));

    expect(unknown).to.deep.equal([]);
  });

  it('say for every alert how bad it is, what it is and where to read on', () => {
    for (const { alert, labels, annotations } of readAlerts()) {
      expect(labels?.['severity'], alert).to.be.oneOf(['critical', 'warning', 'none']);
      expect(annotations, alert).to.have.all.keys('summary', 'description', 'runbook_url');
    }
  });

  it('point at headings that the runbook has, one for each alert', () => {
    const anchors = headingAnchors(readText(RUNBOOK));

    for (const { alert, annotations } of readAlerts()) {
      expect(annotations?.['runbook_url']).to.equal(`${RUNBOOK}#${alert.toLowerCase()}`);
      expect(anchors).to.include(alert.toLowerCase());
    }
  });

  it('have no heading in the runbook for an alert that is gone', () => {
    const [, section = ''] = /^## The alerts\n([\s\S]*?)^## /mu.exec(readText(RUNBOOK)) ?? [];
    const headings = [...section.matchAll(/^### (\w+)$/gmu)].map(([, heading]) => heading);

    expect(headings).to.have.members(readAlerts().map(({ alert }) => alert));
  });
});

describe('A query’s check against the metrics', () => {
  const known = new Map([['hits_total', new Set(['service'])]]);

  it('finds a metric that is not there', () => {
    expect(findUnknown('rate(hit_total[5m]) > 0', known)).to.deep.equal(['metric hit_total']);
  });

  it('finds a label that the metric does not have, in a matcher and in a grouping', () => {
    const unknown = findUnknown('sum by (circuit) (rate(hits_total{name="x"}[5m]))', known);

    expect(unknown).to.deep.equal(['label name of hits_total', 'label circuit']);
  });

  it('refuses what is no PromQL', () => {
    expect(() => findUnknown('sum(rate(', known)).to.throw(SyntaxError);
  });
});

describe('The metrics', () => {
  it('pass promtool’s lint, opossum-prometheus’ own two names left out', async () => {
    const { body } = await createBusyMetrics().render();
    const ours = body
      .split('\n\n')
      .filter((family) => !/^# HELP circuit(_perf)? /u.test(family))
      .join('\n');

    const child = spawn(toolPath('promtool'), ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(`${ours.trimEnd()}\n`);
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);

    expect(said).to.equal('');
    expect(status).to.equal(0);
  });
});
