/**
 * Keeps our own calls of one service under its limits, in this process: what the descriptor declares, corrected by what the
 * service's headers and refusals say (docs/decisions/0015-quota-governor.md).
 */
import type { Clock } from '../../time/clock.ts';
import { PermitWindow } from './permitWindow.ts';
import type { Permit, PermitCaller, PermitWish, QuotaGate, QuotaHint } from './quotaGate.ts';
import { QuotaLanes } from './quotaLanes.ts';
import type { QuotaRule, ServiceQuotas } from './quotaRule.ts';

/** A limit in force, and what was declared of it. */
interface Governed {
  readonly rule: QuotaRule;
  readonly window: PermitWindow;
}

interface QuotaClass {
  readonly limits: readonly Governed[];
  readonly lanes: QuotaLanes;
}

/** For calls that count against nothing. */
const free: Permit = { end: () => undefined };

export class QuotaGovernor implements QuotaGate {
  readonly #quotas: ServiceQuotas;
  readonly #clock: Clock;
  readonly #classes = new Map<string, QuotaClass>();

  constructor(quotas: ServiceQuotas, clock: Clock) {
    this.#quotas = quotas;
    this.#clock = clock;
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

  seen(hints: readonly QuotaHint[]): void {
    for (const hint of hints) {
      for (const [name, { limits, lanes }] of this.#classes) {
        const concerned = limits.filter(({ rule }) => (rule.reading ?? name) === hint.window);
        for (const limit of concerned) this.#correct(limit, hint);
        if (concerned.length > 0) lanes.changed();
      }
    }
  }

  #classOf(name: string): QuotaClass | undefined {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const { others } = this.#quotas;
    return others === undefined ? this.#classes.get('default') : this.#open(name, [others]);
  }

  #open(name: string, rules: readonly QuotaRule[]): QuotaClass {
    const limits = rules.map((rule) => ({
      rule,
      window: new PermitWindow(rule.permits === 'learned' ? Number.POSITIVE_INFINITY : rule.permits, rule.windowMs),
    }));
    const opened = { limits, lanes: new QuotaLanes(limits.map(({ window }) => window), this.#clock) };
    this.#classes.set(name, opened);
    return opened;
  }

  /** Headers raise a limit only where they state a higher one; what is left lowers it until the window is over. */
  #correct({ rule, window }: Governed, { limit, remaining, resetAt }: QuotaHint): void {
    if (limit !== undefined && limit > 0) window.limit = rule.isCeiling === true ? Math.min(limit, numberOf(rule)) : limit;
    if (remaining === undefined || !Number.isFinite(window.limit)) return;
    const untilMs = resetAt === undefined ? window.windowMs : resetAt - this.#clock.wallTime();
    const stated = limit ?? window.limit;
    window.usedSeen(this.#clock.now(), stated - remaining, Math.min(window.windowMs, Math.max(0, untilMs)));
  }
}

const numberOf = ({ permits }: QuotaRule): number => (permits === 'learned' ? Number.POSITIVE_INFINITY : permits);
