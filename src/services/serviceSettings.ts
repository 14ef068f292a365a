/**
 * Between the settings of the environment and the policies of the services, which do not know each other.
 */
import type { ConfigurableService, ServiceLimits } from '../config/serviceConfig.ts';
import { resolvePolicy, type PolicyOverrides, type ResiliencePolicy } from '../contract/policy.ts';
import { generalPolicy, rateDetection } from '../contract/generalPolicy.ts';
import { noQuotas, withRateLimit, type ServiceQuotas } from '../contract/quotaRule.ts';
import type { Service } from './provider.ts';

type Policed = Pick<Service, 'name' | 'overrides'>;

/** What the settings are checked against: the service's name and its patience unless settings say otherwise. */
export const configurableService = (service: Policed): ConfigurableService => {
  const { attemptTimeoutMs, deadlineMs } = policyOf(service);
  return { name: service.name, attemptTimeoutMs, deadlineMs };
};

/**
 * The policy in force: the general one, then the descriptor's overrides, then the environment's.
 *
 * @throws {Error} naming the service and the fields at fault, if the three together are impossible.
 */
export const resolveServicePolicy = (service: Policed, limits: ServiceLimits): ResiliencePolicy => {
  const own = policyOf(service);
  return resolvePolicy(service.name, own, overridesFrom(limits, own));
};

/** What the service allows this credential, or the environment allows us. */
export const quotasInForce = (
  { quotas = noQuotas, quotasFor }: Pick<Service, 'quotas' | 'quotasFor'>,
  secret: string,
  { rateLimit }: Pick<ServiceLimits, 'rateLimit'>,
): ServiceQuotas => withRateLimit(quotasFor?.(secret) ?? quotas, rateLimit);

/** The general policy, with what the service has otherwise. */
export const policyOf = ({ name, overrides }: Policed): ResiliencePolicy => resolvePolicy(name, generalPolicy, overrides);

const overridesFrom = (limits: ServiceLimits, own: ResiliencePolicy): PolicyOverrides => ({
  ...(limits.attemptTimeoutMs === undefined ? {} : { attemptTimeoutMs: limits.attemptTimeoutMs }),
  ...(limits.deadlineMs === undefined ? {} : { deadlineMs: limits.deadlineMs }),
  circuit: { ...openTimesFrom(limits, own), ...detectionFrom(limits, own) },
});

/** An open time beyond the service's cap raises the cap: who asks for a minute means a minute. */
const openTimesFrom = ({ openForMs }: ServiceLimits, own: ResiliencePolicy): NonNullable<PolicyOverrides['circuit']> =>
  openForMs === undefined ? {} : { openForMs, openForCapMs: Math.max(openForMs, own.circuit.openForCapMs) };

/** Either threshold selects the strategy `rate`; what is not said stays as it was, or as the general rate has it. */
const detectionFrom = (limits: ServiceLimits, own: ResiliencePolicy): NonNullable<PolicyOverrides['circuit']> => {
  const { failureRatePercent, minimumCalls } = limits;
  if (failureRatePercent === undefined && minimumCalls === undefined) return {};
  const base = own.circuit.detection.strategy === 'rate' ? own.circuit.detection : rateDetection;
  return {
    detection: {
      ...base,
      failureRatePercent: failureRatePercent ?? base.failureRatePercent,
      minimumCalls: minimumCalls ?? base.minimumCalls,
    },
  };
};
