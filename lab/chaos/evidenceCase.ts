import type { Commit, Evidence, Job, Write } from './evidence.ts';

/** What two processes of one machine may differ by when they read the clock, ms. */
export const CLOCK_SLACK_MS = 50;

const byMarker = (commits: readonly Commit[]): ReadonlyMap<string, readonly Commit[]> => {
  const found = new Map<string, Commit[]>();
  for (const commit of commits) {
    const known = found.get(commit.marker);
    if (known === undefined) found.set(commit.marker, [commit]);
    else known.push(commit);
  }
  return found;
};

/** The evidence by marker, so that a rule looks at one write at a time. */
export class Case {
  readonly #evidence: Evidence;
  readonly #commits: ReadonlyMap<string, readonly Commit[]>;
  readonly #lost: ReadonlyMap<string, readonly Commit[]>;
  readonly #unheard: ReadonlyMap<string, readonly Commit[]>;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#commits = byMarker(evidence.commits);
    this.#lost = byMarker(evidence.lostAnswers);
    this.#unheard = byMarker(evidence.unheardAnswers);
  }

  commits({ marker }: Write): readonly Commit[] {
    return this.#commits.get(marker) ?? [];
  }

  /** Whether a provider kept an answer to itself. */
  lostAnswer({ marker }: Write): boolean {
    return this.#lost.has(marker);
  }

  /** Whether there is an answer that nobody can have relied on. */
  missedAnswer(write: Write): boolean {
    return this.lostAnswer(write) || this.#unheard.has(write.marker);
  }

  job(id: string): Job | undefined {
    return this.#evidence.jobs.get(id);
  }

  /** Whether anything was down between two moments. */
  killBetween(from: number, to: number): boolean {
    return this.#evidence.kills.some(({ at, backAt }) => at <= to + CLOCK_SLACK_MS && backAt >= from - CLOCK_SLACK_MS);
  }

  /** How long the machine stood still between two moments. */
  stalledMs(from: number, to: number): number {
    return this.#evidence.stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)), 0);
  }
}

export const idsOf = ({ answers }: Write): readonly string[] => [...new Set(answers.flatMap(({ jobId }) => jobId ?? []))];
