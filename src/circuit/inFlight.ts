import type { Clock } from '../time/clock.ts';
import { HangWatch } from './detection/hangWatch.ts';
import type { Passage } from './passage.ts';

/** The attempts under way: which of them have become slow, and how to end those that wait for nothing. */
export class InFlight {
  readonly #watch: HangWatch<Passage>;
  /** Past their slow threshold, and not ended. */
  readonly #overdue = new Set<Passage>();

  /** @param onSlow Told of each attempt the moment it becomes slow, once. */
  constructor(clock: Clock, onSlow: (passage: Passage) => void) {
    this.#watch = new HangWatch(clock, (passage) => {
      this.#overdue.add(passage);
      onSlow(passage);
    });
  }

  enter(passage: Passage): void {
    this.#watch.enter(passage);
  }

  leave(passage: Passage): void {
    this.#watch.leave(passage);
    this.#overdue.delete(passage);
  }

  /** All that is under way, if every one of it is past its slow threshold; else nothing. */
  get ifAllOverdue(): readonly Passage[] {
    return this.#watch.isEmpty ? [...this.#overdue] : [];
  }

  /** Who waits on a service that is known to hang waits for nothing: those that may be cut go to their fallback. */
  cutOverdue(refusal: (operation: string) => Error): void {
    for (const passage of this.#overdue) {
      if (passage.cuttable?.cut === undefined) continue;
      this.#overdue.delete(passage);
      passage.cuttable.cut(refusal(passage.operation));
    }
  }

  /** No timer is left. */
  stop(): void {
    this.#watch.stop();
    this.#overdue.clear();
  }
}
