/**
 * The store of shares in memory: the twin of `src/fleet/redis/redisQuotaShares.ts`, held to the same contract, on a clock that a test
 * drives. It can be down, forget everything, answer late, and lose its answers.
 */
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { QuotaShares, SharedClassId, ShareGrant, SharedLimitId, ShareReport, ThrottleNews } from '../../src/quota/quotaShares.ts';
import type { Clock } from '../../src/time/clock.ts';
import { allot, type Allotment, type Claim } from './quotaAllotment.ts';

const LEASE_MS = 10_000;
const SETTLE_MS = 6000;
const NEW_MS = 600;
const KNOWN_FOR_MS = 600_000;
const ONE_NEWS_MS = 1000;
const NEWS_FOR_MS = 60_000;

interface Standing extends Claim {
  readonly holdsMs: number;
  readonly held: number;
  readonly used: number;
  /** When `used` has fallen to `held`. */
  readonly fallsAt: number;
  readonly at: number;
  readonly isKnown: boolean;
}

interface SharedLimitState {
  readonly generation: number;
  /** Until then hardly anything is granted: holders of what was granted before a loss of memory come first. */
  readonly newUntil: number;
  unsettledUntil: number;
  stated: number | undefined;
  readonly replicas: Map<string, Standing>;
}

interface News {
  readonly number: number;
  readonly at: number;
  readonly pausedUntil: number;
}

const classKey = ({ service, account, quota }: SharedClassId): string => JSON.stringify([service, account, quota]);

