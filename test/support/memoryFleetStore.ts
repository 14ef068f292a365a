/**
 * What a fleet shares, in memory: the twin of the store on Redis, for tests on driven clocks. Both pass the same suite.
 *
 * Where the port leaves room: every opening, closing and reset forgets the scores (but not when a replica last saw the service
 * well); a lease that has run out is gone from that moment; only the epoch in force can begin a half-open time; a reset
 * begins an epoch even where nothing was open, with the reason `reset`, which is how replicas tell it from a recovery.
 */
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { FleetCircuitId, FleetEvidence, FleetLease, FleetOverride, FleetStore, FleetView } from '../../src/contract/fleetStore.ts';
import { openTimeMs } from '../../src/circuit/recovery/openTime.ts';
import type { Clock } from '../../src/time/clock.ts';
import { forgotten, hasRecovered, isQuorum, openingsOf, viewOf, type SharedCircuit } from './memoryFleetCircuit.ts';

type Listener = Parameters<FleetStore['listen']>[0];
type ProbeOutcome = Parameters<FleetStore['settle']>[2];

type Memory = Map<string, SharedCircuit>;

const KEPT_FOR_FAILOVER = 50;

const keyOf = ({ name, fingerprint }: FleetCircuitId): string => `${name} ${fingerprint}`;

/** What all replicas share. The clock is its own: no replica's clock takes part. */
export class MemoryFleet {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #startedAt: number;
  readonly #stores = new Set<MemoryFleetStore>();
  #memory: Memory = new Map();
  #before: Memory[] = [];
  #isUp = true;

  /** @param random Jitters the open times; 1 takes nothing off. */
  constructor(clock: Clock, random: () => number = () => 1) {
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock.wallTime() - clock.now();
  }

