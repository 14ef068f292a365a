import type { Clock } from '../time/clock.ts';
import type { CircuitBreaker } from '../circuit/circuitBreaker.ts';
import type { Sign } from '../circuit/detection/detector.ts';
import type { CircuitChanged } from '../contract/events.ts';
import type { LocalTrial } from '../circuit/recovery/localTrial.ts';
import type { Trial } from '../circuit/recovery/trial.ts';
import type { FleetHooks, FleetLooks } from '../circuit/fleetHooks.ts';
import { FleetLink } from './fleetLink.ts';
import type { FleetMember } from '../circuit/fleetMember.ts';
import { FleetReporter } from './fleetReporter.ts';
import type { FleetCircuitId, FleetEvidence, FleetStore, FleetView } from '../contract/fleetStore.ts';
import { FleetTrial } from './fleetTrial.ts';
import { ProbeDesk } from './probeDesk.ts';
import { Vouching } from './vouching.ts';

export interface FleetCircuitParts {
  readonly breaker: CircuitBreaker;
  readonly id: FleetCircuitId;
  readonly store: FleetStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newLeaseId: () => string;
}

/** What is news to the fleet: such a step of the evidence. */
const NEWS = 0.1;
/** However little is left of the fleet's open time: a moment, so that all of a transition is seen, ms. */
const LEAST_OPEN_MS = 20;
/** As many successes in a row as close a trial. */
const PROOF = 5;
/** A look every so many ms is the first of a round when the last one was this share of it ago: as early as jitter lets any come. */
const ROUND = 0.8;
/** What asking again does not mend keeps its reason here; any other is `fleet_quorum`. */
const KEPT_REASONS: ReadonlySet<string> = new Set(['credential', 'daily_quota']);

/**
 * One circuit of this process and the same one of the fleet. This process decides first, by what it has seen; what the fleet
 * decides is learned behind the back of the calls, and then holds here as well. Where the fleet cannot be asked, or has
 * forgotten, the rules of one process go on.
 *
 * A decision of the fleet is known by its epoch. A newer one is followed; one that is older than the newest known, from a
 * store that was flushed or failed over, moves nothing.
 */
export class FleetCircuit implements FleetHooks, FleetLooks {
  readonly member: FleetMember;
  readonly link: FleetLink;
  readonly #parts: FleetCircuitParts;
  readonly #desk: ProbeDesk;
  readonly #reporter: FleetReporter;
  readonly #vouching: Vouching;
  #view: FleetView | undefined;
  #seenAt = 0;
  /** Epoch of the newest decision seen. */
  #newest = 0;
  /** Epoch of the opening of the fleet's that governs this circuit, until either of them closes. */
  #followed: number | undefined;
  /** The open time is the fleet's, not our own. */
  #isTimedByFleet = false;
  #isFollowing = false;
  #trial: FleetTrial | undefined;
  /** When a call last succeeded; monotonic ms. */
  #succeededAt: number | undefined;
  /** Calls and probes that succeeded here, since one did not. */
  #goodInARow = 0;
  /** As last told. */
  #toldSuspicion = 0;

