import { expect } from 'chai';
import type { JobState, QueueDepth } from '../../../src/queue/durableQueue.ts';
import type { QueueReading } from '../../../src/queue/queueMaintenance.ts';
import { healthReport, type HealthSource } from '../../../src/routes/healthReport.ts';
import { healthText } from '../../../src/routes/healthText.ts';
import { plainHttp } from '../../support/plainHttp.ts';
import { closedCircuit, startWebGateway } from '../web/webGateway.ts';

const at = Date.UTC(2026, 10, 21, 19, 0, 3);
const MINUTE_MS = 60_000;

const depth = (service: string, jobs: Partial<Record<JobState, number>> = {}, oldestAgeMs?: number): QueueDepth => ({
  service,
  jobs: { queued: 0, running: 0, succeeded: 0, failed: 0, uncertain: 0, cancelled: 0, ...jobs },
  ...(oldestAgeMs !== undefined && { oldestAcceptedAt: at - oldestAgeMs }),
});

const sourceOf = (reading: Partial<QueueReading>): HealthSource => ({
  phase: () => 'ready',
  circuits: () => [closedCircuit],
  quotas: () => [],
  cache: () => ({ entries: 3, bytes: 30, maxBytes: 100 }),
  queue: () => ({ engine: 'embedded', up: true, at, depths: [], ...reading }),
  build: { version: '1.2.3', sha: 'abc1234', configHash: '0123456789ab', startedAt: at - MINUTE_MS },
  runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitopen',
});

const reportOf = (reading: Partial<QueueReading>) => healthReport(sourceOf(reading), new Map(), at + 2000);

describe('health report of the queue', () => {
  it('passes an empty queue, by its engine and the moment of the last look', () => {
    const report = reportOf({});

    const time = '2026-11-21T19:00:03.000Z';
    expect(report).to.include({ status: 'pass', description: 'all circuits closed' });
    expect(report.checks['queue:store']).to.deep.equal([
      { componentType: 'datastore', observedValue: 'up', engine: 'embedded', status: 'pass', time },
    ]);
    expect(report.checks['queue:oldestJob']).to.deep.equal([{ observedValue: 0, observedUnit: 's', limit: 900, status: 'pass', time }]);
    expect(report.checks['queue:deadLetters']).to.deep.equal([
      { observedValue: 0, observedUnit: 'jobs', services: {}, status: 'pass', time },
    ]);
  });

  it('says how many writes wait, and for which services', () => {
    const report = reportOf({ depths: [depth('hubspot', { queued: 2, running: 1 }, 1000), depth('kit')] });

    expect(report.checks['queue:waitingJobs']?.[0]).to.deep.include({ observedValue: 3, services: { hubspot: 3 }, status: 'pass' });
    expect(healthText(report)).to.match(/queue:waitingJobs +3/u);
  });

  it('warns of a store that is down, and keeps this process ready', async () => {
    const source = sourceOf({ up: false, engine: 'bullmq', reason: 'Redis has no memory left: raise its maxmemory' });
    const gateway = await startWebGateway({ health: source });

    const report = reportOf({ up: false, engine: 'bullmq', reason: 'Redis has no memory left: raise its maxmemory' });
    const ready = await plainHttp(`${gateway.url}/health/ready`);
    await gateway.stop();

    expect(report).to.include({
      status: 'warn',
      description:
        'all circuits closed; queue store down, Redis has no memory left: raise its maxmemory: writes are made or refused, none is queued',
    });
    expect(report.checks['queue:store']?.[0]).to.include({
      observedValue: 'down',
      output: 'Redis has no memory left: raise its maxmemory',
      engine: 'bullmq',
      status: 'warn',
    });
    expect(ready.status).to.equal(200);
  });

  it('warns of a job that has waited longer than an outage may last, and names the oldest of all services', () => {
    const waits = reportOf({ depths: [depth('hubspot', { queued: 2 }, 15 * MINUTE_MS), depth('kit', { queued: 1 }, 4000)] });
    const tooLong = reportOf({ depths: [depth('kit', { queued: 1 }, 4000), depth('hubspot', { queued: 2 }, 15 * MINUTE_MS + 1000)] });

    expect(waits.status).to.equal('pass');
    expect(waits.checks['queue:oldestJob']?.[0]).to.include({ observedValue: 900, status: 'pass' });
    expect(tooLong).to.include({ status: 'warn', description: 'all circuits closed; a job has waited for 901 s' });
    expect(tooLong.checks['queue:oldestJob']?.[0]).to.include({ observedValue: 901, status: 'warn' });
  });

  it('shows dead letters and uncertain jobs by service: each waits for a person, none makes the process ill', () => {
    const report = reportOf({ depths: [depth('hubspot', { failed: 2 }), depth('kit', { failed: 1, uncertain: 3 }), depth('lemlist')] });

    expect(report.status).to.equal('pass');
    expect(report.checks['queue:deadLetters']?.[0]).to.deep.include({
      observedValue: 3,
      services: { hubspot: 2, kit: 1 },
      status: 'warn',
    });
    expect(report.checks['queue:uncertainJobs']?.[0]).to.deep.include({ observedValue: 3, services: { kit: 3 }, status: 'warn' });
  });

  it('shows it to people as well', () => {
    const text = healthText(reportOf({ up: false, depths: [depth('hubspot', { queued: 1, failed: 2 }, 4000)] }));

    expect(text).to.match(/^WARN: all circuits closed; queue store down/u);
    expect(text).to.match(/WARN {2}queue:store +down +-\n/u);
    expect(text).to.match(/PASS {2}queue:oldestJob +4 +900\n/u);
    expect(text).to.match(/WARN {2}queue:deadLetters +2 +-\n/u);
  });

  it('has no such checks where there is no queue', () => {
    const { queue: _queue, ...source } = sourceOf({});

    const report = healthReport(source, new Map(), at);

    expect(Object.keys(report.checks).filter((name) => name.startsWith('queue'))).to.deep.equal([]);
  });
});
