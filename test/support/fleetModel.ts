/**
 * Steps that any fleet may be taken through, and what has to hold after each: for properties over the circuits of replicas.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { UpstreamRateLimitedError } from '../../src/errors/upstreamErrors.ts';
import type { OverrideMode } from '../../src/contract/circuitState.ts';
import { seconds, systemClock } from '../../src/time/clock.ts';
import { CALLER_PATIENCE_MS } from '../../src/fleet/fleetTrial.ts';
import { down, site } from './breakerHouse.ts';
import { VirtualFleet, type Replica } from './virtualFleet.ts';
import { HeldAttempt } from './heldAttempt.ts';

export type Ending = 'ok' | 'fail' | 'slow' | 'ignored';

export type FleetStep =
  | { readonly does: 'call'; readonly on: number; readonly times: number; readonly ending: Ending }
  | { readonly does: 'settle'; readonly which: number; readonly ending: Exclude<Ending, 'slow'> }
  | { readonly does: 'advance'; readonly ms: number }
  | { readonly does: 'override'; readonly on: number | 'fleet'; readonly mode: OverrideMode; readonly forMs: number }
  | { readonly does: 'failover'; readonly lost: number }
  | { readonly does: 'podPause' | 'podKill' | 'cut' | 'mend'; readonly on: number }
  | { readonly does: 'stall' | 'storeDown' | 'storeUp' | 'flush' | 'fleetReset' };

export const REPLICAS = 3;
const STALL_MS = seconds(5);

/** Steps of these kinds disturb the store, or who talks to it: what it granted may be forgotten or have run out. */
const DISTURBING: ReadonlySet<FleetStep['does']> = new Set([
  'stall',
  'storeDown',
  'flush',
  'failover',
  'cut',
  'podPause',
  'podKill',
  'fleetReset',
  'override',
]);

const modes = fc.constantFrom<OverrideMode>('forced_open', 'disabled', 'metrics_only');
const endings = fc.constantFrom<Exclude<Ending, 'slow'>>('ok', 'ok', 'fail', 'fail', 'ignored');
const on = fc.nat(REPLICAS - 1);

const calls = fc.oneof(
  { weight: 12, arbitrary: fc.record({ does: fc.constant('call' as const), on, times: fc.integer({ min: 1, max: 5 }), ending: endings }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('call' as const), on, times: fc.constant(1), ending: fc.constant('slow' as const) }),
  },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('settle' as const), which: fc.nat(20), ending: endings }) },
);
const time = fc.record({ does: fc.constant('advance' as const), ms: fc.oneof(fc.nat(30), fc.nat(300), fc.nat(2500), fc.nat(20_000)) });
const troubles = fc.oneof(
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('cut' as const, 'mend' as const, 'podPause' as const), on }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('podKill' as const), on }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('failover' as const), lost: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('storeDown' as const, 'storeUp' as const, 'storeUp' as const, 'flush' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('stall' as const, 'fleetReset' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('override' as const),
      on: fc.oneof(on, fc.constant('fleet' as const)),
      mode: modes,
      forMs: fc.nat(10_000),
    }),
  },
);

/** @param disturbed How often something goes wrong that is not the service: 0 for never. */
export const stepsOf = (disturbed: number): fc.Arbitrary<readonly FleetStep[]> =>
  fc.array(fc.oneof({ weight: 14, arbitrary: calls }, { weight: 9, arbitrary: time }, { weight: disturbed, arbitrary: troubles }), {
    minLength: 20,
    maxLength: 100,
    size: 'max',
  });

interface TrackedCall {
  readonly replica: Replica;
  readonly attempt: HeldAttempt;
  /** Let out as a probe of the fleet's, of this epoch; a replica that opened alone recovers alone. */
  readonly probeOf: number | undefined;
  /** The trial had lasted long enough for a replica to go by its own rules. */
  readonly isLate: boolean;
  readonly outcomes: unknown[];
  ending: Ending | undefined;
}

