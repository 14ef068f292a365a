/**
 * The board of replicas in Redis: one hash, and the ends of the snapshots' times by the clock of Redis.
 */
import type { ReplicaBoard, ReplicaSnapshot, SeenReplica } from '../replicaBoard.ts';
import type { Guest } from '../../redis/guest.ts';
import { RedisScript } from '../../redis/redisScript.ts';

/** The keys outlive the last replica by so long, ms. */
const KEPT_MS = 60_000;

/** Of a later release it may lack what this one expects: then it is not shown. */
const snapshotFrom = (text: string): ReplicaSnapshot | undefined => {
  try {
    const snapshot = JSON.parse(text) as Partial<ReplicaSnapshot>;
    const { replica, version, phase, uptimeMs, circuits, suspectsItselfOver } = snapshot;
    const isWhole = [replica, version, phase, uptimeMs, circuits, suspectsItselfOver].every((member) => member !== undefined);
    return isWhole ? (snapshot as ReplicaSnapshot) : undefined;
  } catch {
    return undefined;
  }
};

const seenFrom = (found: readonly (number | string)[]): readonly SeenReplica[] => {
  const seen: SeenReplica[] = [];
  for (let index = 0; index + 1 < found.length; index += 2) {
    const snapshot = snapshotFrom(String(found[index + 1]));
    if (snapshot !== undefined) seen.push({ snapshot, ageMs: Number(found[index]) });
  }
  return seen;
};

export class RedisReplicaBoard implements ReplicaBoard {
  readonly #guest: Guest;
  readonly #keys: readonly [snapshots: string, ends: string];
  readonly #post = new RedisScript(import.meta.url, 'replicas-post');

  constructor(guest: Guest) {
    this.#guest = guest;
    this.#keys = [`${guest.prefix}:{replicas}:snapshots`, `${guest.prefix}:{replicas}:ends`];
  }

  get isUp(): boolean {
    return this.#guest.isUp;
  }

  async post(snapshot: ReplicaSnapshot, forMs: number): Promise<readonly SeenReplica[]> {
    const values = [snapshot.replica, JSON.stringify(snapshot), Math.ceil(forMs), KEPT_MS + Math.ceil(forMs)];
    const found = await this.#guest.ask((client) => this.#post.run(client, this.#keys, values));
    return seenFrom(found as readonly (number | string)[]);
  }

  async leave(replica: string): Promise<void> {
    const [snapshots, ends] = this.#keys;
    // Who cannot say farewell is forgotten when its time is over.
    await this.#guest.ask((client) => Promise.all([client.hdel(snapshots, replica), client.zrem(ends, replica)])).catch(() => undefined);
  }
}
