/**
 * The policies as the tables that `docs/policies.md` shows.
 */
import type { DetectionPolicy } from '../../src/contract/circuitState.ts';
import type { ResiliencePolicy } from '../../src/contract/policy.ts';
import { isRate, type QuotaRule, type ServiceQuotas } from '../../src/contract/quotaRule.ts';
import { slowThreshold } from '../../src/circuit/detection/slowThreshold.ts';

type Policies = Readonly<Record<string, ResiliencePolicy>>;
type Row = readonly [rule: string, show: (policy: ResiliencePolicy) => string];

const seconds = (ms: number): string => `${String(ms / 1000)} s`;

const detection = ({ circuit }: ResiliencePolicy): string => {
  const rule: DetectionPolicy = circuit.detection;
  if (rule.strategy === 'cusum') return `sequential, evidence of ${String(rule.threshold)}`;
  if (rule.strategy === 'consecutive') return `${String(rule.failures)} failures in a row`;
  const shares = `${String(rule.failureRatePercent)} % failures, or ${String(rule.slowRatePercent)} % failures and slow answers together`;
  return `${shares}, in ${seconds(rule.windowMs)} with at least ${String(rule.minimumCalls)} calls`;
};

const rows: readonly Row[] = [
  ['attempt timeout', (policy) => seconds(policy.attemptTimeoutMs)],
  ['slow from', (policy) => seconds(slowThreshold(undefined, policy.attemptTimeoutMs))],
  ['deadline', (policy) => seconds(policy.deadlineMs)],
  ['attempts in all', (policy) => String(policy.retry.maxAttempts)],
  ['pause before a retry', ({ retry }) => `random, up to ${seconds(retry.baseDelayMs)}, doubling up to ${seconds(retry.maxDelayMs)}`],
  ['retry budget', (policy) => `${String(policy.retry.budgetPercent)} % of the calls, and one a second`],
  ['circuit opens at', detection],
  ['open time, doubling', (policy) => `${seconds(policy.circuit.openForMs)} to ${seconds(policy.circuit.openForCapMs)}`],
  ['calls at once', (policy) => String(policy.bulkhead.maxConcurrent)],
  ['calls waiting', (policy) => String(policy.bulkhead.maxQueued)],
  ['longest wait', (policy) => seconds(policy.bulkhead.maxWaitMs)],
];

const table = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const valuesOf = ([, show]: Row, policies: Policies): readonly string[] => Object.values(policies).map(show);

const isCommon = (row: Row, policies: Policies): boolean => new Set(valuesOf(row, policies)).size === 1;

/** Rules that are the same for every service. */
export const commonTable = (policies: Policies): string => {
  const common = rows.filter((row) => isCommon(row, policies));
  return table(
    ['rule', 'every service'],
    common.map((row) => [row[0], valuesOf(row, policies)[0] ?? '']),
  );
};

/** The others, a column for each service. */
export const serviceTable = (policies: Policies): string => {
  const differing = rows.filter((row) => !isCommon(row, policies));
  return table(
    ['rule', ...Object.keys(policies)],
    differing.map((row) => [row[0], ...valuesOf(row, policies)]),
  );
};

const limit = (rule: QuotaRule): string => {
  if (!isRate(rule)) return `${String(rule.connections)} at once`;
  const { permits, windowMs } = rule;
  return permits === 'learned' ? `told by its headers, in any ${seconds(windowMs)}` : `${String(permits)} in any ${seconds(windowMs)}`;
};

const quotaRows = (name: string, { classes, others }: ServiceQuotas): readonly (readonly string[])[] => [
  ...Object.entries(classes).map(([quota, rules]) => [name, quota, rules.map(limit).join('; ')]),
  ...(others === undefined ? [] : [[name, 'each endpoint', limit(others)]]),
];

/** What each service allows until its headers say otherwise. */
export const quotaTable = (quotas: Readonly<Record<string, ServiceQuotas>>): string =>
  table(
    ['service', 'class', 'limit'],
    Object.entries(quotas).flatMap(([name, of]) => quotaRows(name, of)),
  );
