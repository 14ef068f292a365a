/**
 * Random commands of a few replicas to one circuit, played on a store: what was done, and what was seen after each.
 */
import fc from 'fast-check';
import type { FleetCircuitId, FleetLease, FleetView } from '../../src/contract/fleetStore.ts';
import { freshLease, type FleetRig } from './fleetRig.ts';

/**
 * Time passes in steps of seven seconds. All limits of the store and of the commands lie a second or more beside every multiple
 * of that, so that on a real Redis, where a little time passes by itself, the same comes out.
 */
export const STEP_MS = 7000;
export const LEASE_MS = 5000;
const SCOUT_MS = 5000;
/** Opens for 6, 12 and then 24 s, where chance takes off a quarter. */
export const policy = { openForMs: 8000, openForCapMs: 32_000 };

export type Command =
  | { readonly kind: 'report'; readonly replica: number; readonly score: number; readonly isWell: boolean }
  | { readonly kind: 'lease'; readonly replica: number; readonly isStale: boolean }
  | { readonly kind: 'settle'; readonly pick: number; readonly outcome: 'success' | 'failure' | 'ignored' }
  | { readonly kind: 'pass'; readonly steps: number }
  | { readonly kind: 'scout' | 'scouted' | 'reset' | 'leave' | 'impose' | 'release'; readonly replica: number }
  | { readonly kind: 'flush' };

export interface Step {
  readonly command: Command;
  readonly view: FleetView;
  /** Of a lease or a look. */
  readonly granted?: boolean;
  /** Which lease was asked for or settled: its place in the row of all that were asked for. */
  readonly lease?: number;
  /** When the step was done, ms since the beginning, but for the time that passes by itself. */
  readonly at: number;
}

const replica = fc.nat({ max: 3 });
const of = <K extends string, T extends object>(kind: K, fields: { [F in keyof T]: fc.Arbitrary<T[F]> }) =>
  fc.record(fields).map((record) => ({ kind, ...record }));

const report = of('report', { replica, score: fc.constantFrom(0, 0.2, 0.4, 0.5, 1, 1, 1), isWell: fc.boolean() });
const lease = of('lease', { replica, isStale: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0) });
const outcome = fc.constantFrom(
  'success' as const,
  'success' as const,
  'success' as const,
  'success' as const,
  'failure' as const,
  'ignored' as const,
);
const settle = of('settle', { pick: fc.nat({ max: 3 }), outcome });
const pass = of('pass', { steps: fc.constantFrom(1, 1, 1, 2, 3, 19) });
const rare = fc
  .constantFrom('scout', 'scout', 'scouted', 'scouted', 'reset', 'leave', 'impose', 'release')
  .chain((kind) => of(kind, { replica }));

/** Weighed so that circuits open, are probed, and close. */
export const anyCommands: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: report },
    { weight: 10, arbitrary: lease },
    { weight: 10, arbitrary: settle },
    { weight: 4, arbitrary: pass },
    { weight: 3, arbitrary: rare },
    { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

/** Plays the commands of one row on one circuit. */
export class FleetPlay {
  readonly #rig: FleetRig;
  readonly #circuit: FleetCircuitId;
  readonly #leases: { readonly holder: string; readonly lease: FleetLease }[] = [];
  #view: FleetView | undefined;
  #at = 0;

  constructor(rig: FleetRig, circuit: FleetCircuitId) {
    this.#rig = rig;
    this.#circuit = circuit;
  }

  async play(commands: readonly Command[]): Promise<readonly Step[]> {
    const steps: Step[] = [];
    this.#view = await this.#rig.join('replica0').view(this.#circuit);
    for (const command of commands) {
      const told = await this.#do(command);
      this.#view = 'view' in told ? told.view : await this.#rig.join('replica0').view(this.#circuit);
      steps.push({ ...told, command, view: this.#view, at: this.#at });
    }
    return steps;
  }

  async #do(command: Command): Promise<Partial<Step>> {
    if (command.kind === 'flush') return this.#rig.flush().then(() => ({}));
    if (command.kind === 'settle') return this.#settle(command.pick, command.outcome);
    if (command.kind === 'pass') {
      this.#at += command.steps * STEP_MS;
      return this.#rig.pass(command.steps * STEP_MS).then(() => ({}));
    }
    const name = `replica${String(command.replica)}`;
    if (command.kind === 'lease') return this.#lease(name, command.isStale);
    return this.#other(command, name);
  }

  async #lease(holder: string, isStale: boolean): Promise<Partial<Step>> {
    const fresh = freshLease(this.#view!);
    const lease = isStale ? { ...fresh, epoch: fresh.epoch - 1 } : fresh;
    this.#leases.push({ holder, lease });
    return { ...(await this.#rig.join(holder).lease(this.#circuit, lease, LEASE_MS)), lease: this.#leases.length - 1 };
  }

  /** One of those asked for last, whether or not it was granted. */
  async #settle(pick: number, kind: 'success' | 'failure' | 'ignored'): Promise<Partial<Step>> {
    const index = Math.max(0, this.#leases.length - 1 - pick);
    const held = this.#leases[index];
    if (held === undefined) return {};
    return { view: await this.#rig.join(held.holder).settle(this.#circuit, held.lease, { kind }), lease: index };
  }

  async #other(command: Exclude<Command, { kind: 'flush' | 'settle' | 'pass' | 'lease' }>, name: string): Promise<Partial<Step>> {
    const store = this.#rig.join(name);
    const { epoch } = this.#view!;
    switch (command.kind) {
      case 'report':
        return {
          view: await store.report(this.#circuit, { score: command.score, reason: name, ...(command.isWell && { succeededAgoMs: 2000 }) }),
        };
      case 'scout':
        return { granted: await store.scout(this.#circuit, epoch, SCOUT_MS) };
      case 'scouted':
        return { view: await store.scouted(this.#circuit, epoch) };
      case 'impose':
        return { view: await store.impose(this.#circuit, { mode: 'disabled', reason: 'a test', by: name, leftMs: LEASE_MS }) };
      case 'leave':
        return store.leave([this.#circuit]).then(() => ({}));
      default:
        return { view: await store[command.kind](this.#circuit) };
    }
  }
}