  constructor(parts: FleetCircuitParts) {
    const { breaker, store, id: circuit, clock, random, newLeaseId } = parts;
    this.#parts = parts;
    this.member = breaker.join(this);
    this.link = new FleetLink({ store, circuit, clock, onView: this.#see.bind(this) });
    this.#desk = new ProbeDesk(this.link, () => this.#governing, newLeaseId);
    this.#vouching = new Vouching(this.link, newLeaseId);
    this.#reporter = new FleetReporter({
      isUp: () => this.link.isUp,
      report: () => this.link.report(this.#evidence()),
      look: () => this.link.view(),
      replicas: () => this.#view?.replicas ?? 1,
      clock,
      random,
    });
  }

  get view(): FleetView | undefined {
    return this.#view;
  }

  get seenAgoMs(): number | undefined {
    return this.#view && this.#parts.clock.now() - this.#seenAt;
  }

  start(): void {
    this.#reporter.start();
  }

  /** Leaves the circuit to the rules of this process; no timer is left. For good. */
  stop(): void {
    this.#parts.breaker.join(undefined);
    this.ended();
  }

  /** Somebody has changed something. */
  hint(): void {
    this.#reporter.lookSoon();
  }

  /** The store can be had again: what we know is told anew. */
  returned(): void {
    this.#reporter.returned();
  }

  judged(sign: Sign): void {
    if (sign === 'success') {
      this.#succeededAt = this.#parts.clock.now();
      this.#goodInARow += 1;
      if (this.#toldSuspicion === 0) return;
    } else this.#goodInARow = 0;
    if (Math.abs(this.member.suspicion - this.#toldSuspicion) >= NEWS) this.#reporter.reportSoon();
  }

  changed({ to }: CircuitChanged): void {
    if (to !== 'half_open') this.#endTrial();
    if (to === 'open') {
      this.#isTimedByFleet = this.#isFollowing;
      this.#goodInARow = 0;
    }
    if (to === 'closed') this.#followed = undefined;
    if (to !== 'half_open') this.#reporter.reportSoon();
  }

  trial(own: LocalTrial): Trial {
    const { clock, random } = this.#parts;
    const { member } = this;
    this.#trial = new FleetTrial({
      desk: this.#desk,
      own,
      usualRatio: member.usualRatio,
      probeLeaseMs: member.probeLeaseMs,
      onRecovered: (trial) => {
        if (trial === this.#trial) member.recovered('probe_succeeded');
      },
      clock,
      random,
    });
    return this.#trial;
  }

  ended(): void {
    this.#endTrial();
    this.#reporter.stop();
    this.link.close();
  }

  async mayLook(everyMs: number): Promise<boolean> {
    const epoch = this.#governing;
    if (epoch === undefined) return true;
    // Late is not gone: were all to look whose word was late in a rush, the service would be met by all of them.
    return this.link.scout(epoch, ROUND * everyMs).catch(() => !this.link.isUp);
  }

  async foundWell(): Promise<void> {
    this.#desk.foundWell();
    const epoch = this.#governing;
    if (epoch === undefined) {
      this.member.recoverNow();
      return;
    }
    const view = await this.link.scouted(epoch).catch(() => undefined);
    if (view === undefined || (view.epoch === epoch && view.remainingMs === 0)) this.member.recoverNow();
  }

  /** Epoch of the decision that governs, as long as the store can be asked. */
  get #governing(): number | undefined {
    return this.link.isInTouch ? this.#followed : undefined;
  }

  #endTrial(): void {
    this.#trial?.end();
    this.#trial = undefined;
  }

  /** While the fleet has it open, there is nothing to vote on. */
  #evidence(): FleetEvidence {
    const { member } = this;
    this.#toldSuspicion = member.suspicion;
    const score = this.#followed === undefined ? member.score : 0;
    const evidence = { score, reason: member.reason };
    return this.#succeededAt === undefined ? evidence : { ...evidence, succeededAgoMs: this.#parts.clock.now() - this.#succeededAt };
  }

  #see(view: FleetView): void {
    this.#view = view;
    this.#seenAt = this.#parts.clock.now();
    this.member.obey(view.override);
    const isNews = view.epoch > this.#newest;
    if (view.epoch < this.#newest) this.#forget();
    else if (view.state === 'closed') this.#closed(view, isNews);
    else this.#opened(view, isNews);
    this.#newest = Math.max(this.#newest, view.epoch);
    this.#vouch(view);
  }

  /** The store has lost what we follow: from here on this circuit is open, if it is, by what we know, and says so. */
  #forget(): void {
    if (this.#followed === undefined) return;
    this.#followed = undefined;
    this.#reporter.reportSoon();
  }

  #closed({ reason }: FleetView, isNews: boolean): void {
    const hasFollowed = this.#followed !== undefined;
    this.#followed = undefined;
    if (isNews && reason === 'reset') this.member.reset();
    else if (hasFollowed) this.member.recovered(this.#trial?.hasSucceeded === true ? 'probe_succeeded' : 'fleet_recovered');
  }

  #opened(view: FleetView, isNews: boolean): void {
    const { state } = this.member;
    // It has recovered here from this very opening.
    if (state === 'closed' && !isNews) return;
    this.#followed = view.epoch;
    if (state !== 'open' && isNews) this.#open(view);
    else if (state === 'open' && view.remainingMs > 0) this.#open(view);
    else if (state === 'open' && this.#isTimedByFleet) this.member.shorten(LEAST_OPEN_MS);
  }

  #open({ remainingMs, reason, openings }: FleetView): void {
    const isProbes = reason === 'probe_failed' && this.member.state === 'half_open';
    this.#isFollowing = true;
    this.member.openTimed({
      forMs: Math.max(LEAST_OPEN_MS, remainingMs),
      reason: isProbes || KEPT_REASONS.has(reason) ? reason : 'fleet_quorum',
      openings,
    });
    this.#isFollowing = false;
    this.#isTimedByFleet = true;
  }

  /** The fleet still has open what has recovered here, while it could not be told. */
  #vouch(view: FleetView): void {
    const { state, usualRatio } = this.member;
    if (view.state !== 'closed' && state === 'closed' && this.#goodInARow >= PROOF) void this.#vouching.vouch(view, usualRatio);
  }
}
