import { expect } from 'chai';
import { figuresOf, percentile } from '../../../lab/drill/drillFigures.ts';
import type { DrillCall } from '../../../lab/drill/drillLoad.ts';
import { attemptsIn } from '../../../lab/drill/drillSandbox.ts';

const outage = { from: 1000, to: 3000 };
const call = (at: number, status = 200, latencyMs = 5, code?: string): DrillCall => ({ at, status, latencyMs, code });
/** A call every 100 ms, served unless said otherwise. */
const calls = (from: number, to: number, status = 200): readonly DrillCall[] =>
  Array.from({ length: (to - from) / 100 }, (_, index) => call(from + index * 100, status));

describe('drill figures', () => {
  it('find the first fast failure by its end, counted from the beginning of the outage', () => {
    const { firstFastFailureMs } = figuresOf([call(1500, 503, 20, 'circuit_open'), call(1400, 503, 700, 'circuit_open')], outage);

    expect(firstFastFailureMs).to.equal(520);
  });

  it('have no first fast failure where the circuit stayed closed', () => {
    expect(figuresOf(calls(0, 5000, 502), outage).firstFastFailureMs).to.equal(null);
  });

  it('count callers, latencies and answers of the outage only', () => {
    const during = [call(1000, 504, 4000, 'upstream_timeout'), call(2000, 503, 2, 'circuit_open'), call(2999, 503, 1, 'circuit_open')];

    const figures = figuresOf([call(999, 200, 9000), ...during, call(3000, 200, 9000)], outage);

    expect(figures.callers).to.equal(3);
    expect(figures.latencyMs).to.deep.equal({ p50: 2, p99: 4000, max: 4000 });
    expect(figures.answers).to.deep.equal({ '503 circuit_open': 2, '504 upstream_timeout': 1 });
  });

  it('tell calls without any answer by the error of the socket', () => {
    expect(figuresOf([call(1000, 0, 1, 'ECONNREFUSED')], outage).answers).to.deep.equal({ 'no answer ECONNREFUSED': 1 });
  });

  it('take recovery from the end of the outage to the first wholly good second', () => {
    const after = [...calls(3000, 3500, 503), call(3500), ...calls(3600, 3800, 503), ...calls(3800, 6000)];

    expect(figuresOf(after, outage).recoveryMs).to.equal(800);
  });

  it('call recovery immediate when nobody failed after the outage', () => {
    expect(figuresOf(calls(3000, 5000), outage).recoveryMs).to.equal(0);
  });

  it('see no recovery in a good second that was not observed to its end', () => {
    expect(figuresOf([...calls(3000, 4000, 503), ...calls(4000, 4900)], outage).recoveryMs).to.equal(null);
  });

  it('count calls that failed before the outage, but not those that the outage caught', () => {
    const { unservedInWarmUp } = figuresOf([call(100, 429), call(200, 404), call(300), call(900, 504, 4000)], outage);

    expect(unservedInWarmUp).to.equal(1);
  });

  it('take percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1), percentile([], 0.5)]).to.deep.equal([
      50, 99, 100, 0,
    ]);
  });

  it('add up the attempts of one service, first ones and retries apart', () => {
    const metrics = [
      '# TYPE upstream_attempts_total counter',
      'upstream_attempts_total{service="hubspot",operation="get_contact",attempt="first",outcome="success"} 10',
      'upstream_attempts_total{service="hubspot",operation="get_contact",attempt="first",outcome="upstream_timeout"} 2',
      'upstream_attempts_total{service="hubspot",operation="get_contact",attempt="retry",outcome="upstream_timeout"} 3',
      'upstream_attempts_total{service="lemlist",operation="get_team",attempt="first",outcome="success"} 50',
    ].join('\n');

    expect(attemptsIn(metrics, 'hubspot')).to.deep.equal({ first: 12, retry: 3 });
  });
});
