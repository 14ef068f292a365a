import { expect } from 'chai';
import type { QuotaState } from '../../../src/pipeline/quotaBoard.ts';
import { MAX_DRAINING, roomForJobs, type PaceReadings } from '../../../src/queue/drainPace.ts';

const quota = (fields: Partial<QuotaState>): QuotaState => ({
  service: 'acme',
  window: 'ten_seconds',
  limit: 100,
  remaining: 100,
  at: 0,
  ...fields,
});

const room = (fields: Partial<PaceReadings> = {}): number =>
  roomForJobs({
    circuit: { effectiveState: 'closed' },
    bulkhead: { limit: 20, inFlight: 0 },
    quotas: [],
    draining: 0,
    wallTime: 0,
    ...fields,
  });

describe('the room for jobs', () => {
  it('is for a few at once, however much is left', () => {
    expect(room()).to.equal(MAX_DRAINING);
    expect(room({ draining: 3, bulkhead: { limit: 20, inFlight: 3 } })).to.equal(1);
    expect(room({ draining: 4, bulkhead: { limit: 20, inFlight: 4 } })).to.equal(0);
  });

  it('is none while the circuit is open, by itself or by a person', () => {
    expect(room({ circuit: { effectiveState: 'open' } })).to.equal(0);
    expect(room({ circuit: { effectiveState: 'forced_open' } })).to.equal(0);
  });

  it('is for one while the service is on trial, and as ever where a person lets everything through', () => {
    expect(room({ circuit: { effectiveState: 'half_open' } })).to.equal(1);
    expect(room({ circuit: { effectiveState: 'half_open' }, draining: 1 })).to.equal(0);
    expect(room({ circuit: { effectiveState: 'metrics_only' } })).to.equal(MAX_DRAINING);
  });

  it('is what callers leave of half the bulkhead', () => {
    expect(room({ bulkhead: { limit: 20, inFlight: 8 } })).to.equal(2);
    expect(room({ bulkhead: { limit: 20, inFlight: 10 } })).to.equal(0);
    expect(room({ bulkhead: { limit: 20, inFlight: 25 } })).to.equal(0);
  });

  it('is for one job where the bulkhead has shrunk to nothing and nobody is in it', () => {
    expect(room({ bulkhead: { limit: 1, inFlight: 0 } })).to.equal(1);
    expect(room({ bulkhead: { limit: 1, inFlight: 1 } })).to.equal(0);
  });

  it('is none while a fifth or less of the quota of a day is left: callers go first', () => {
    expect(room({ quotas: [quota({ window: 'day', remaining: 21 })] })).to.equal(MAX_DRAINING);
    expect(room({ quotas: [quota({ window: 'day', remaining: 20 })] })).to.equal(0);
    expect(room({ quotas: [quota({}), quota({ window: 'day', remaining: 0 })] })).to.equal(0);
  });

  it('leaves shorter windows to the governor of the quota', () => {
    expect(room({ quotas: [quota({ remaining: 0 })] })).to.equal(MAX_DRAINING);
  });

  it('goes by no reading that is out of date', () => {
    expect(room({ quotas: [quota({ remaining: 0, window: 'day' })], wallTime: 59_999 })).to.equal(0);
    expect(room({ quotas: [quota({ remaining: 0, window: 'day' })], wallTime: 60_000 })).to.equal(MAX_DRAINING);
  });

  it('goes by no reading that lacks one of its numbers', () => {
    const { limit: _limit, ...unlimited } = quota({ remaining: 0, window: 'day' });

    expect(room({ quotas: [unlimited] })).to.equal(MAX_DRAINING);
  });
});
