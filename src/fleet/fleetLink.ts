import { SharedStateUnavailableError } from '../errors/sharedStateErrors.ts';
import type { Clock } from '../time/clock.ts';
import type { FleetCircuitId, FleetEvidence, FleetLease, FleetOverride, FleetStore, FleetView } from '../contract/fleetStore.ts';

export interface FleetLinkParts {
  readonly store: FleetStore;
  readonly circuit: FleetCircuitId;
  readonly clock: Clock;
  /** Told of each view that is newer than all before it. */
  readonly onView: (view: FleetView) => void;
}

/** The store promises an answer or a rejection within 50 ms; this is for one that does not keep its promise, ms. */
const LONGEST_WAIT_MS = 500;

/**
 * The way of one circuit to the store. Whatever the store does, each command ends in time, by an answer or by a rejection, and
 * no view is told that is older than one told before: what a decision of ours has changed is not seen as it was before.
 */
export class FleetLink {
  readonly #parts: FleetLinkParts;
  readonly #waiting = new Set<() => void>();
  #sent = 0;
  /** Views of commands sent before this one are out of date. */
  #fence = 0;
  #answered = 0;
  #isInTouch = false;
  #isClosed = false;

  constructor(parts: FleetLinkParts) {
    this.#parts = parts;
  }

  /** Whether the next command is worth trying. */
  get isUp(): boolean {
    return !this.#isClosed && this.#parts.store.isUp;
  }

  /** The last command was answered: what is known of the fleet is what it decided last. */
  get isInTouch(): boolean {
    return this.#isInTouch && this.isUp;
  }

  report(evidence: FleetEvidence): Promise<FleetView> {
    return this.#ask((store, circuit) => store.report(circuit, evidence));
  }

  view(): Promise<FleetView> {
    return this.#ask((store, circuit) => store.view(circuit));
  }

  /** @returns whether it was granted. */
  async lease(lease: FleetLease, forMs: number): Promise<boolean> {
    let granted = false;
    await this.#ask(async (store, circuit) => {
      const answer = await store.lease(circuit, lease, forMs);
      ({ granted } = answer);
      return answer.view;
    });
    return granted;
  }

  settle(lease: FleetLease, outcome: Parameters<FleetStore['settle']>[2]): Promise<FleetView> {
    return this.#decide((store, circuit) => store.settle(circuit, lease, outcome));
  }

  async scout(epoch: number, everyMs: number): Promise<boolean> {
    return this.#inTime((store, circuit) => store.scout(circuit, epoch, everyMs));
  }

  scouted(epoch: number): Promise<FleetView> {
    return this.#decide((store, circuit) => store.scouted(circuit, epoch));
  }

  impose(override: FleetOverride): Promise<FleetView> {
    return this.#decide((store, circuit) => store.impose(circuit, override));
  }

  release(): Promise<FleetView> {
    return this.#decide((store, circuit) => store.release(circuit));
  }

  reset(): Promise<FleetView> {
    return this.#decide((store, circuit) => store.reset(circuit));
  }

  /** Nothing is told any more, and no timer is left. For good. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
  }

  /** A command that changes what the fleet knows: views asked for before it do not show the change. */
  #decide(command: (store: FleetStore, circuit: FleetCircuitId) => Promise<FleetView>): Promise<FleetView> {
    this.#fence = this.#sent + 1;
    return this.#ask(command);
  }

  async #ask(command: (store: FleetStore, circuit: FleetCircuitId) => Promise<FleetView>): Promise<FleetView> {
    this.#sent += 1;
    const order = this.#sent;
    try {
      const view = await this.#inTime(command);
      this.#heard(order, true);
      if (!this.#isClosed && order >= this.#fence) {
        this.#fence = order;
        this.#parts.onView(view);
      }
      return view;
    } catch (error) {
      this.#heard(order, false);
      throw error;
    }
  }

  #heard(order: number, isAnswer: boolean): void {
    if (order < this.#answered) return;
    this.#answered = order;
    this.#isInTouch = isAnswer;
  }

  #inTime<T>(command: (store: FleetStore, circuit: FleetCircuitId) => Promise<T>): Promise<T> {
    const { store, circuit, clock } = this.#parts;
    const asked = (async () => command(store, circuit))();
    return new Promise((resolve, reject) => {
      const cancel = clock.after(LONGEST_WAIT_MS, () => {
        this.#waiting.delete(cancel);
        reject(new SharedStateUnavailableError('no_answer'));
      });
      this.#waiting.add(cancel);
      const end = (): void => {
        cancel();
        this.#waiting.delete(cancel);
      };
      asked.then(resolve, reject).finally(end).catch(end);
    });
  }
}
