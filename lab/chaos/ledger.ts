import type { Commit } from './evidence.ts';

/** What the providers were asked for and did, in order: the truth that the gateway's promises are held against. */
export class Ledger {
  readonly commits: Commit[] = [];
  readonly refusedDoubles: Commit[] = [];
  readonly lostAnswers: Commit[] = [];
  readonly unheardAnswers: Commit[] = [];

  commit(marker: string): void {
    this.commits.push({ marker, at: Date.now() });
  }

  refuseDouble(marker: string): void {
    this.refusedDoubles.push({ marker, at: Date.now() });
  }

  loseAnswer(marker: string): void {
    this.lostAnswers.push({ marker, at: Date.now() });
  }

  missHearer(marker: string): void {
    this.unheardAnswers.push({ marker, at: Date.now() });
  }
}
