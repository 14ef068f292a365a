import { expect } from 'chai';
import { resolvePolicy, type PolicyOverrides } from '../../../src/contract/policy.ts';
import { rateDetection } from '../../../src/contract/generalPolicy.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { DAY_MS, seconds } from '../../../src/time/clock.ts';

const template = policyOf(serviceRegistry.hubspot);
const DURATION = 'must be a number of milliseconds above 0 and below 24 h';
const PERCENT = 'must be a number above 0, up to 100';

/** What a person wrote into a file or an environment: of any type, whatever the compiler thinks. */
const written = (overrides: unknown): PolicyOverrides => overrides as PolicyOverrides;
const rate = (part: Record<string, unknown>) =>
  written({
    circuit: {
      detection: { strategy: 'rate', windowMs: 1000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50, ...part },
    },
  });

const circuit = (part: Record<string, unknown>) => written({ circuit: part });
const evidence = (threshold: unknown) => circuit({ detection: { strategy: 'cusum', threshold } });

describe('Policies', () => {
  it('are their template where nothing is overridden', () => {
    expect(resolvePolicy('hubspot', template)).to.deep.equal(template);
  });

  it('take any part from the overrides, and the rest from the template', () => {
    const policy = resolvePolicy('hubspot', template, { deadlineMs: 9000, retry: { maxAttempts: 1 }, bulkhead: { maxQueued: 0 } });

    expect(policy).to.deep.equal({
      ...template,
      deadlineMs: 9000,
      retry: { ...template.retry, maxAttempts: 1 },
      bulkhead: { ...template.bulkhead, maxQueued: 0 },
    });
  });

  it('may have no recovery probes', () => {
    expect(resolvePolicy('hubspot', template, { circuit: { recoveryProbeMs: 'off' } }).circuit.recoveryProbeMs).to.equal('off');
  });

  it('leave the template as it was', () => {
    const before = structuredClone(template);

    resolvePolicy('hubspot', template, { circuit: { openForMs: 1 } });

    expect(template).to.deep.equal(before);
  });

  it('may reach their limits', () => {
    const policy = resolvePolicy('hubspot', template, {
      attemptTimeoutMs: DAY_MS - 1,
      deadlineMs: DAY_MS - 1,
      circuit: { openForMs: 30, openForCapMs: 30, detection: { ...rateDetection, failureRatePercent: 100 } },
    });

    expect(policy.attemptTimeoutMs).to.equal(policy.deadlineMs);
  });

  const impossible: readonly (readonly [string, PolicyOverrides, string])[] = [
    ['an attempt timeout over the deadline', { attemptTimeoutMs: seconds(11) }, 'attemptTimeoutMs must not exceed deadlineMs'],
    ['a first open time over its cap', { circuit: { openForMs: seconds(31) } }, 'circuit.openForMs must not exceed openForCapMs'],
    ['a duration of zero', { deadlineMs: 0 }, `deadlineMs ${DURATION}`],
    ['a negative duration', { attemptTimeoutMs: -1 }, `attemptTimeoutMs ${DURATION}`],
    ['a duration of a day', { deadlineMs: DAY_MS }, `deadlineMs ${DURATION}`],
    ['an endless duration', { deadlineMs: Number.POSITIVE_INFINITY }, `deadlineMs ${DURATION}`],
    ['a duration that is no number', { attemptTimeoutMs: Number.NaN }, `attemptTimeoutMs ${DURATION}`],
    ['a duration in quotes', written({ attemptTimeoutMs: '4000' }), `attemptTimeoutMs ${DURATION}`],
    ['a window of zero', rate({ windowMs: 0 }), `circuit.detection.windowMs ${DURATION}`],
    ['a percentage of zero', rate({ failureRatePercent: 0 }), 'circuit.detection.failureRatePercent must be above 0'],
    ['a percentage above a hundred', rate({ slowRatePercent: 101 }), 'circuit.detection.slowRatePercent must be at most 100'],
    ['a percentage that is no number', rate({ failureRatePercent: Number.NaN }), `circuit.detection.failureRatePercent ${PERCENT}`],
    ['a percentage in quotes', rate({ failureRatePercent: '50' }), `circuit.detection.failureRatePercent ${PERCENT}`],
    ['no calls at the least', rate({ minimumCalls: 0 }), 'circuit.detection.minimumCalls must be at least 1'],
    ['half a call', rate({ minimumCalls: 1.5 }), 'circuit.detection.minimumCalls must be a whole number'],
    ['no attempt at all', { retry: { maxAttempts: 0 } }, 'retry.maxAttempts must be at least 1'],
    ['attempts without end', { retry: { maxAttempts: Number.POSITIVE_INFINITY } }, 'retry.maxAttempts must be a whole number'],
    ['a budget above all calls', { retry: { budgetPercent: 101 } }, 'retry.budgetPercent must be at most 100'],
    ['a bulkhead without a place', { bulkhead: { maxConcurrent: 0 } }, 'bulkhead.maxConcurrent must be at least 1'],
    ['a queue of less than nothing', { bulkhead: { maxQueued: -1 } }, 'bulkhead.maxQueued must be at least 0'],
    ['a misspelt field', written({ deadlineMS: 5 }), 'deadlineMS is not part of a policy'],
    ['a misspelt field further down', written({ circuit: { resetTimeout: 5 } }), 'circuit.resetTimeout is not part of a policy'],
    ['evidence that one failure could outweigh', evidence(3.9), 'circuit.detection.threshold must be at least 4'],
    ['evidence beyond all outages', evidence(51), 'circuit.detection.threshold must be at most 50'],
    ['evidence without end', evidence(Number.POSITIVE_INFINITY), 'circuit.detection.threshold must be a number from 4 to 50'],
    ['evidence that is no number', evidence(Number.NaN), 'circuit.detection.threshold must be a number from 4 to 50'],
    ['evidence in quotes', evidence('10'), 'circuit.detection.threshold must be a number from 4 to 50'],
    [
      'no failures in a row',
      circuit({ detection: { strategy: 'consecutive', failures: 0 } }),
      'circuit.detection.failures must be at least 1',
    ],
    ['looks without a pause', circuit({ recoveryProbeMs: 0 }), `circuit.recoveryProbeMs ${DURATION}`],
    [
      'a pause between looks that never ends',
      circuit({ recoveryProbeMs: Number.POSITIVE_INFINITY }),
      `circuit.recoveryProbeMs ${DURATION}`,
    ],
    ['looks that are neither timed nor off', circuit({ recoveryProbeMs: 'never' }), `circuit.recoveryProbeMs ${DURATION}, or "off"`],
    ['an unknown strategy', written({ circuit: { detection: { strategy: 'guess' } } }), 'circuit.detection.strategy Invalid'],
    [
      'fields of another strategy',
      written({ circuit: { detection: { strategy: 'consecutive', failures: 5, windowMs: 5 } } }),
      'circuit.detection.windowMs is not part of a policy',
    ],
  ];
  for (const [what, overrides, fault] of impossible) {
    it(`are refused with ${what}, naming service, field and rule`, () => {
      expect(() => resolvePolicy('lemlist', template, overrides)).to.throw(`The policy of "lemlist" is impossible: ${fault}`);
    });
  }

  it('are refused with all their faults at once', () => {
    const overrides = { attemptTimeoutMs: Number.NaN, retry: { maxAttempts: 99 }, bulkhead: { maxWaitMs: 0 } };

    expect(() => resolvePolicy('lemlist', template, overrides)).to.throw(
      /attemptTimeoutMs .*; retry\.maxAttempts .*; bulkhead\.maxWaitMs /u,
    );
  });

  for (const service of Object.values(serviceRegistry)) {
    it(`are possible as ${service.name} has them`, () => {
      expect(() => policyOf(service)).to.not.throw();
    });
  }
});
