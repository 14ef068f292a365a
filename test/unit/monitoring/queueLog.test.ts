import { expect } from 'chai';
import type { Logger } from '../../../src/logging/logger.ts';
import { queueLog } from '../../../src/monitoring/queueLog.ts';

type Line = readonly [level: string, fields: unknown, message: string];

const recorder = (): { readonly logger: Logger; readonly lines: readonly Line[] } => {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (fields: unknown, message: string): void => {
      lines.push([level, fields, message]);
    };
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => logger };
  return { logger, lines };
};

const job = { id: 'job_1', service: 'hubspot', operation: 'create_contact', requestId: 'request-1' };

describe('The log of jobs', () => {
  it('names a job by its id when it comes, with the request that it came with', () => {
    const { logger, lines } = recorder();

    queueLog(logger).jobAccepted?.(job);

    const fields = { jobId: 'job_1', service: 'hubspot', operation: 'create_contact', requestId: 'request-1' };
    expect(lines).to.deep.equal([['info', fields, 'a write was queued']]);
  });

  it('warns of what a person has to look at, and only mentions what goes on by itself', () => {
    const { logger, lines } = recorder();
    const log = queueLog(logger);
    const told = { ...job, waitedMs: 10, attempts: 1 };

    log.jobExecuted?.({ ...told, outcome: 'succeeded', reason: undefined });
    for (const outcome of ['failed', 'uncertain', 'retry', 'postponed'] as const)
      log.jobExecuted?.({ ...told, outcome, reason: 'a_reason' });

    expect(lines.map(([level]) => level)).to.deep.equal(['info', 'warn', 'warn', 'debug', 'debug']);
    expect(lines[1]?.[1]).to.deep.equal({
      jobId: 'job_1',
      service: 'hubspot',
      operation: 'create_contact',
      requestId: 'request-1',
      reason: 'a_reason',
      waitedMs: 10,
      attempts: 1,
    });
  });
});
