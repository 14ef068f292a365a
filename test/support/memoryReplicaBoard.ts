import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { ReplicaBoard, ReplicaSnapshot, SeenReplica } from '../../src/fleet/replicaBoard.ts';
import type { Clock } from '../../src/time/clock.ts';

interface Entry {
  readonly text: string;
  readonly at: number;
  readonly until: number;
}

/** The board in this process. It passes the contract suite that the one in Redis passes. */
export class MemoryReplicaBoard implements ReplicaBoard {
  isUp = true;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async post(snapshot: ReplicaSnapshot, forMs: number): Promise<readonly SeenReplica[]> {
    this.#checkUp();
    const now = this.#clock.now();
    this.#entries.set(snapshot.replica, { text: JSON.stringify(snapshot), at: now, until: now + forMs });
    const seen: SeenReplica[] = [];
    for (const [replica, { text, at, until }] of this.#entries) {
      if (until <= now) this.#entries.delete(replica);
      else seen.push({ snapshot: JSON.parse(text) as ReplicaSnapshot, ageMs: now - at });
    }
    return Promise.resolve(seen);
  }

  async leave(replica: string): Promise<void> {
    if (this.isUp) this.#entries.delete(replica);
    return Promise.resolve();
  }

  #checkUp(): void {
    if (!this.isUp) throw new SharedStateUnavailableError('it is down');
  }
}
