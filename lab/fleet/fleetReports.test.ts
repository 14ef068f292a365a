import { expect } from 'chai';
import { brokenReport } from './brokenReport.ts';
import type { BrokenRun } from './brokenRun.ts';
import { faultsReport } from './faultsReport.ts';
import type { FaultRun } from './faultsRun.ts';
import type { OutageFigures } from './outageFigures.ts';
import { outageReport } from './outageReport.ts';
import { quotaReport } from './quotaReport.ts';
import type { QuotaFigures } from './quotaRun.ts';
import type { PartReport } from './reportShape.ts';

const missed = ({ goals }: PartReport): readonly string[] => goals.filter(({ isKept }) => !isKept).map(({ what }) => what);

const program = 'built';
const seed = 1;

describe('the report of outages', () => {
  const usual: OutageFigures = {
    firstFastFailureMs: 500,
    firstFastFailureCall: 1,
    callers: 1200,
    latencyMs: { p50: 4, p99: 20, max: 500 },
    answers: {},
    recoveryMs: 2000,
    unservedInWarmUp: 0,
    sent: 30,
    allOpenMs: 600,
    probes: 24,
    mostProbes: 1,
  };
  const settings = { program, seed, service: 'hubspot', callsPerSecond: 20, warmUpMs: 20_000, outageMs: 60_000, afterMs: 15_000 } as const;
  const report = (together: Partial<OutageFigures>, one: Partial<OutageFigures> = {}): PartReport => {
    const run = { one: { ...usual, ...one }, apart: { ...usual, sent: 90 }, together: { ...usual, ...together } };
    return outageReport([{ title: '503s', firstFastFailureMs: 1000, runs: [run] }], settings);
  };

  it('is content with half as many again as one replica sends', () => {
    expect(missed(report({ sent: 45 }))).to.deep.equal([]);
  });

  const breaches: readonly (readonly [what: string, together: Partial<OutageFigures>, goal: string])[] = [
    ['more calls than that', { sent: 46 }, '503s: calls sent by three with Redis, against one'],
    ['four probes in a window', { mostProbes: 4 }, '503s: probes of three with Redis in any 2.5 s'],
    ['a replica that never refused a call', { allOpenMs: null, mostProbes: 0 }, '503s: probes of three with Redis in any 2.5 s'],
    ['a late first refusal', { firstFastFailureMs: 1100 }, '503s: first fast failure of three with Redis'],
    ['callers who were never served again', { recoveryMs: null }, '503s: all served again by three with Redis'],
  ];
  for (const [what, together, goal] of breaches) {
    it(`sees ${what}`, () => {
      expect(missed(report(together))).to.deep.equal([goal]);
    });
  }

  it('proves nothing by a provider that nobody called', () => {
    expect(missed(report({ sent: 0 }, { sent: 0 }))).to.deep.equal(['503s: calls sent by three with Redis, against one']);
  });

  it('takes the middle of several seeds, and of probes the most', () => {
    const runs = [10, 60, 20].map((sent) => ({
      one: { ...usual, sent: 20 },
      together: { ...usual, sent, mostProbes: sent === 60 ? 9 : 1 },
    }));

    const { goals } = outageReport([{ title: '503s', firstFastFailureMs: 1000, runs }], settings);

    expect(goals.map(({ measured }) => measured).slice(0, 2)).to.deep.equal(['1.00×', '9']);
  });
});

describe('the report of one replica without a network', () => {
  const usual: BrokenRun = {
    healthyUnserved: 0,
    healthyCalls: 400,
    healthyDisturbed: 0,
    healthyLooks: 80,
    brokenOpenMs: 700,
    unreadyMs: 3000,
    reason: 'alone in failing hubspot, lemlist',
    readyAgainMs: 2000,
    servedAgainMs: 2500,
  };
  const report = (run: Partial<BrokenRun>): PartReport =>
    brokenReport({ ...usual, ...run }, { program, seed, callsPerSecond: 15, warmUpMs: 15_000, brokenMs: 20_000, afterMs: 20_000 });

  it('is content when the others do not notice, and the broken one tells and comes back', () => {
    expect(missed(report({}))).to.deep.equal([]);
  });

  it('sees a call that a healthy replica lost, and a circuit that it opened', () => {
    expect(missed(report({ healthyUnserved: 1, healthyDisturbed: 2 }))).to.deep.equal([
      'calls lost by the healthy two',
      'circuits opened at the healthy two',
    ]);
  });

  it('sees a broken replica that never turned unready', () => {
    expect(missed(report({ unreadyMs: null, reason: undefined }))).to.deep.equal([
      'the broken one turns unready',
      'and says why',
      'it is ready again by itself',
    ]);
  });

  it('does not take a phase of the process for a reason', () => {
    expect(missed(report({ reason: 'draining' }))).to.deep.equal(['and says why']);
  });
});

describe('the report of what befell Redis', () => {
  const usual: FaultRun = { calls: 900, failed: 0, failures: [], p99Ms: 20, slowestMs: 40, noticedBy: 3, upAgainMs: 500 };
  const spared: FaultRun = { ...usual, noticedBy: 0, upAgainMs: 0 };
  const report = (killed: Partial<FaultRun>): PartReport =>
    faultsReport(
      { killed: { struck: { ...usual, ...killed }, spared }, flushed: { struck: { ...usual, noticedBy: 0 }, spared } },
      { program, seed, callsPerSecond: 30, warmUpMs: 5000, holdMs: 6000, afterMs: 20_000 },
    );

  it('is content where no call is lost; what empties Redis need not be noticed', () => {
    expect(missed(report({}))).to.deep.equal([]);
  });

  it('sees a lost call, a late one, a replica that does not say so, and one that stays alone', () => {
    const { goals } = report({ failed: 1, failures: ['503 queue_unavailable'], p99Ms: 171, noticedBy: 2, upAgainMs: null });

    expect(goals.filter(({ isKept }) => !isKept).map(({ measured }) => measured)).to.deep.equal([
      '1: 503 queue_unavailable',
      '0.15 s',
      '2',
      'never',
    ]);
  });
});

describe('the report of quotas', () => {
  const usual: QuotaFigures = { service: 'hubspot', sent: 2000, throttled: 2, usedShare: 0.9, calls: 2700, served: 1800 };
  const settings = { program, seed, services: ['hubspot'], warmUpMs: 60_000, measureMs: 120_000 } as const;
  const report = (together: Partial<QuotaFigures>): PartReport =>
    quotaReport({ apart: [usual], together: [{ ...usual, ...together }] }, settings);

  it('is content with one 429 in a thousand calls and nine tenths of the quota', () => {
    expect(missed(report({}))).to.deep.equal([]);
  });

  it('sees more 429s, and a quota left unused', () => {
    expect(missed(report({ throttled: 3, usedShare: 0.89 }))).to.deep.equal(['hubspot: 429s of all calls', 'hubspot: quota used']);
  });

  it('proves nothing by a provider that nobody called', () => {
    expect(missed(report({ sent: 0, throttled: 0, usedShare: 0 }))).to.deep.equal(['hubspot: 429s of all calls', 'hubspot: quota used']);
  });
});
