/**
 * What a service allows us, as data of its descriptor.
 */

/** At most so many permits in any window of so many ms, however it is laid. */
export interface RateRule {
  /** `learned`: the service publishes no number, its headers tell; until they do, there is no limit. */
  readonly permits: number | 'learned';
  readonly windowMs: number;
  /** The `window` of the header readings that are about this limit. Absent: no header is. */
  readonly reading?: string;
  /** `true`: headers may lower it, never raise it; somebody has set it for a reason of their own. */
  readonly isCeiling?: boolean;
}

/** At most so many requests at once. */
export interface ConnectionRule {
  readonly connections: number;
  /** How long the service may hold the connection of a request that we abandoned, ms. */
  readonly suspectMs: number;
  /** How long a call waits for a connection at most, ms: who waits for longer has met a service that hangs. */
  readonly patienceMs: number;
}

export type QuotaRule = RateRule | ConnectionRule;

export const isRate = (rule: QuotaRule): rule is RateRule => 'permits' in rule;

export interface ServiceQuotas {
  /** By the `quota` of operations, `default` for those without one. A call needs a permit of every rule of its class. */
  readonly classes: Readonly<Record<string, readonly QuotaRule[]>>;
  /** For classes that are not named above, each apart. Absent: they count against `default`. */
  readonly others?: RateRule;
}

/** A service that limits nothing. */
export const noQuotas: ServiceQuotas = { classes: {} };

/** What a setting says instead of the descriptor: it holds where the descriptor's default limit held, and headers cannot raise it. */
export const withRateLimit = (
  quotas: ServiceQuotas,
  setting: { readonly requests: number; readonly windowMs: number } | undefined,
): ServiceQuotas => {
  if (setting === undefined) return quotas;
  const rule: RateRule = { permits: setting.requests, windowMs: setting.windowMs, isCeiling: true };
  if (quotas.others !== undefined) return { ...quotas, others: { ...quotas.others, ...rule } };
  const declared = quotas.classes['default'] ?? [];
  const connections = declared.filter((other) => !isRate(other));
  return { ...quotas, classes: { ...quotas.classes, default: [{ ...declared.find(isRate), ...rule }, ...connections] } };
};
