/**
 * Claims on the jobs of one service: BullMQ hands a job out under a lock, we say whether its turn has come.
 */
import type { ClaimedJob, JobOutcome } from '../durableQueue.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import { recordOf } from './bullRecords.ts';
import type { Admission, BullScripts, Note } from './bullScripts.ts';
import type { BullService } from './bullService.ts';

export interface ClaimParts {
  readonly clock: Clock;
  readonly bull: BullService;
  readonly scripts: BullScripts;
  readonly newToken: () => string;
  /** A job of the service may have become due. */
  readonly onWork: () => void;
}

/** A take passes over at most so many jobs that are not to be run; then it answers, and hints that there is more. */
const MOST_PASSED_OVER = 50;
/** How soon a job of a later release is offered again, to whichever release asks then. */
const NEWER_AGAIN_MS = seconds(5);

const noteOf = (outcome: JobOutcome, interrupted: boolean, now: number): Note => {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeeded', result: outcome.result, dueAt: now };
    case 'retry':
      return { kind: 'retry', reason: outcome.reason, dueAt: now + outcome.afterMs };
    case 'postponed':
      return { kind: 'postponed', reason: outcome.reason, dueAt: now + outcome.afterMs, keepInterruption: interrupted };
    default:
      return { kind: outcome.kind, reason: outcome.reason, dueAt: now };
  }
};

export class BullClaims {
  readonly #parts: ClaimParts;

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  async take(): Promise<ClaimedJob | undefined> {
    const { bull, newToken, onWork } = this.#parts;
    for (let passed = 0; passed < MOST_PASSED_OVER; passed += 1) {
      const token = newToken();
      const fetched = await bull.fetch(token);
      if (fetched === undefined) return undefined;
      const claimed = await this.#claim(fetched.id, token, fetched.payload);
      if (claimed !== undefined) return claimed;
    }
    onWork();
    return undefined;
  }

  /** Of a claim that came too late for whoever asked: nothing was begun. */
  async handBack(job: ClaimedJob): Promise<void> {
    await this.end(job, { kind: 'postponed', reason: 'handed_back', afterMs: 0 });
  }

  renew({ id, claim }: ClaimedJob): Promise<boolean> {
    return this.#parts.bull.renew(id, claim);
  }

  async end({ id, claim, interrupted }: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    const now = this.#parts.clock.wallTime();
    return this.#end(id, claim, noteOf(outcome, interrupted, now));
  }

  /** The job, or nothing if it is not to be run: then it has been put where it belongs. */
  async #claim(id: string, claim: string, payload: string): Promise<ClaimedJob | undefined> {
    const { bull, clock } = this.#parts;
    const now = clock.wallTime();
    const [verdict, detail, ...fields] = await this.#admit(id, claim, now);
    switch (verdict) {
      case 'run':
        return { ...recordOf(id, 'running', fields), payload, claim, interrupted: detail === '1' };
      case 'blocked':
        await bull.delay(id, claim, now + detail);
        return undefined;
      case 'newer':
        await bull.delay(id, claim, now + NEWER_AGAIN_MS);
        return undefined;
      case 'expired':
        await this.#end(id, claim, { kind: 'expired', reason: 'expired', dueAt: now });
        return undefined;
      case 'unaccepted':
        await bull.drop(id, claim);
        return undefined;
      case 'lost':
        return undefined;
    }
  }

  /**
   * A hung Redis may still admit what we no longer wait for, and the job would count as interrupted though it was never
   * begun. On the same connection the withdrawal comes right after it.
   */
  async #admit(id: string, claim: string, now: number): Promise<Admission> {
    const { scripts } = this.#parts;
    try {
      return await scripts.admit(id, claim, now);
    } catch (error) {
      scripts.withdraw(id, claim).catch(() => undefined);
      throw error;
    }
  }

  /** Three steps, each under the lock. Whoever dies between them leaves a job that is done again, as an interrupted one. */
  async #end(id: string, claim: string, note: Note): Promise<boolean> {
    const { scripts, clock, onWork } = this.#parts;
    if (!(await scripts.note(id, claim, clock.wallTime(), note))) return false;
    if (!(await this.#move(id, claim, note))) return false;
    if (note.kind === 'retry' || note.kind === 'postponed') return true;
    if (await scripts.release(id)) onWork();
    return true;
  }

  #move(id: string, claim: string, { kind, reason, dueAt }: Note): Promise<boolean> {
    const { bull } = this.#parts;
    switch (kind) {
      case 'succeeded':
        return bull.complete(id, claim);
      case 'retry':
      case 'postponed':
        return bull.delay(id, claim, dueAt);
      default:
        return bull.fail(id, claim, reason ?? kind);
    }
  }
}
