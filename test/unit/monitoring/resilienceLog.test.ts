import { expect } from 'chai';
import type { Logger } from '../../../src/logging/logger.ts';
import { resilienceLog } from '../../../src/monitoring/resilienceLog.ts';

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

describe('The log of circuits', () => {
  it('warns of an opening with its reason, and only mentions the way back', () => {
    const { logger, lines } = recorder();
    const log = resilienceLog(logger);

    log.circuitChanged?.({ circuit: 'hubspot', from: 'closed', to: 'open', reason: 'slow_rate', at: 0, lastedMs: 12.6 });
    log.circuitChanged?.({ circuit: 'hubspot', from: 'open', to: 'half_open', reason: 'open_time_over', at: 0, lastedMs: 5000 });
    log.circuitChanged?.({ circuit: 'hubspot', from: 'half_open', to: 'closed', reason: 'probe_succeeded', at: 0, lastedMs: 90 });

    expect(lines).to.deep.equal([
      ['warn', { circuit: 'hubspot', from: 'closed', to: 'open', reason: 'slow_rate', lastedMs: 13 }, 'circuit opened'],
      [
        'info',
        { circuit: 'hubspot', from: 'open', to: 'half_open', reason: 'open_time_over', lastedMs: 5000 },
        'circuit half-open: the next call is a probe',
      ],
      ['info', { circuit: 'hubspot', from: 'half_open', to: 'closed', reason: 'probe_succeeded', lastedMs: 90 }, 'circuit closed'],
    ]);
  });

  it('names an operation that is stopped alone, so that nobody takes it for the service', () => {
    const { logger, lines } = recorder();
    const log = resilienceLog(logger);
    const change = { circuit: 'hubspot:search', service: 'hubspot', operation: 'search', at: 0, lastedMs: 12.6 };

    log.operationCircuitChanged?.({ ...change, from: 'closed', to: 'open', reason: 'failure_evidence' });
    log.operationCircuitChanged?.({ ...change, from: 'open', to: 'half_open', reason: 'open_time_over' });
    log.operationCircuitChanged?.({ ...change, from: 'half_open', to: 'closed', reason: 'probe_succeeded' });

    const fields = { circuit: 'hubspot:search', lastedMs: 13 };
    expect(lines).to.deep.equal([
      [
        'warn',
        { ...fields, from: 'closed', to: 'open', reason: 'failure_evidence' },
        'circuit of an operation opened; the rest of the service goes on',
      ],
      ['info', { ...fields, from: 'open', to: 'half_open', reason: 'open_time_over' }, 'circuit of an operation half-open'],
      ['info', { ...fields, from: 'half_open', to: 'closed', reason: 'probe_succeeded' }, 'circuit of an operation closed'],
    ]);
  });

  it('warns of an override with its author and reason, and of its end', () => {
    const { logger, lines } = recorder();
    const override = { mode: 'forced_open', reason: 'maintenance', by: 'ops-1', until: 1_790_000_000_000, scope: 'replica' } as const;
    const log = resilienceLog(logger);

    log.overrideChanged?.({ circuit: 'hubspot', override });
    log.overrideChanged?.({ circuit: 'hubspot', override: undefined });

    expect(lines).to.deep.equal([
      ['warn', { circuit: 'hubspot', ...override }, 'circuit override imposed'],
      ['warn', { circuit: 'hubspot' }, 'circuit override ended'],
    ]);
  });
});
