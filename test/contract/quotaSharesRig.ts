/**
 * A fleet that shares quotas, as the contract suite needs it: replicas that join, time that passes, a memory that can be lost.
 */
import type { QuotaShares, ShareGrant, SharedLimitId, ShareReport } from '../../src/quota/quotaShares.ts';

export interface QuotaSharesRig {
  /** The way of one replica to what is shared; the same again for the same name. */
  join(replica: string): QuotaShares;
  /** Time passes for all that is shared. */
  pass(ms: number): Promise<void>;
  /** So much time may pass by itself, ms. */
  readonly slackMs: number;
  flush(): Promise<void>;
  /** The store cannot be had, and its replicas know it. */
  down(): Promise<void>;
  /** It can be had again, and its replicas know it. */
  up(): Promise<void>;
  /** Resolves when what was published so far has been heard. */
  heard(): Promise<void>;
  close(): Promise<void>;
}

let limits = 0;

/** A limit that no test has used. */
export const freshLimit = (fields: Partial<SharedLimitId> = {}): SharedLimitId => ({
  service: `service${String((limits += 1))}`,
  account: 'account',
  quota: 'default',
  windowMs: 10_000,
  ...fields,
});

/** The generation is that of the last grant, where nothing else is said. */
export type SpokenReport = Omit<ShareReport, 'generation'> & Partial<Pick<ShareReport, 'generation'>>;

/** Of a replica that uses nothing, of a limit of a hundred in ten seconds. */
export const reportOf = (fields: Partial<ShareReport> = {}): SpokenReport => ({
  limit: 100,
  isStated: false,
  holdsMs: 10_000,
  held: 0,
  used: 0,
  wanted: 0,
  needed: 0,
  usable: fields.used ?? 0,
  paceMs: 500,
  ...fields,
});

/** Of one that wants all it can get: it uses what it has, and the next call waits. */
export const greedy = (held: number, fields: Partial<ShareReport> = {}): SpokenReport =>
  reportOf({ held, used: held, usable: held, wanted: 100, needed: held + 1, fallsInMs: 0, ...fields });

/** Reports of one replica on one limit, each with the generation of the last grant. */
export type Voice = (report: SpokenReport) => Promise<ShareGrant>;

export interface SpeakingRig extends QuotaSharesRig {
  /** A limit that no test has used, and that the store has known for long enough to share it. */
  opened(): Promise<SharedLimitId>;
  /** The same again for the same two. */
  speak(replica: string, limit: SharedLimitId): Voice;
}

export const speaking = (rig: QuotaSharesRig): SpeakingRig => {
  const generations = new Map<string, number>();
  const speak =
    (replica: string, limit: SharedLimitId): Voice =>
    async (report) => {
      const key = JSON.stringify([replica, limit]);
      const grant = await rig.join(replica).report(limit, { generation: generations.get(key) ?? 0, ...report });
      generations.set(key, grant.generation);
      return grant;
    };
  const opened = async (): Promise<SharedLimitId> => {
    const limit = freshLimit();
    await speak('the first', limit)(reportOf({ isLast: true }));
    await rig.pass(601);
    return limit;
  };
  return { ...rig, speak, opened };
};
