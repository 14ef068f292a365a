/**
 * Judges what a run has left: every promise of the queue is a rule, and every breach of one is named with what it concerns.
 */
import type { Answer, Evidence, Job, Write } from './evidence.ts';
import { Case, CLOCK_SLACK_MS, idsOf } from './evidenceCase.ts';
import { figuresOf, recoveries } from './figures.ts';

export interface Breach {
  readonly rule: string;
  readonly round: number;
  /** The id of a job, or the marker of a write. */
  readonly subject: string;
  readonly detail: string;
}

/** Milliseconds in which the machine stood still do not count. */
export interface Limits {
  /** Within which a caller has an answer; … */
  readonly answerMs: number;
  /** … and whoever asks for the queue a refusal, while its store is down. */
  readonly refusalMs: number;
  /** From the return of who was killed to the next 202. */
  readonly recoveryMs: number;
}

export const promisedLimits: Limits = { answerMs: 2000, refusalMs: 1000, recoveryMs: 5000 };

/** Under way at once in one process: `MAX_CONCURRENT_JOBS` of each of two services. */
export const JOBS_UNDER_WAY = 8;

const isMade = ({ status }: Answer): boolean => status === 200 || status === 201;
const isQueueDown = ({ code }: Answer): boolean => code === 'queue_unavailable';

type Found = Pick<Breach, 'subject' | 'detail'>;
/** What one write breaches. */
type Rule = (write: Write, found: Case) => readonly Found[];

const ofJobs =
  (judge: (job: Job | undefined, write: Write, found: Case) => string | undefined): Rule =>
  (write, found) =>
    idsOf(write).flatMap((id) => {
      const detail = judge(found.job(id), write, found);
      return detail === undefined ? [] : [{ subject: id, detail: `${write.marker}: ${detail}` }];
    });

/** It was begun, and nobody could know how it ended. */
const isExplained = (write: Write, { acceptedAt, since }: Job, found: Case): boolean =>
  found.missedAnswer(write) || found.killBetween(found.commits(write)[0]?.at ?? acceptedAt, since);

const known = ofJobs((job) => (job === undefined ? 'is not known any more' : undefined));

const ended = ofJobs((job) =>
  job?.status === 'queued' || job?.status === 'running' ? `has not ended: ${job.status}, ${job.reason ?? ''}` : undefined,
);

const made = ofJobs((job, write, found) => {
  if (job === undefined || write.kind === 'poison') return undefined;
  if (job.status === 'succeeded' && found.commits(write).length === 0) return 'succeeded, but the provider has not done it';
  if (job.status === 'failed' || job.status === 'cancelled') return `${job.status}: ${job.reason ?? ''}`;
  return undefined;
});

const uncertain = ofJobs((job, write, found) => {
  if (job?.status !== 'uncertain') return undefined;
  if (write.kind !== 'deal') return 'is uncertain, though its repeat is safe';
  return isExplained(write, job, found) ? undefined : 'is uncertain without a kill or a lost answer';
});

const poison = ofJobs((job, write) => {
  if (write.kind !== 'poison' || job === undefined) return undefined;
  return job.status === 'failed' && job.reason === 'validation_failed' ? undefined : `ended as ${job.status}, ${job.reason ?? ''}`;
});

const noDouble: Rule = (write, found) => {
  const times = found.commits(write).length;
  const mayRepeat = write.kind === 'contact' || write.kind === 'unsubscribe';
  return times <= (write.kind === 'poison' ? 0 : 1) || mayRepeat ? [] : [{ subject: write.marker, detail: `done ${String(times)} times` }];
};

/** Of an upsert, and only where nobody could know that it was done. */
const explainedRepeat: Rule = (write, found) => {
  const commits = found.commits(write);
  const unexplained = commits.slice(1).filter(({ at }, index) => {
    const { at: before } = commits[index]!;
    return !found.missedAnswer(write) && !found.killBetween(before, at);
  });
  return unexplained.map(() => ({ subject: write.marker, detail: 'done again without a kill or a lost answer' }));
};

const noEmptyPromise: Rule = (write, found) =>
  write.answers.some(isMade) && found.commits(write).length === 0
    ? [{ subject: write.marker, detail: 'answered as made, but is not' }]
    : [];

/** Unless the store died over it: then nobody knows whether it had kept the write. */
const refusedMeansRefused: Rule = (write, found) => {
  const [only] = write.answers;
  if (only === undefined || write.answers.length > 1 || !isQueueDown(only) || found.commits(write).length === 0) return [];
  return found.killBetween(only.startedAt, only.endedAt)
    ? []
    : [{ subject: write.marker, detail: 'refused with queue_unavailable, but made' }];
};

const oneJob: Rule = (write) => {
  const ids = idsOf(write);
  return ids.length <= 1 ? [] : [{ subject: write.key ?? write.marker, detail: `stands for several jobs: ${ids.join(', ')}` }];
};

const inTime =
  ({ answerMs, refusalMs }: Limits): Rule =>
  ({ marker, answers }, found) =>
    answers.flatMap((answer) => {
      const ms = answer.endedAt - answer.startedAt - found.stalledMs(answer.startedAt, answer.endedAt);
      const limit = isQueueDown(answer) && answer.isAsync ? refusalMs : answerMs;
      const isLate = answer.status === 'hung' || (answer.status !== 'broken' && ms > limit);
      return isLate ? [{ subject: marker, detail: `answered ${String(answer.status)} ${answer.code ?? ''} after ${String(ms)} ms` }] : [];
    });

