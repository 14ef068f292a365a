/**
 * What this replica knows of the whole fleet: puts its own snapshot on the board, and keeps what the others have put there. In
 * the background; who asks gets what was seen last, and how old it is.
 */
import type { LifecyclePhase } from '../lifecycle.ts';
import type { Logger } from '../logging/logger.ts';
import { seconds, type Clock } from '../time/clock.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { ReplicaBoard, ReplicaSnapshot, SeenReplica } from './replicaBoard.ts';
import { isUnfit, suspectsItselfOver, type SeenView } from './selfSuspicion.ts';

export interface ClusterViewParts {
  /** Absent: this replica is alone, and says so. */
  readonly board: ReplicaBoard | undefined;
  /** Of this process, unlike any other's. */
  readonly replica: string;
  readonly version: string;
  readonly phase: () => LifecyclePhase;
  readonly circuits: () => readonly CircuitSnapshot[];
  /** What the fleet last said of each circuit. */
  readonly views: () => readonly SeenView[];
  readonly clock: Clock;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** The fleet as this replica sees it. */
export interface ClusterSample {
  /** Oldest first. */
  readonly replicas: readonly SeenReplica[];
  /** How long ago the board was read, ms. */
  readonly ageMs: number;
}

export interface ClusterSource {
  readonly replica: string;
  /** `off`: no fleet is configured. `down`: the board cannot be reached, or was not for a while. */
  readonly sharedState: 'up' | 'down' | 'off';
  /** Absent unless the board was read within the last fifteen seconds. */
  sample(): ClusterSample | undefined;
  /** The services over which this replica suspects itself. */
  readonly suspected: readonly string[];
  /** Whether callers are better served by the others. */
  readonly isUnfit: boolean;
}

const EVERY_MS = seconds(2);
/** In a large fleet everybody reads everybody: so much longer for each replica, ms. */
const PER_REPLICA_MS = 40;
/** Replicas do not speak together: a fifth more or less. */
const JITTER = 0.2;
/** A snapshot outlives three turns that did not come. */
const TURNS_KEPT = 3;
/** What was read longer ago is not shown, ms. */
const CURRENT_MS = seconds(15);

export class ClusterView implements ClusterSource {
  readonly replica: string;
  readonly #parts: ClusterViewParts;
  readonly #startedAt: number;
  #seen: readonly SeenReplica[] = [];
  #seenAt = Number.NEGATIVE_INFINITY;
  #suspected: readonly string[] = [];
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: ClusterViewParts) {
    this.#parts = parts;
    this.replica = parts.replica;
    this.#startedAt = parts.clock.now();
  }

  get sharedState(): 'up' | 'down' | 'off' {
    const { board } = this.#parts;
    if (board === undefined) return 'off';
    return board.isUp ? 'up' : 'down';
  }

  /** Asked at each look, not remembered: a circuit that has closed is no reason any more. */
  get suspected(): readonly string[] {
    return suspectsItselfOver(this.#parts.circuits(), this.#parts.views(), this.#parts.clock.wallTime());
  }

  get isUnfit(): boolean {
    return isUnfit(this.suspected);
  }

  sample(): ClusterSample | undefined {
    const ageMs = this.#parts.clock.now() - this.#seenAt;
    return ageMs > CURRENT_MS ? undefined : { replicas: this.#seen, ageMs };
  }

  start(): void {
    if (this.#parts.board !== undefined) void this.#turn();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#parts.board?.leave(this.replica);
  }

  async #turn(): Promise<void> {
    this.#tellSuspicion();
    await this.#exchange();
    if (this.#isStopped) return;
    const { clock, random } = this.#parts;
    this.#cancel = clock.after(this.#everyMs * (1 - JITTER + 2 * JITTER * random()), () => void this.#turn());
  }

  get #everyMs(): number {
    return Math.max(EVERY_MS, this.#seen.length * PER_REPLICA_MS);
  }

  async #exchange(): Promise<void> {
    const { board, clock } = this.#parts;
    if (board === undefined || this.#isStopped) return;
    try {
      const seen = await board.post(this.#snapshot(), TURNS_KEPT * this.#everyMs);
      this.#seen = [...seen].sort((one, other) => other.snapshot.uptimeMs - one.snapshot.uptimeMs);
      this.#seenAt = clock.now();
    } catch {
      // The board is down: what was seen last grows old, and says so.
    }
  }

  #snapshot(): ReplicaSnapshot {
    const { replica, version, phase, circuits, clock } = this.#parts;
    const all = circuits();
    const disturbed = all.filter(({ effectiveState }) => effectiveState !== 'closed');
    const outages = all.flatMap(({ name, outageSince }) =>
      outageSince === undefined ? [] : [[name, new Date(outageSince).toISOString()] as const],
    );
    return {
      replica,
      version,
      phase: phase(),
      uptimeMs: Math.round(clock.now() - this.#startedAt),
      circuits: Object.fromEntries(disturbed.map(({ name, effectiveState }) => [name, effectiveState])),
      ...(outages.length > 0 && { outages: Object.fromEntries(outages) }),
      suspectsItselfOver: this.#suspected,
    };
  }

  /** Once when it begins, changes or ends. */
  #tellSuspicion(): void {
    const { logger } = this.#parts;
    const { suspected } = this;
    const changed = suspected.join() !== this.#suspected.join();
    this.#suspected = suspected;
    if (!changed) return;
    if (suspected.length === 0) logger.info({}, 'this replica no longer suspects itself');
    else
      logger.warn(
        { services: suspected, ready: !isUnfit(suspected) },
        'stopped here only: this replica suspects itself, for others are served',
      );
  }
}
