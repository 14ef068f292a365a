import { expect } from 'chai';
import { CallStatistics } from '../../../src/pipeline/httpClient.ts';

const ended = (count: number, latencyMs: (call: number) => number): CallStatistics => {
  const statistics = new CallStatistics();
  for (let call = 0; call < count; call += 1) {
    statistics.begun();
    statistics.answered('upstream', latencyMs(call));
  }
  return statistics;
};

describe('call statistics', () => {
  it('give mean and percentiles, whatever the order of the calls', () => {
    const { latencyMs } = ended(1_000, (call) => (call * 7) % 1_000).metrics;

    expect(latencyMs).to.deep.equal({ mean: 499.5, p50: 500, p95: 950, p99: 990 });
  });

  it('forget latencies older than the last thousand calls, but no counts', () => {
    const { latencyMs, requests } = ended(1_500, (call) => (call < 500 ? 60_000 : 10)).metrics;

    expect({ latencyMs, requests }).to.deep.equal({ latencyMs: { mean: 10, p50: 10, p95: 10, p99: 10 }, requests: 1_500 });
  });

  it('count each source of an answer once', () => {
    const statistics = new CallStatistics();
    for (const source of ['upstream', 'cache', 'coalesced', 'stale', 'static'] as const) {
      statistics.begun();
      statistics.answered(source, 1);
    }
    statistics.begun();
    statistics.failed(1);

    expect(statistics.metrics).to.include({
      requests: 6,
      successes: 3,
      fallbacks: 2,
      cacheHits: 1,
      failures: 1,
      successRate: 0.5,
      inFlight: 0,
    });
  });
});