export class MemoryQuotaStore {
  readonly #clock: Clock;
  readonly #limits = new Map<string, SharedLimitState>();
  readonly #news = new Map<string, News>();
  readonly #listeners = new Set<(limits: SharedClassId, news: ThrottleNews) => void>();
  #generations = 0;
  #newest = 0;
  reports = 0;
  isDown = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As one replica sees it. */
  as(replica: string, delayMs = 0): MemoryQuotaShares {
    return new MemoryQuotaShares(this, this.#clock, replica, delayMs);
  }

  forget(): void {
    this.#limits.clear();
    this.#news.clear();
  }

  report(replica: string, id: SharedLimitId, report: ShareReport): ShareGrant {
    this.reports += 1;
    const now = this.#clock.now();
    const state = this.#stateOf(`${classKey(id)} ${String(id.windowMs)}`, now);
    if (report.generation !== state.generation && (report.held > 0 || report.used > 0)) state.unsettledUntil = now + SETTLE_MS;
    if (report.isStated) state.stated = report.limit;
    const limit = state.stated ?? report.limit;
    const before = state.replicas.get(replica);
    const me: Standing = {
      id: replica,
      share: report.held,
      ...report,
      since: waitsSince(report, before, now),
      fallsAt: now + (report.fallsInMs ?? Number.POSITIVE_INFINITY),
      at: now,
      isKnown: report.isLast !== true,
    };
    state.replicas.set(replica, me);
    const { permits, fair, others } = grant(state, limit, me, now);
    state.replicas.set(replica, { ...me, share: permits });
    const present = presentIn(state, now);
    const news = this.#newsOf(id);
    return {
      permits,
      leaseMs: LEASE_MS,
      fair,
      others,
      replicas: present.length,
      known: [...state.replicas.values()].filter(({ at, isKnown }) => isKnown && now <= at + KNOWN_FOR_MS).length,
      generation: state.generation,
      reportInMs: reportInMs(state, me, permits, report.paceMs, now),
      ...(news === undefined ? {} : { news }),
    };
  }

  throttled(id: SharedClassId, pauseMs: number): number {
    const now = this.#clock.now();
    const last = this.#news.get(classKey(id));
    const isNew = last === undefined || now - Math.max(last.at, last.pausedUntil) > ONE_NEWS_MS;
    const news = {
      number: isNew ? (this.#newest += 1) : last.number,
      at: isNew ? now : last.at,
      pausedUntil: Math.max(now + pauseMs, last?.pausedUntil ?? 0),
    };
    this.#news.set(classKey(id), news);
    const told = this.#newsOf(id);
    if (told !== undefined) for (const listener of this.#listeners) listener(id, told);
    return news.number;
  }

  pauseOver(id: SharedClassId): void {
    this.#news.delete(classKey(id));
    this.#newest += 1;
    for (const listener of this.#listeners) listener(id, { number: this.#newest, pauseMs: 0, agoMs: 86_400_000, isOver: true });
  }

  listen(listener: (limits: SharedClassId, news: ThrottleNews) => void): void {
    this.#listeners.add(listener);
  }

  #newsOf(id: SharedClassId): ThrottleNews | undefined {
    const now = this.#clock.now();
    const news = this.#news.get(classKey(id));
    if (news === undefined || now > Math.max(news.at, news.pausedUntil) + NEWS_FOR_MS) return undefined;
    return { number: news.number, pauseMs: Math.max(0, news.pausedUntil - now), agoMs: now - news.at };
  }

  #stateOf(key: string, now: number): SharedLimitState {
    const known = this.#limits.get(key);
    if (known !== undefined) return known;
    this.#generations += 1;
    const fresh = {
      generation: this.#generations,
      newUntil: now + NEW_MS,
      unsettledUntil: 0,
      stated: undefined,
      replicas: new Map<string, Standing>(),
    };
    this.#limits.set(key, fresh);
    return fresh;
  }
}

const presentIn = ({ replicas }: SharedLimitState, now: number): Standing[] =>
  [...replicas.values()].filter(({ at, isKnown }) => isKnown && now <= at + LEASE_MS);

/** What others cannot have: all it holds, and until that has come back, all it used. */
const reserved = ({ share, held, used, fallsAt, at, holdsMs }: Standing, now: number): number => {
  if (now > at + LEASE_MS + holdsMs) return 0;
  return Math.max(share, held, now < fallsAt ? used : 0);
};

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** It waits on until it uses more than before. */
const waitsSince = ({ needed, held, used }: ShareReport, before: Standing | undefined, now: number): number => {
  if (needed === 0) return 0;
  if (before !== undefined && before.since > 0 && used <= before.used) return before.since;
  return needed > held ? now : 0;
};

const grant = (state: SharedLimitState, limit: number, me: Standing, now: number): Pick<ShareGrant, 'permits' | 'fair' | 'others'> => {
  const { fair, targets, free } = allotIn(state, limit, me, now);
  const boot = Math.max(1, Math.floor(limit / 20));
  const allotted = targets.get(me.id) ?? 0;
  const target = now < state.newUntil ? Math.min(allotted, Math.max(boot, me.held)) : allotted;
  return { fair, others: limit - free, permits: permitsFor(state, me, target, targets, free, now) };
};

/** What each should have, and what is reserved for nobody else than `me`. */
const allotIn = (state: SharedLimitState, limit: number, me: Standing, now: number): Allotment & { readonly free: number } => {
  const others = [...state.replicas.values()].filter(({ id }) => id !== me.id);
  const free = limit - sum(others.map((other) => reserved(other, now)));
  const present = presentIn(state, now);
  const absent = sum(others.filter((other) => !present.includes(other)).map((other) => reserved(other, now)));
  // Who uses nothing has a little all the same: a first call waits for nobody.
  const idle = Math.floor(limit / (16 * Math.max(1, present.length)));
  const claims = present.map((claim) => ({ ...claim, wanted: Math.max(claim.wanted, idle) }));
  return { ...allot(Math.max(0, limit - absent), claims, now - me.holdsMs), free };
};

const permitsFor = (
  state: SharedLimitState,
  me: Standing,
  target: number,
  targets: Allotment['targets'],
  free: number,
  now: number,
): number => {
  const isUnsettled = now < state.unsettledUntil;
  if (target >= me.held) return isUnsettled ? me.held : Math.max(me.held, Math.min(target, free));
  if (me.used === 0 && me.needed === 0) return target;
  // Lowered no further than others need.
  const missing = sum(
    presentIn(state, now)
      .filter(({ id }) => id !== me.id)
      .map((other) => Math.max(0, targets.get(other.id)! - Math.max(other.share, other.held))),
  );
  return Math.max(target, Math.min(me.held, free - missing));
};

const reportInMs = (state: SharedLimitState, me: Standing, permits: number, paceMs: number, now: number): number => {
  const count = presentIn(state, now).length;
  const usual = Math.max(paceMs, Math.min(8000, count * 8));
  if (permits >= me.needed) return usual;
  const falling = [...state.replicas.values()].filter(
    ({ id, share, held, used, fallsAt }) => id !== me.id && fallsAt > now && used > Math.max(share, held),
  );
  const before = presentIn(state, now).filter(({ id, since, needed, share }) => id !== me.id && needed > share && since < me.since).length;
  if (now < state.newUntil) return Math.min(usual, state.newUntil - now + 1);
  const at = falling.map(({ fallsAt }) => fallsAt).sort((a, b) => a - b)[before];
  return at === undefined ? usual : Math.min(usual, Math.max(1, at - now));
};

export class MemoryQuotaShares implements QuotaShares {
  readonly #store: MemoryQuotaStore;
  readonly #clock: Clock;
  readonly #replica: string;
  readonly #delayMs: number;
  /** This replica alone cannot reach the store. */
  isCut = false;
  /** What it asks is done, but no answer comes. */
  losesAnswers = false;

  constructor(store: MemoryQuotaStore, clock: Clock, replica: string, delayMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#replica = replica;
    this.#delayMs = delayMs;
  }

  get isUp(): boolean {
    return !this.#store.isDown && !this.isCut;
  }

  report(limit: SharedLimitId, report: ShareReport): Promise<ShareGrant> {
    return this.#ask(() => this.#store.report(this.#replica, limit, report));
  }

  throttled(limits: SharedClassId, pauseMs: number): Promise<number> {
    return this.#ask(() => this.#store.throttled(limits, pauseMs));
  }

  pauseOver(limits: SharedClassId): Promise<void> {
    return this.#ask(() => {
      this.#store.pauseOver(limits);
    });
  }

  listen(onThrottled: (limits: SharedClassId, news: ThrottleNews) => void): void {
    this.#store.listen((limits, news) => {
      if (this.isUp) onThrottled(limits, news);
    });
  }

  async #ask<T>(work: () => T): Promise<T> {
    await this.#pass(this.#delayMs / 2);
    if (!this.isUp) throw new SharedStateUnavailableError('it is down');
    const answer = work();
    await this.#pass(this.#delayMs / 2);
    if (this.losesAnswers) throw new SharedStateUnavailableError('it does not answer in time');
    return answer;
  }

  #pass(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}