  /** The way of one replica to what is shared. */
  store(replica: string): MemoryFleetStore {
    const store = new MemoryFleetStore(this, replica);
    this.#stores.add(store);
    return store;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Every command fails from now on. */
  down(): void {
    this.#isUp = false;
  }

  up(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const store of this.#stores) store.hearReturn();
  }

  /** Everything is forgotten, as by FLUSHALL; nobody is told. */
  flush(): void {
    this.#memory = new Map();
    this.#before = [];
  }

  /** Fails over to a copy that lacks the last writes; nobody is told. @param writes At most 50. */
  loseLast(writes: number): void {
    if (writes === 0) return;
    this.#memory = this.#before.at(-writes) ?? this.#before[0] ?? new Map();
    this.#before = this.#before.slice(0, -writes);
  }

  /** As it is now, for `restore`. */
  snapshot(): unknown {
    return structuredClone(this.#memory);
  }

  /** @param snapshot Of this fleet's. */
  restore(snapshot: unknown): void {
    this.#memory = structuredClone(snapshot) as Memory;
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#startedAt + this.#clock.now();
  }

  read<T>(id: FleetCircuitId, look: (circuit: SharedCircuit) => T): T {
    return look(this.#memory.get(keyOf(id)) ?? forgotten());
  }

  write<T>(id: FleetCircuitId, change: (circuit: SharedCircuit) => T): T {
    this.#before = [...this.#before, structuredClone(this.#memory)].slice(-KEPT_FOR_FAILOVER);
    const circuit = this.#memory.get(keyOf(id)) ?? forgotten();
    this.#memory.set(keyOf(id), circuit);
    return change(circuit);
  }

  /** Opens for the next time of the row. */
  open(id: FleetCircuitId, circuit: SharedCircuit, reason: string, retryAfterMs?: number): void {
    const before = openingsOf(circuit, this.now);
    circuit.until = this.now + openTimeMs(id, before, this.#random, retryAfterMs);
    circuit.openings = before + 1;
    this.#begin(circuit, 'open', reason);
  }

  /** @param reason Absent: what it was open for. */
  close(circuit: SharedCircuit, reason = circuit.reason): void {
    circuit.closedAt = this.now;
    this.#begin(circuit, 'closed', reason);
  }

  /** Told to every other replica, as soon as the command has been answered. */
  tell(name: string, by: MemoryFleetStore): void {
    queueMicrotask(() => {
      for (const store of this.#stores) if (store !== by) store.hearChange(name);
    });
  }

  /** The one door for decisions: each begins an epoch, larger than the last, and by the clock larger than any forgotten one. */
  #begin(circuit: SharedCircuit, state: 'open' | 'closed', reason: string): void {
    circuit.state = state;
    circuit.reason = reason;
    circuit.epoch = Math.max(Math.floor(this.now * 1000), circuit.epoch + 1);
    circuit.leases.clear();
    for (const report of circuit.reports.values()) report.score = 0;
  }
}

/** The way of one replica; made by `MemoryFleet.store`. */
export class MemoryFleetStore implements FleetStore {
  readonly #fleet: MemoryFleet;
  readonly #replica: string;
  readonly #listeners: Listener[] = [];
  #isCut = false;
  /** Commands sent, by name. */
  readonly sent: string[] = [];

  constructor(fleet: MemoryFleet, replica: string) {
    this.#fleet = fleet;
    this.#replica = replica;
  }

  get isUp(): boolean {
    return this.#fleet.isUp && !this.#isCut;
  }

  /** This replica alone loses its way to the store. */
  cut(): void {
    this.#isCut = true;
  }

  mend(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.hearReturn();
  }

  async report(id: FleetCircuitId, { score, succeededAgoMs = Infinity, reason }: FleetEvidence): Promise<FleetView> {
    this.#admit('report');
    const now = this.#fleet.now;
    const opened = this.#fleet.write(id, (circuit) => {
      circuit.reports.set(this.#replica, { score, reportedAt: now, succeededAt: now - succeededAgoMs });
      if (circuit.state !== 'closed' || !isQuorum(circuit, now)) return false;
      this.#fleet.open(id, circuit, reason);
      return true;
    });
    return this.#answer(id, opened);
  }

  async view(id: FleetCircuitId): Promise<FleetView> {
    this.#admit('view');
    return this.#answer(id, false);
  }

  async lease(id: FleetCircuitId, lease: FleetLease, forMs: number): Promise<{ readonly granted: boolean; readonly view: FleetView }> {
    this.#admit('lease');
    const { granted, began } = this.#fleet.write(id, (circuit) => this.#lease(circuit, lease, forMs));
    return { granted, view: this.#answer(id, began) };
  }

  async settle(id: FleetCircuitId, lease: FleetLease, outcome: ProbeOutcome): Promise<FleetView> {
    this.#admit('settle');
    const decided = this.#fleet.write(id, (circuit) => this.#settle(id, circuit, lease, outcome));
    return this.#answer(id, decided);
  }

  async scout(id: FleetCircuitId, epoch: number, everyMs: number): Promise<boolean> {
    this.#admit('scout');
    return this.#fleet.write(id, (circuit) => {
      if (circuit.state !== 'open' || circuit.epoch !== epoch || this.#fleet.now < circuit.scoutUntil) return false;
      circuit.scoutUntil = this.#fleet.now + everyMs;
      return true;
    });
  }

  async scouted(id: FleetCircuitId, epoch: number): Promise<FleetView> {
    this.#admit('scouted');
    const dropped = this.#fleet.write(id, (circuit) => {
      if (circuit.state !== 'open' || circuit.epoch !== epoch || circuit.until <= this.#fleet.now) return false;
      circuit.until = this.#fleet.now;
      return true;
    });
    return this.#answer(id, dropped);
  }

  async impose(id: FleetCircuitId, imposed: FleetOverride): Promise<FleetView> {
    this.#admit('impose');
    this.#fleet.write(id, (circuit) => {
      circuit.override = { imposed, until: this.#fleet.now + imposed.leftMs };
    });
    return this.#answer(id, true);
  }

  async release(id: FleetCircuitId): Promise<FleetView> {
    this.#admit('release');
    this.#fleet.write(id, (circuit) => {
      circuit.override = undefined;
    });
    return this.#answer(id, true);
  }

  async reset(id: FleetCircuitId): Promise<FleetView> {
    this.#admit('reset');
    this.#fleet.write(id, (circuit) => {
      circuit.override = undefined;
      circuit.openings = 0;
      this.#fleet.close(circuit, 'reset');
    });
    return this.#answer(id, true);
  }

  async leave(ids: readonly FleetCircuitId[]): Promise<void> {
    this.sent.push('leave');
    if (!this.isUp) return;
    for (const id of ids)
      this.#fleet.write(id, ({ reports, leases }) => {
        reports.delete(this.#replica);
        for (const [lease, { replica }] of leases) if (replica === this.#replica) leases.delete(lease);
      });
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  hearChange(name: string): void {
    if (this.isUp) for (const listener of this.#listeners) listener.changed(name);
  }

  hearReturn(): void {
    if (this.isUp) for (const listener of this.#listeners) listener.returned();
  }

  #admit(command: string): void {
    this.sent.push(command);
    if (!this.isUp) throw new SharedStateUnavailableError('down');
  }

  #answer(id: FleetCircuitId, hasChanged: boolean): FleetView {
    if (hasChanged) this.#fleet.tell(id.name, this);
    return this.#fleet.read(id, (circuit) => viewOf(circuit, this.#replica, this.#fleet.now));
  }

  #lease(circuit: SharedCircuit, { id, epoch }: FleetLease, forMs: number): { readonly granted: boolean; readonly began: boolean } {
    const { now } = this.#fleet;
    const began = circuit.state === 'open' && circuit.epoch === epoch && now >= circuit.until;
    if (began) Object.assign(circuit, { state: 'half_open', successes: 0, evidence: 0 });
    for (const [lease, { until }] of circuit.leases) if (until <= now) circuit.leases.delete(lease);
    const granted = circuit.state === 'half_open' && circuit.epoch === epoch && circuit.leases.size < 1 + circuit.successes;
    if (granted) circuit.leases.set(id, { replica: this.#replica, until: now + forMs });
    return { granted, began };
  }

  /** @returns whether it decided. */
  #settle(id: FleetCircuitId, circuit: SharedCircuit, lease: FleetLease, { kind, usualRatio, retryAfterMs }: ProbeOutcome): boolean {
    if (circuit.state !== 'half_open' || circuit.epoch !== lease.epoch) return false;
    const held = circuit.leases.get(lease.id);
    circuit.leases.delete(lease.id);
    if (held === undefined || held.until <= this.#fleet.now || kind === 'ignored') return false;
    if (kind === 'failure') this.#fleet.open(id, circuit, 'probe_failed', retryAfterMs);
    else {
      if (!hasRecovered(circuit, usualRatio)) return false;
      this.#fleet.close(circuit);
    }
    return true;
  }
}
