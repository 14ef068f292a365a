/**
 * What a run amounts to, in numbers.
 */
import type { Evidence, Kill, Write } from './evidence.ts';
import { Case, idsOf } from './evidenceCase.ts';

export interface Recovery {
  readonly kill: Kill;
  readonly ms: number;
}

/**
 * From the moment when a process or the store was up again to the first 202; without one, to the next kill or the end of
 * the run. A life that ends before its first 202 and before `limitMs` says nothing, and is left out; so does a return while
 * somebody else is still down.
 */
export const recoveries = ({ writes, kills }: Evidence, limitMs: number): readonly Recovery[] => {
  const answers = writes.flatMap((write) => write.answers);
  const accepted = answers.filter(({ jobId }) => jobId !== undefined).map(({ endedAt }) => endedAt);
  accepted.sort((one, other) => one - other);
  const last = accepted.at(-1) ?? 0;
  const hindering = kills.filter(({ victim }) => victim !== 'worker');
  return hindering.flatMap((kill) => {
    const { backAt } = kill;
    if (backAt >= last || hindering.some((other) => other.at <= backAt && other.backAt > backAt)) return [];
    const until = Math.min(last, ...hindering.map(({ at }) => at).filter((at) => at > backAt));
    const first = accepted.find((at) => at >= backAt) ?? last;
    if (first > until && until - backAt < limitMs) return [];
    return [{ kill, ms: Math.min(first, until) - backAt }];
  });
};

export interface Figures {
  readonly accepted: number;
  readonly commits: number;
  readonly uncertain: number;
  readonly deadLetters: number;
  /** Upserts that were done again although the provider had answered: somebody was killed before the answer was noted. */
  readonly repeatsAfterKills: number;
  /** Upserts that were done again because the provider had not, or too late. */
  readonly repeatsAfterLostAnswers: number;
  /** Begun by a process that was killed over them. */
  readonly uncertainAfterKills: number;
}

const countBy = (evidence: Evidence, status: string): number => [...evidence.jobs.values()].filter((job) => job.status === status).length;

/** Of each repeat, whether only a kill explains it. */
const repeatsOf = (write: Write, found: Case): readonly boolean[] => {
  const commits = found.commits(write);
  return commits.slice(1).map(({ at }, index) => !found.lostAnswer(write) && found.killBetween(commits[index]?.at ?? at, at));
};

export const figuresOf = (evidence: Evidence): Figures => {
  const found = new Case(evidence);
  const repeats = evidence.writes.flatMap((write) => repeatsOf(write, found));
  const interrupted = [...evidence.jobs.values()].filter(({ status, reason }) => status === 'uncertain' && reason === 'interrupted');
  return {
    accepted: new Set(evidence.writes.flatMap(idsOf)).size,
    commits: evidence.commits.length,
    uncertain: countBy(evidence, 'uncertain'),
    deadLetters: countBy(evidence, 'failed'),
    repeatsAfterKills: repeats.filter((isAfterKill) => isAfterKill).length,
    repeatsAfterLostAnswers: repeats.filter((isAfterKill) => !isAfterKill).length,
    uncertainAfterKills: interrupted.length,
  };
};