const EXPECTED: ReadonlySet<Answer['status']> = new Set<Answer['status']>([200, 201, 202, 502, 503, 504, 'broken', 'hung']);

/** 422 is the answer to poison, 409 to a lead that is there and to a request that is being answered. */
const expected: Rule = ({ marker, kind, answers }) =>
  answers
    .filter(
      ({ status, code }) =>
        !EXPECTED.has(status) &&
        !(status === 422 && kind === 'poison') &&
        !(status === 409 && (kind === 'lead' || code === 'request_in_progress')),
    )
    .map(({ status, code }) => ({ subject: marker, detail: `answered ${String(status)} ${code ?? ''}` }));

const rulesWithin = (limits: Limits): Readonly<Record<string, Rule>> => ({
  'an accepted id stays known': known,
  'every job ends': ended,
  'what was accepted is made': made,
  'uncertain is only what nobody can know': uncertain,
  'poison becomes a dead letter': poison,
  'nothing is done twice that could be': noDouble,
  'an upsert is repeated only for a reason': explainedRepeat,
  'what was answered as made is made': noEmptyPromise,
  'what was refused is not made': refusedMeansRefused,
  'one key, one job': oneJob,
  'every answer comes in time': inTime(limits),
  'only documented answers': expected,
});

/** Whatever was done of an entity was done in the order in which it was asked for. */
const outOfOrder = ({ writes, commits }: Evidence): readonly Breach[] => {
  const byMarker = new Map(writes.map((write) => [write.marker, write]));
  const highest = new Map<string, Write>();
  return commits.flatMap(({ marker }) => {
    const write = byMarker.get(marker);
    if (write === undefined) return [];
    const before = highest.get(write.entity);
    if (before === undefined || before.sequence <= write.sequence) {
      highest.set(write.entity, write);
      return [];
    }
    return [{ rule: 'order is kept for every entity', round: write.round, subject: marker, detail: `done after ${before.marker}` }];
  });
};

/** An answer to a request that began after the store had died, and came before it was started again. */
const promisedWithoutStore = ({ writes, kills }: Evidence): readonly Breach[] => {
  const outages = kills.filter(({ victim }) => victim === 'redis');
  return writes.flatMap(({ marker, round, answers }) =>
    answers
      .filter(
        ({ jobId, startedAt, endedAt }) =>
          jobId !== undefined && outages.some(({ at, backAt }) => startedAt > at + CLOCK_SLACK_MS && endedAt < backAt - CLOCK_SLACK_MS),
      )
      .map(({ jobId = '' }) => ({ rule: 'no 202 while the store is down', round, subject: jobId, detail: marker })),
  );
};

const slowRecoveries = (evidence: Evidence, { recoveryMs }: Limits): readonly Breach[] =>
  recoveries(evidence, recoveryMs)
    .filter(({ ms }) => ms >= recoveryMs)
    .map(({ kill, ms }) => ({
      rule: 'writes are accepted again soon',
      round: kill.round,
      subject: kill.victim,
      detail: `not within ${String(ms)} ms of its return`,
    }));

/** What a kill may cost: as many repeats and doubts as there were jobs under way in the process. */
const tooMany = (evidence: Evidence): readonly Breach[] => {
  const { repeatsAfterKills, uncertainAfterKills } = figuresOf(evidence);
  const most = evidence.kills.length * JOBS_UNDER_WAY;
  return [
    { subject: 'repeats', count: repeatsAfterKills },
    { subject: 'uncertain jobs', count: uncertainAfterKills },
  ]
    .filter(({ count }) => count > most)
    .map(({ subject, count }) => ({
      rule: 'a kill costs no more than what was under way',
      round: 0,
      subject,
      detail: `${String(count)} after ${String(evidence.kills.length)} kills`,
    }));
};

/** What a run that broke off can be blamed for: what ended it, and none of what was never looked at. */
const whyBrokenOff = (crashes: readonly Breach[], detail: string): readonly Breach[] =>
  crashes.length > 0 ? crashes : [{ rule: 'a run comes to its end', round: 0, subject: 'run', detail }];

/** @returns nothing if every promise was kept. */
export const judge = (evidence: Evidence, limits = promisedLimits): readonly Breach[] => {
  const crashes = evidence.crashes.map((detail) => ({ rule: 'no process ends by itself', round: 0, subject: 'process', detail }));
  if (evidence.brokenOff !== undefined) return whyBrokenOff(crashes, evidence.brokenOff);
  const found = new Case(evidence);
  const rules = rulesWithin(limits);
  const ofWrites = evidence.writes.flatMap((write) =>
    Object.entries(rules).flatMap(([rule, check]) => check(write, found).map((breach) => ({ rule, round: write.round, ...breach }))),
  );
  return [
    ...crashes,
    ...ofWrites,
    ...outOfOrder(evidence),
    ...promisedWithoutStore(evidence),
    ...slowRecoveries(evidence, limits),
    ...tooMany(evidence),
  ];
};
