import type { FleetEvidence, FleetStore, FleetView } from '../../src/contract/fleetStore.ts';
import { fleetViewOf } from './fleetView.ts';

type Outcome = Parameters<FleetStore['settle']>[2];
type Listener = Parameters<FleetStore['listen']>[0];

/** A store that says what a test wants it to say, and keeps what it was told. */
export class ScriptedFleetStore implements FleetStore {
  isUp = true;
  /** What every command is answered with. */
  answer: FleetView = fleetViewOf();
  grants = true;
  reports: FleetEvidence[] = [];
  leases: string[] = [];
  settled: Outcome[] = [];
  /** Epochs of which it was told that the service is well. */
  scoutedEpochs: number[] = [];
  /** In the place of the answer to an outcome. */
  onSettle: (outcome: Outcome) => Promise<FleetView> = () => Promise.resolve(this.answer);
  readonly #listeners: Listener[] = [];

  /** Says something else from now on, and that there is something to hear. */
  say(changes: Partial<FleetView>): void {
    this.answer = fleetViewOf(changes);
    for (const listener of this.#listeners) listener.changed('hubspot');
  }

  async report(_circuit: unknown, evidence: FleetEvidence): Promise<FleetView> {
    this.reports.push(evidence);
    return this.answer;
  }

  async view(): Promise<FleetView> {
    return this.answer;
  }

  async lease(_circuit: unknown, { id }: { readonly id: string }): Promise<{ readonly granted: boolean; readonly view: FleetView }> {
    this.leases.push(id);
    return { granted: this.grants, view: this.answer };
  }

  settle(_circuit: unknown, _lease: unknown, outcome: Outcome): Promise<FleetView> {
    this.settled.push(outcome);
    return this.onSettle(outcome);
  }

  async scout(): Promise<boolean> {
    return true;
  }

  async scouted(_circuit: unknown, epoch: number): Promise<FleetView> {
    this.scoutedEpochs.push(epoch);
    return this.answer;
  }

  async impose(): Promise<FleetView> {
    return this.answer;
  }

  async release(): Promise<FleetView> {
    return this.answer;
  }

  async reset(): Promise<FleetView> {
    return this.answer;
  }

  async leave(): Promise<void> {
    return Promise.resolve();
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }
}
