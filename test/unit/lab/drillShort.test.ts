import { expect } from 'chai';
import { missedBounds, runShortDrills, shortDrills } from '../../../lab/drill/drillShort.ts';
import type { DrillResult } from '../../../lab/drill/drillRun.ts';

const good: DrillResult = {
  firstFastFailureMs: 250,
  firstFastFailureCall: 5,
  callers: 600,
  latencyMs: { p50: 3, p99: 60, max: 300 },
  answers: {},
  recoveryMs: 1900,
  unservedInWarmUp: 0,
  sentIntoOutage: 9,
  healthChecksSent: 20,
  retryAmplification: 1,
  openTimeLeftMs: null,
};
const bad: DrillResult = {
  ...good,
  firstFastFailureMs: 301,
  sentIntoOutage: 16,
  latencyMs: { p50: 3, p99: 101, max: 300 },
  recoveryMs: null,
};

describe('short drills', () => {
  const drills = shortDrills(['hubspot']);
  const byFault = (fault: string) => drills.filter(({ settings }) => settings.fault === fault);
  const errors = byFault('error').filter(({ settings }) => !settings.realLimits);

  it('miss no bound with figures that are within all of them', () => {
    expect(drills.flatMap((drill) => missedBounds(drill, good))).to.deep.equal([]);
  });

  it('name each bound that an outage by errors misses', () => {
    expect(errors.flatMap((drill) => missedBounds(drill, bad))).to.deep.equal([
      'hubspot error: first fast failure, ms: 301, at most 300 allowed',
      'hubspot error: calls sent into the outage: 16, at most 15 allowed',
      'hubspot error: callers’ p99, ms: 101, at most 100 allowed',
      'hubspot error: served again after, ms: never, at most 2000 allowed',
    ]);
  });

  it('give a service whose health operation goes on failing its open time', () => {
    const missed = (recoveryMs: number) =>
      byFault('health-404').flatMap((drill) => missedBounds(drill, { ...good, openTimeLeftMs: 9000, recoveryMs }));

    expect(missed(12_000)).to.deep.equal([]);
    expect(missed(12_001)).to.deep.equal(['hubspot health-404: served again after the open time, ms: 3001, at most 3000 allowed']);
  });

  it('are run once more where a bound is missed, and fail if it is missed again', async () => {
    const runs: string[] = [];
    const resultOf = (fault: string): DrillResult => (fault === 'error' || runs.filter((run) => run === fault).length < 2 ? bad : good);

    const missed = await runShortDrills(
      [...byFault('hang'), ...errors],
      ({ fault }) => {
        runs.push(fault);
        return Promise.resolve(resultOf(fault));
      },
      () => undefined,
    );

    expect(runs.sort()).to.deep.equal(['error', 'error', 'hang', 'hang']);
    expect(missed)
      .to.have.length(4)
      .and.satisfy((lines: readonly string[]) => lines.every((line) => line.startsWith('hubspot error: ')));
  });
});