const errors: Readonly<Record<'fail' | 'ignored', Error>> = { fail: down(), ignored: new UpstreamRateLimitedError(site) };

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Replicas that are taken through steps. */
export class FleetModel {
  /** What the health checks of the replicas find; absent: they make none. */
  readonly #look: (() => Promise<unknown>) | undefined;
  readonly house = new VirtualFleet();
  readonly calls: TrackedCall[] = [];
  readonly killed = new Set<Replica>();
  readonly #checkedChanges = new Map<Replica, number>();
  readonly #movedBy = new Map<Replica, number>();
  #isDisturbed = false;
  #hasEnded = false;

  constructor(look?: () => Promise<unknown>) {
    this.#look = look;
  }

  async start(): Promise<void> {
    this.house.start();
    await this.house.of(REPLICAS, this.#look && { look: this.#look });
  }

  async take(step: FleetStep): Promise<void> {
    this.#isDisturbed ||= DISTURBING.has(step.does);
    if (step.does === 'call') await this.#callTimes(this.#replica(step.on), step.times, step.ending);
    else if (step.does === 'settle') this.#settleOne(step.which, step.ending);
    else if (step.does === 'advance') await this.house.time.advance(step.ms);
    else if (step.does === 'override') await this.#impose(step.on, step.mode, step.forMs);
    else if ('on' in step) this.#trouble(step.does, this.#replica(step.on));
    else await this.#disturb(step);
    await settled();
    this.check();
  }

  check(): void {
    for (const { outcomes } of this.calls) expect(outcomes.length, 'settled once at most').to.be.at.most(1);
    for (const replica of this.house.replicas) this.#checkMoves(replica);
    if (!this.#isDisturbed) this.#checkProbes();
  }

  /** With a service that is well, whatever the store does: @returns how long it takes until all have closed, ms. */
  async recover(): Promise<number> {
    this.#finishCalls();
    for (const replica of this.#living) {
      replica.clock.resume();
      replica.breaker.release();
    }
    const startedAt = systemClock.now();
    while (
      this.#living.some(({ breaker }) => breaker.snapshot().effectiveState !== 'closed') &&
      systemClock.now() - startedAt < seconds(120)
    ) {
      for (const replica of this.#living) await this.#callTimes(replica, 1, 'ok');
      await this.house.time.advance(500);
    }
    return systemClock.now() - startedAt;
  }

  /** Everything ends, and each call has ended once. */
  async end(): Promise<void> {
    this.#finishCalls();
    await settled();
    for (const { outcomes } of this.calls) expect(outcomes).to.have.length(1);
    this.#hasEnded = true;
    await this.house.stop();
  }

  /** Puts real time back after a failure. */
  async abandon(): Promise<void> {
    if (!this.#hasEnded) await this.house.stop().catch(() => undefined);
  }

  #finishCalls(): void {
    for (const { ending, attempt } of this.calls) if (ending === undefined) attempt.succeed('contact');
  }

  get #living(): readonly Replica[] {
    return this.house.replicas.filter((replica) => !this.killed.has(replica));
  }

  #replica(place: number): Replica {
    return this.house.replicas[place % this.house.replicas.length]!;
  }

  async #callTimes(replica: Replica, times: number, ending: Ending): Promise<void> {
    if (this.killed.has(replica) || replica.clock.isPaused) return;
    for (let made = 0; made < times; made += 1) {
      const call = this.#call(replica);
      if (ending !== 'slow') this.#settle(call, ending);
      await settled();
    }
  }

