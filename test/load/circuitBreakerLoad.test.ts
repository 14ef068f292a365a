/**
 * The load test (`npm run load`; not part of `npm test`): an outage by hanging and one by 503s, unprotected,
 * the plan as written, and ours, side by side in one run. Takes about three minutes; only loopback is loaded.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { ServiceMode } from '../../lab/load/failingService.ts';
import { runOutage, type OutageFigures, type OutagePlan } from '../../lab/load/outage.ts';
import { page, picture, table, type OutageReport } from '../../lab/load/report.ts';
import { rivals } from '../../lab/load/rivals.ts';

const PLAN: OutagePlan = { ratePerSecond: 20, warmUpMs: 5000, outageMs: 40_000, afterMs: 40_000 };
const PAGES = new URL('../../docs/load/', import.meta.url);

const measure = async (fault: ServiceMode, title: string): Promise<OutageReport> => {
  const figures = await Promise.all(rivals.map((createRival) => runOutage(createRival, fault, PLAN)));
  const report = { title, figures };
  console.log(`\n${table(report)}`);
  return report;
};

const pick = ({ figures }: OutageReport, name: string): OutageFigures => {
  const found = figures.find(({ rival }) => rival === name);
  if (found === undefined) throw new Error(`no figures of ${name}`);
  return found;
};

const isBetter = (report: OutageReport): void => {
  const ours = pick(report, 'ours');
  const plan = pick(report, 'the plan as written');
  expect(ours.firstFastFailureMs ?? Infinity).to.be.below(plan.firstFastFailureMs ?? Infinity);
  expect(ours.callsSent).to.be.below(plan.callsSent);
  expect(ours.p99Ms).to.be.below(plan.p99Ms);
  expect(ours.firstFastFailureMs ?? Infinity).to.be.below(2000);
  expect(ours.p99Ms).to.be.below(2500);
  expect(ours.recoveryMs ?? Infinity).to.be.below(6500);
};

describe('circuit breaker under load', () => {
  const reports: OutageReport[] = [];

  after(async () => {
    await mkdir(PAGES, { recursive: true });
    await writeFile(new URL('circuit-breaker-load.md', PAGES), page(reports, PLAN));
    await writeFile(new URL('circuit-breaker-load.svg', PAGES), picture(reports, PLAN));
  });

  it('fails fast, spares the service and recovers better than the plan when the service hangs', async () => {
    const report = await measure('hang', 'the service hangs');
    reports.push(report);

    isBetter(report);
  });

  it('fails fast, spares the service and recovers better than the plan when the service answers 503', async () => {
    const report = await measure('503', 'the service answers 503');
    reports.push(report);

    isBetter(report);
  });
});
