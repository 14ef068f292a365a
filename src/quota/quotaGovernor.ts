/**
 * Keeps our own calls of one service under its limits, in this process: what the descriptor declares, corrected by what the
 * service's headers and refusals say (docs/decisions/0015-quota-governor.md).
 */
import type { Clock } from '../time/clock.ts';
import { PermitWindow } from './permitWindow.ts';
import type { LimitState, Permit, PermitCaller, PermitWish, QuotaGate, QuotaHint } from '../contract/quotaGate.ts';
import { QuotaLanes } from './quotaLanes.ts';
import { isRate, type QuotaRule, type ServiceQuotas } from '../contract/quotaRule.ts';

/** A limit in force, and what was declared of it. */
export interface Governed {
  readonly rule: QuotaRule;
  readonly window: PermitWindow;
  /** Whether the limit is what the service's headers said, not what was declared. */
  isStated: boolean;
}

/** Calls that count against the same limits. */
export interface QuotaClass {
  readonly name: string;
  readonly limits: readonly Governed[];
  readonly lanes: QuotaLanes;
}

/** For calls that count against nothing. */
const free: Permit = { end: () => undefined };

export class QuotaGovernor implements QuotaGate {
  readonly #quotas: ServiceQuotas;
  readonly #clock: Clock;
  readonly #classes = new Map<string, QuotaClass>();
  readonly #onOpened: (opened: QuotaClass) => void;

  /** @param onOpened Told of every class of limits before it gives its first permit. */
  constructor(quotas: ServiceQuotas, clock: Clock, onOpened: (opened: QuotaClass) => void = () => undefined) {
    this.#quotas = quotas;
    this.#clock = clock;
    this.#onOpened = onOpened;
    for (const [name, rules] of Object.entries(quotas.classes)) this.#open(name, rules);
  }

  permit(wish: PermitWish, caller: PermitCaller): Permit | Promise<Permit> {
    return this.#classOf(wish.quota)?.lanes.permit(wish, caller) ?? free;
  }

  countOnly(wish: PermitWish): Permit {
    return this.#classOf(wish.quota)?.lanes.countOnly(wish) ?? free;
  }

  waitMs(wish: PermitWish): number {
    return this.#classOf(wish.quota)?.lanes.waitMs(wish) ?? 0;
  }

  throttled(quota: string, retryAfterMs: number | undefined): void {
    this.#classOf(quota)?.lanes.throttled(retryAfterMs);
  }

  reset(): void {
    for (const { lanes } of this.#classes.values()) lanes.reset();
  }

  seen(hints: readonly QuotaHint[]): void {
    for (const hint of hints) {
      for (const { name, limits, lanes } of this.#classes.values()) {
        const concerned = limits.filter(({ rule }) => isRate(rule) && (rule.reading ?? name) === hint.window);
        for (const limit of concerned) this.#correct(limit, hint);
        if (concerned.length > 0) lanes.changed();
      }
    }
  }

  limits(): readonly LimitState[] {
    const now = this.#clock.now();
    return [...this.#classes.values()].flatMap(({ name, limits, lanes }) =>
      limits.map(({ window }) => ({
        quota: name,
        windowMs: window.windowMs,
        limit: finite(window.limit),
        share: finite(Math.min(window.limit, window.share(now))),
        used: window.ownUsed(now),
        suspect: window.suspect(now),
        waiting: lanes.waiting,
        replicas: 1,
      })),
    );
  }

  #classOf(name: string): QuotaClass | undefined {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const { others } = this.#quotas;
    return others === undefined ? this.#classes.get('default') : this.#open(name, [others]);
  }

  #open(name: string, rules: readonly QuotaRule[]): QuotaClass {
    const limits = rules.map((rule) => ({ rule, window: windowFor(rule), isStated: false }));
    const lanes = new QuotaLanes(
      limits.map(({ window }) => window),
      this.#clock,
      patienceOf(rules),
    );
    const opened = { name, limits, lanes };
    this.#classes.set(name, opened);
    this.#onOpened(opened);
    return opened;
  }

  /** Headers raise a limit only where they state a higher one; what is left lowers it until the window is over. */
  #correct(governed: Governed, { limit, remaining, resetAt }: QuotaHint): void {
    const { rule, window } = governed;
    if (limit !== undefined && limit > 0) {
      window.limit = isRate(rule) && rule.isCeiling === true ? Math.min(limit, numberOf(rule)) : limit;
      governed.isStated = true;
    }
    if (remaining === undefined || !Number.isFinite(window.limit)) return;
    const untilMs = resetAt === undefined ? window.windowMs : resetAt - this.#clock.wallTime();
    const stated = limit ?? window.limit;
    window.usedSeen(this.#clock.now(), stated - remaining, Math.min(window.windowMs, Math.max(0, untilMs)));
  }
}

const windowFor = (rule: QuotaRule): PermitWindow =>
  isRate(rule) ? new PermitWindow(numberOf(rule), rule.windowMs) : new PermitWindow(rule.connections, 0, rule.suspectMs);

const numberOf = (rule: QuotaRule): number => {
  if (!isRate(rule)) return rule.connections;
  return rule.permits === 'learned' ? Number.POSITIVE_INFINITY : rule.permits;
};

const patienceOf = (rules: readonly QuotaRule[]): number =>
  Math.min(Number.POSITIVE_INFINITY, ...rules.map((rule) => (isRate(rule) ? Number.POSITIVE_INFINITY : rule.patienceMs)));

const finite = (permits: number): number | undefined => (Number.isFinite(permits) ? permits : undefined);
