import type { Kill } from './evidence.ts';
import type { Victim } from './plan.ts';

/** Who was killed when, and since when it works again. */
export class KillLog {
  readonly #kills: Kill[] = [];
  /** In which everything that is told from now on happens. */
  round = 1;

  get kills(): readonly Kill[] {
    return this.#kills;
  }

  /** @returns to be called when the victim can be used again. */
  note(victim: Victim, atFaultPoint = false): () => void {
    const kill = { victim, round: this.round, atFaultPoint, at: Date.now(), backAt: Infinity };
    this.#kills.push(kill);
    return () => {
      kill.backAt = Date.now();
    };
  }
}
