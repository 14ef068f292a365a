/** The contract of a fleet store: what holds after every row of commands, in whatever order they come. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { FleetView } from '../../src/contract/fleetStore.ts';
import { anyCommands, FleetPlay, LEASE_MS, policy, type Step } from './fleetPlay.ts';
import { freshCircuit, type FleetRig } from './fleetRig.ts';

const REPORT_LASTS_MS = 15_000;
const LEAST_SUCCESSES = 5;

/** What a watcher beside the store knows, and holds against what the store says. */
class Watcher {
  #before: FleetView = {
    state: 'closed',
    epoch: 0,
    remainingMs: 0,
    openings: 0,
    reason: '',
    replicas: 0,
    othersWell: 0,
    othersIll: 0,
    override: undefined,
  };
  #largestEpoch = 0;
  #successes = 0;
  readonly #reports = new Map<number, { readonly score: number; readonly at: number }>();
  /** Leases that were granted and not settled. */
  readonly #out = new Map<number, { readonly holder: number; readonly until: number }>();

  see(step: Step): void {
    const { command, view } = step;
    if (command.kind === 'flush') this.#forget(step);
    else this.#judge(step);
    if (command.kind === 'leave') this.#leave(command.replica);
    expect(view.remainingMs === 0 || view.state === 'open').to.equal(true);
    expect(view.state !== 'open' || view.openings > 0).to.equal(true);
    this.#before = view;
  }

  #judge(step: Step): void {
    const { command, view, at } = step;
    if (command.kind === 'report') this.#reports.set(command.replica, { score: command.score, at });
    const settled = command.kind === 'settle' && this.#settles(step);
    this.#judgeTransition(step, settled);
    if (command.kind === 'lease' && step.granted === true) this.#judgeGrant(step);
    if (view.epoch === this.#before.epoch) return;
    expect(view.epoch).to.be.above(this.#largestEpoch);
    this.#largestEpoch = view.epoch;
    this.#begin();
  }

  /** Whether a lease was held whose outcome counts; it is held no longer. */
  #settles({ command, lease, at }: Step): boolean {
    const until = lease === undefined ? undefined : this.#out.get(lease)?.until;
    if (lease === undefined || until === undefined || until <= at) return false;
    this.#out.delete(lease);
    if (command.kind === 'settle' && command.outcome === 'success') this.#successes += 1;
    return command.kind === 'settle' && command.outcome !== 'ignored';
  }

  #judgeTransition({ command, view, at }: Step, settled: boolean): void {
    const { state, epoch } = this.#before;
    if (view.epoch === epoch && view.state === state) return;
    const change = `${state} ${view.state}`;
    if (change === 'closed open') {
      const ill = [...this.#reports.values()].filter((each) => each.score > 0 && at - each.at <= REPORT_LASTS_MS);
      expect([command.kind, ill.length >= 2]).to.deep.equal(['report', true]);
    } else if (change === 'open half_open') {
      expect([command.kind, this.#before.epoch]).to.deep.equal(['lease', view.epoch]);
    } else if (change === 'half_open open') {
      expect([command.kind, settled]).to.deep.equal(['settle', true]);
    } else {
      expect(view.state).to.equal('closed');
      if (command.kind === 'settle') expect([state, settled, this.#successes >= LEAST_SUCCESSES]).to.deep.equal(['half_open', true, true]);
      else expect(command.kind).to.equal('reset');
    }
  }

  #judgeGrant({ command, lease, view, at }: Step): void {
    if (command.kind === 'lease') this.#out.set(lease!, { holder: command.replica, until: at + LEASE_MS });
    const held = [...this.#out.values()].filter(({ until }) => until > at);
    expect(view.state).to.equal('half_open');
    expect(held.length).to.be.at.most(1 + this.#successes);
  }

  #leave(replica: number): void {
    this.#reports.delete(replica);
    for (const [lease, { holder }] of this.#out) if (holder === replica) this.#out.delete(lease);
  }

  #begin(): void {
    this.#successes = 0;
    this.#reports.clear();
    this.#out.clear();
  }

  #forget({ view }: Step): void {
    expect(view).to.include({ state: 'closed', epoch: 0, openings: 0 });
    this.#begin();
  }
}

export const fleetModel = (rig: () => FleetRig): void => {
  it('opens, probes and closes by its rules, whatever replicas do and in whatever order', async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(anyCommands, async (commands) => {
      const watcher = new Watcher();
      const steps = await new FleetPlay(rig(), freshCircuit(policy)).play(commands);
      for (const step of steps) {
        watcher.see(step);
        seen.add(`${step.view.state} after ${step.command.kind}`);
      }
    });

    await fc.assert(property, { numRuns: 60 });

    expect([...seen]).to.include.members(['open after report', 'half_open after lease', 'closed after settle', 'open after settle']);
  });
};