  #call(replica: Replica): TrackedCall {
    const attempt = new HeldAttempt();
    const { state, view } = replica;
    const epoch = state === 'half_open' && view?.state === 'half_open' ? view.epoch : undefined;
    const outcomes: unknown[] = [];
    const keep = (outcome: unknown): void => {
      outcomes.push(outcome);
    };
    replica.breaker
      .call(attempt.begin, site, {
        cut: (error: Error) => {
          attempt.fail(error);
        },
      })
      .then(keep, keep);
    const isLate = systemClock.now() - (replica.changes.at(-1)?.at ?? 0) >= CALLER_PATIENCE_MS;
    const call = { replica, attempt, probeOf: attempt.begun > 0 ? epoch : undefined, isLate, outcomes, ending: undefined };
    this.calls.push(call);
    return call;
  }

  #settleOne(which: number, ending: Exclude<Ending, 'slow'>): void {
    const open = this.calls.filter((call) => call.ending === undefined && call.outcomes.length === 0 && !call.replica.clock.isPaused);
    const call = open[which % Math.max(1, open.length)];
    if (call !== undefined) this.#settle(call, ending);
  }

  #settle(call: TrackedCall, ending: Exclude<Ending, 'slow'>): void {
    call.ending = ending;
    if (ending === 'ok') call.attempt.succeed('contact');
    else call.attempt.fail(errors[ending]);
  }

  async #impose(where: number | 'fleet', mode: OverrideMode, forMs: number): Promise<void> {
    const why = { mode, reason: 'a drill', by: 'local' };
    if (where !== 'fleet') this.#replica(where).breaker.impose({ ...why, until: systemClock.wallTime() + forMs, scope: 'replica' });
    else await this.#living[0]?.circuits.impose('hubspot', { ...why, leftMs: forMs }).catch(() => undefined);
  }

  #trouble(kind: 'podPause' | 'podKill' | 'cut' | 'mend', replica: Replica): void {
    if (kind === 'cut') replica.store.cut();
    else if (this.killed.has(replica)) return;
    else if (kind === 'mend') replica.store.mend();
    else if (kind === 'podPause') this.#pause(replica);
    else this.#kill(replica);
  }

  #pause(replica: Replica): void {
    if (replica.clock.isPaused) replica.clock.resume();
    else replica.clock.pause();
  }

  /** Gone without a word: its evidence and its leases stay until they run out. */
  #kill(replica: Replica): void {
    if (this.#living.length === 1) return;
    this.killed.add(replica);
    replica.store.cut();
    replica.clock.pause();
  }

  async #disturb({ does, ...step }: Extract<FleetStep, { does: string }>): Promise<void> {
    const { fleet, time: clock } = this.house;
    if (does === 'storeDown') fleet.down();
    else if (does === 'storeUp') fleet.up();
    else if (does === 'flush') fleet.flush();
    else if (does === 'stall') clock.stall(STALL_MS);
    else if (does === 'fleetReset') await this.#living[0]?.circuits.reset('hubspot').catch(() => undefined);
    else if ('lost' in step) fleet.loseLast(step.lost);
  }

  /** What the fleet has moved, it has moved by ever newer decisions. */
  #checkMoves(replica: Replica): void {
    const from = this.#checkedChanges.get(replica) ?? 0;
    this.#checkedChanges.set(replica, replica.changes.length);
    const moves = replica.moves.slice(from);
    for (const { reason, epoch } of moves) {
      if (!reason.startsWith('fleet_')) continue;
      expect(epoch, `moved by ${reason}`).to.be.above(this.#movedBy.get(replica) ?? 0);
      this.#movedBy.set(replica, epoch);
    }
  }

  /** Of the fleet: one at first, and one more for each that came back well; of a replica where the trial has lasted long, as many by itself. */
  #checkProbes(): void {
    const epochs = new Set(this.calls.flatMap(({ probeOf }) => probeOf ?? []));
    for (const epoch of epochs) {
      const probes = this.calls.filter(({ probeOf }) => probeOf === epoch);
      const out = probes.filter(
        ({ outcomes, replica }) => outcomes.length === 0 && replica.state === 'half_open' && replica.view?.epoch === epoch,
      );
      const good = probes.filter(({ ending }) => ending === 'ok');
      const leased = out.filter(({ isLate }) => !isLate);
      expect(leased.length, 'probes out').to.be.at.most(1 + good.length);
      for (const replica of this.house.replicas) {
        expect(out.filter((call) => call.replica === replica).length, 'probes out of a replica').to.be.at.most(1 + good.length);
      }
    }
  }
}
