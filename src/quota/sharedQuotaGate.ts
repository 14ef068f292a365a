/**
 * Keeps the calls of a whole fleet under a service's limits: a governor in each replica, and shares of the limits among them
 * (docs/decisions/0015-quota-governor.md). A call that this replica's share has room for asks nobody.
 */
import type { Clock } from '../time/clock.ts';
import { QuotaGovernor, type QuotaClass } from './quotaGovernor.ts';
import type { LimitState, Permit, PermitCaller, PermitWish, QuotaGate, QuotaHint, ResetScope } from '../contract/quotaGate.ts';
import type { QuotaLanes } from './quotaLanes.ts';
import type { ServiceQuotas } from '../contract/quotaRule.ts';
import type { QuotaShares, SharedClassId, ThrottleNews } from './quotaShares.ts';
import { SharedLimit } from './sharedLimit.ts';

export interface SharedQuotaParts {
  readonly quotas: ServiceQuotas;
  readonly service: string;
  /** A digest of the credential. */
  readonly account: string;
  readonly shares: QuotaShares;
  readonly clock: Clock;
  readonly random: () => number;
}

interface SharedClass {
  readonly id: SharedClassId;
  readonly lanes: QuotaLanes;
  readonly limits: readonly SharedLimit[];
  /** The last news that this replica has acted on. */
  newest: number;
}

/** Later, a refusal says nothing about the rate any more, ms. */
const OLD_NEWS_MS = 5000;

export class SharedQuotaGate implements QuotaGate {
  readonly #parts: SharedQuotaParts;
  readonly #classes = new Map<string, SharedClass>();
  readonly #governor: QuotaGovernor;

  constructor(parts: SharedQuotaParts) {
    this.#parts = parts;
    this.#governor = new QuotaGovernor(parts.quotas, parts.clock, (opened) => {
      this.#share(opened);
    });
    parts.shares.listen(({ service, account, quota }, news) => {
      const concerned = service === parts.service && account === parts.account ? this.#classes.get(quota) : undefined;
      if (concerned !== undefined) hear(concerned, news);
    });
  }

  permit(wish: PermitWish, caller: PermitCaller): Permit | Promise<Permit> {
    return this.#governor.permit(wish, caller);
  }

  countOnly(wish: PermitWish): Permit {
    const permit = this.#governor.countOnly(wish);
    for (const limit of this.#classOf(wish.quota)?.limits ?? []) limit.counted();
    return permit;
  }

  waitMs(wish: PermitWish): number {
    return this.#governor.waitMs(wish);
  }

  seen(hints: readonly QuotaHint[]): void {
    this.#governor.seen(hints);
    for (const { limits } of this.#classes.values()) for (const limit of limits) limit.limitSeen();
  }

  throttled(quota: string, retryAfterMs: number | undefined): void {
    this.#governor.throttled(quota, retryAfterMs);
    const concerned = this.#classOf(quota);
    if (concerned === undefined) return;
    for (const limit of concerned.limits) limit.refused();
    void this.#tell(concerned, retryAfterMs ?? 0);
  }

  reset(scope: ResetScope): void {
    this.#governor.reset();
    if (scope === 'fleet') for (const { id } of this.#classes.values()) this.#tellPauseOver(id);
  }

  limits(): readonly LimitState[] {
    return this.#governor.limits().map((state) => {
      const shared = this.#classes.get(state.quota)?.limits.find(({ windowMs }) => windowMs === state.windowMs);
      return { ...state, replicas: shared?.replicas ?? 1 };
    });
  }

  /** Gives every share back, as far as that can be done without waiting. */
  close(): void {
    for (const { limits } of this.#classes.values()) for (const limit of limits) limit.leave();
  }

  #share({ name, limits, lanes }: QuotaClass): void {
    const { service, account, shares, clock, random } = this.#parts;
    const id: SharedClassId = { service, account, quota: name };
    const shared: SharedClass = {
      id,
      lanes,
      limits: limits.map(
        (governed) =>
          new SharedLimit({
            id: { ...id, windowMs: governed.window.windowMs },
            governed,
            lanes,
            shares,
            clock,
            random,
            onNews: (news) => {
              hear(shared, news);
            },
          }),
      ),
      newest: 0,
    };
    lanes.askFirst(
      () => askAll(shared.limits),
      () => {
        this.#tellPauseOver(id);
      },
    );
    this.#classes.set(name, shared);
  }

  #classOf(quota: string): SharedClass | undefined {
    return this.#classes.get(quota) ?? this.#classes.get('default');
  }

  /** Whoever does not hear of it has a trial of its own. */
  #tellPauseOver(id: SharedClassId): void {
    this.#parts.shares.pauseOver(id).catch(() => undefined);
  }

  /** Our own refusal has been acted on; it must not be again when it comes back as news. */
  async #tell(concerned: SharedClass, pauseMs: number): Promise<void> {
    try {
      concerned.newest = Math.max(concerned.newest, await this.#parts.shares.throttled(concerned.id, pauseMs));
    } catch {
      // Then each replica meets refusals of its own.
    }
  }
}

const hear = (concerned: SharedClass, { number, pauseMs, agoMs, isOver }: ThrottleNews): void => {
  if (number <= concerned.newest) return;
  concerned.newest = number;
  if (isOver === true) concerned.lanes.endPause();
  else if (pauseMs > 0 || agoMs < OLD_NEWS_MS) concerned.lanes.throttled(pauseMs > 0 ? pauseMs : undefined);
};

/** Of several limits, the answer is there when all are. */
const askAll = (limits: readonly SharedLimit[]): Promise<void> | undefined => {
  const asked = limits.map((limit) => limit.ask()).filter((answer) => answer !== undefined);
  if (asked.length === 0) return undefined;
  return Promise.all(asked).then(() => undefined);
};
