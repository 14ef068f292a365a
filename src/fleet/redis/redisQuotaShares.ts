/**
 * Shares of quotas in Redis: a hash for each limit, changed by one script in one go.
 */
import { z } from 'zod';
import { SharedStateUnavailableError } from '../../errors/sharedStateErrors.ts';
import type { QuotaShares, SharedClassId, ShareGrant, SharedLimitId, ShareReport, ThrottleNews } from '../../quota/quotaShares.ts';
import type { Guest } from '../../redis/guest.ts';
import { RedisScript } from '../../redis/redisScript.ts';

const quotaReport = new RedisScript(import.meta.url, 'quota-report');
const quotaThrottled = new RedisScript(import.meta.url, 'quota-throttled');
const quotaPauseOver = new RedisScript(import.meta.url, 'quota-pause-over');

const CHANNEL = 'quota';

type GrantReply = readonly [
  permits: number,
  leaseMs: number,
  fair: string,
  replicas: number,
  generation: number,
  reportInMs: number,
  newsNumber: number,
  pauseMs: number,
  agoMs: number,
  known: number,
  others: number,
];

const throttledMessage = z.object({
  service: z.string(),
  account: z.string(),
  quota: z.string(),
  number: z.int(),
  pauseMs: z.int(),
  agoMs: z.int(),
  isOver: z.boolean().optional(),
});

export class RedisQuotaShares implements QuotaShares {
  readonly #guest: Guest;
  readonly #replica: string;
  #reports = 0;

  /** @param replica Tells this process from any other, also from the one that ran before it. */
  constructor(guest: Guest, replica: string) {
    this.#guest = guest;
    this.#replica = replica;
  }

  get isUp(): boolean {
    return this.#guest.isUp;
  }

  async report(limit: SharedLimitId, report: ShareReport): Promise<ShareGrant> {
    this.#reports += 1;
    const { isStated, holdsMs, held, used, fallsInMs = -1, wanted, needed, usable, paceMs, generation, isLast = false } = report;
    const standing = [holdsMs, held, used, fallsInMs, wanted, needed, usable, generation];
    const values = [this.#replica, this.#reports, report.limit, isStated ? 1 : 0, ...standing, isLast ? 1 : 0, paceMs];
    const keys = [this.#key(limit, String(limit.windowMs)), this.#key(limit, 'refused')];
    const reply = await this.#guest.ask((client) => quotaReport.run(client, keys, values));
    return grantFrom(reply as GrantReply | readonly []);
  }

  async throttled(limits: SharedClassId, pauseMs: number): Promise<number> {
    const values = [Math.ceil(pauseMs), ...this.#audience(limits)];
    return this.#guest.ask(async (client) => (await quotaThrottled.run(client, [this.#key(limits, 'refused')], values)) as number);
  }

  async pauseOver(limits: SharedClassId): Promise<void> {
    await this.#guest.ask((client) => quotaPauseOver.run(client, [this.#key(limits, 'refused')], this.#audience(limits)));
  }

  listen(onThrottled: (limits: SharedClassId, news: ThrottleNews) => void): void {
    this.#guest.subscribe(CHANNEL, (message) => {
      const heard = throttledMessage.safeParse(parsed(message));
      if (heard.success) onThrottled(heard.data, heard.data);
    });
  }

  /** Where news of a class are told, and the beginning of the message. */
  #audience({ service, account, quota }: SharedClassId): readonly [channel: string, whose: string] {
    return [`${this.#guest.prefix}:${CHANNEL}`, JSON.stringify({ service, account, quota }).slice(0, -1)];
  }

  /** What one script touches is of one slot of a cluster. */
  #key({ service, account, quota }: SharedClassId, what: string): string {
    return `${this.#guest.prefix}:quota:{${service}:${account}:${quota}}:${what}`;
  }
}

/** @throws {SharedStateUnavailableError} if a later report was there before this one. */
const grantFrom = (reply: GrantReply | readonly []): ShareGrant => {
  if (reply.length === 0) throw new SharedStateUnavailableError('a later report was there before this one');
  const [permits, leaseMs, fair, replicas, generation, reportInMs, number, pauseMs, agoMs, known, others] = reply;
  return {
    permits,
    leaseMs,
    fair: Number(fair),
    others,
    replicas,
    known,
    generation,
    reportInMs,
    ...(number === 0 ? {} : { news: { number, pauseMs, agoMs } }),
  };
};

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
};
