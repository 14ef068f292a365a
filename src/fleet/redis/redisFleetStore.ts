/**
 * What a fleet knows of its circuits, in Redis: one script a step, each atomic, all in Redis' own time.
 */
import type { Logger } from '../../logging/logger.ts';
import type { FleetCircuitId, FleetEvidence, FleetLease, FleetOverride, FleetStore, FleetView } from '../../contract/fleetStore.ts';
import type { Clock } from '../../time/clock.ts';
import { FleetFingerprints } from './fleetFingerprints.ts';
import { isGranted, viewOf, type ViewReply } from './fleetReplies.ts';
import type { Guest } from '../../redis/guest.ts';
import { RedisScript } from '../../redis/redisScript.ts';

export interface RedisFleetParts {
  readonly guest: Guest;
  /** Tells this replica from every other, also from itself before a restart; no blanks. */
  readonly replica: string;
  readonly clock: Clock;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

type ProbeOutcome = Parameters<FleetStore['settle']>[2];
type Listener = Parameters<FleetStore['listen']>[0];

const scriptOf = (name: string): RedisScript => new RedisScript(import.meta.url, `fleet-${name}`, 'fleet-circuit');
const scripts = {
  view: scriptOf('view'),
  report: scriptOf('report'),
  lease: scriptOf('lease'),
  settle: scriptOf('settle'),
  scout: scriptOf('scout'),
  scouted: scriptOf('scouted'),
  impose: scriptOf('impose'),
  release: scriptOf('release'),
  reset: scriptOf('reset'),
  leave: scriptOf('leave'),
};

const KEYS = ['state', 'replicas', 'evidence', 'successes', 'leases', 'scout', 'override'] as const;
const CHANGES = 'fleet:changed';

/** Where no baseline is learned, and the largest that one is believed: above it no row of successes would be long enough. */
const USUAL_RATIO = 0.02;
const LARGEST_USUAL_RATIO = 0.15;

export class RedisFleetStore implements FleetStore {
  readonly #parts: RedisFleetParts;
  readonly #fingerprints: FleetFingerprints;
  /** The largest epoch seen of each circuit, by its keys: should Redis forget it, the next is larger all the same. */
  readonly #epochs = new Map<string, number>();

  constructor(parts: RedisFleetParts) {
    this.#parts = parts;
    this.#fingerprints = new FleetFingerprints(parts.guest, parts.clock, parts.logger);
  }

  get isUp(): boolean {
    return this.#parts.guest.isUp;
  }

  report(circuit: FleetCircuitId, { score, succeededAgoMs, reason }: FleetEvidence): Promise<FleetView> {
    void this.#fingerprints.say(circuit);
    const succeededAgoUs = succeededAgoMs === undefined ? '' : Math.round(succeededAgoMs * 1000);
    return this.#viewAfter(scripts.report, circuit, [Math.min(1, Math.max(0, score)), succeededAgoUs, reason, ...this.#openTime(circuit)]);
  }

  view(circuit: FleetCircuitId): Promise<FleetView> {
    return this.#viewAfter(scripts.view, circuit);
  }

  async lease(
    circuit: FleetCircuitId,
    { id, epoch }: FleetLease,
    forMs: number,
  ): Promise<{ readonly granted: boolean; readonly view: FleetView }> {
    const reply = (await this.#run(scripts.lease, circuit, [id, epoch, forMs])) as ViewReply;
    return { granted: isGranted(reply), view: this.#noted(circuit, viewOf(reply)) };
  }

  settle(
    circuit: FleetCircuitId,
    { id, epoch }: FleetLease,
    { kind, usualRatio = USUAL_RATIO, retryAfterMs = 0 }: ProbeOutcome,
  ): Promise<FleetView> {
    const values = [id, epoch, kind, Math.min(usualRatio, LARGEST_USUAL_RATIO), retryAfterMs, ...this.#openTime(circuit)];
    return this.#viewAfter(scripts.settle, circuit, values);
  }

  async scout(circuit: FleetCircuitId, epoch: number, everyMs: number): Promise<boolean> {
    return (await this.#run(scripts.scout, circuit, [epoch, everyMs])) === 1;
  }

  scouted(circuit: FleetCircuitId, epoch: number): Promise<FleetView> {
    return this.#viewAfter(scripts.scouted, circuit, [epoch]);
  }

  impose(circuit: FleetCircuitId, { mode, reason, by, leftMs }: FleetOverride): Promise<FleetView> {
    return this.#viewAfter(scripts.impose, circuit, [mode, reason, by, leftMs]);
  }

  release(circuit: FleetCircuitId): Promise<FleetView> {
    return this.#viewAfter(scripts.release, circuit);
  }

  reset(circuit: FleetCircuitId): Promise<FleetView> {
    return this.#viewAfter(scripts.reset, circuit);
  }

  async leave(circuits: readonly FleetCircuitId[]): Promise<void> {
    await Promise.allSettled(circuits.map((circuit) => this.#run(scripts.leave, circuit)));
  }

  listen(listener: Listener): void {
    const { guest, replica } = this.#parts;
    guest.subscribe(CHANGES, (message) => {
      const blank = message.indexOf(' ');
      // Who changed it has seen the view that came of it.
      if (message.slice(0, blank) !== replica) listener.changed(message.slice(blank + 1));
    });
    let isHere = guest.isUp;
    guest.watch({
      up: () => {
        if (!isHere) listener.returned();
        isHere = true;
      },
      down: () => {
        isHere = false;
      },
    });
  }

  async #viewAfter(script: RedisScript, circuit: FleetCircuitId, values: readonly (string | number)[] = []): Promise<FleetView> {
    return this.#noted(circuit, viewOf((await this.#run(script, circuit, values)) as ViewReply));
  }

  #run(script: RedisScript, circuit: FleetCircuitId, values: readonly (string | number)[] = []): Promise<unknown> {
    const { guest, replica } = this.#parts;
    const base = this.#baseOf(circuit);
    const keys = KEYS.map((key) => `${base}:${key}`);
    const common = [replica, `${guest.prefix}:${CHANGES}`, circuit.name, this.#epochs.get(base) ?? 0];
    return guest.ask((client) => script.run(client, keys, [...common, ...values]));
  }

  #noted(circuit: FleetCircuitId, view: FleetView): FleetView {
    const base = this.#baseOf(circuit);
    this.#epochs.set(base, Math.max(view.epoch, this.#epochs.get(base) ?? 0));
    return view;
  }

  /** The braces keep the keys of one circuit on one node of a cluster. */
  #baseOf({ name, fingerprint }: FleetCircuitId): string {
    return `${this.#parts.guest.prefix}:fleet:{${name}:${fingerprint}}`;
  }

  #openTime({ openForMs, openForCapMs }: FleetCircuitId): readonly number[] {
    return [openForMs, openForCapMs, this.#parts.random()];
  }
}
