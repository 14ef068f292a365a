import { seconds } from '../time/clock.ts';
import type { FleetLink } from './fleetLink.ts';
import type { FleetLease, FleetStore } from '../contract/fleetStore.ts';

/** Whoever has just failed with a probe lets others go first, so long for each failure in a row, ms. */
const COURTESY_MS = seconds(1);
const MOST_COURTESY = 3;

/** Where the trials of a circuit get their leases, and take what their probes have shown. */
export class ProbeDesk {
  readonly newLeaseId: () => string;
  readonly #link: FleetLink;
  readonly #governing: () => number | undefined;
  /** Probes of this replica that failed, in a row. */
  #failures = 0;

  /** @param governing As `epoch`. */
  constructor(link: FleetLink, governing: () => number | undefined, newLeaseId: () => string) {
    this.#link = link;
    this.#governing = governing;
    this.newLeaseId = newLeaseId;
  }

  /** Of the fleet's decision that governs; absent: the rules of this process hold. */
  get epoch(): number | undefined {
    return this.#governing();
  }

  /**
   * How long to let others go first, ms. A replica that is broken itself, and fails with every probe it gets, would keep the
   * circuit open for all: like this, those that are well have decided before it asks.
   */
  get courtesyMs(): number {
    return COURTESY_MS * Math.min(MOST_COURTESY, this.#failures);
  }

  /** @returns whether it was granted. Rejects where the store cannot be had. */
  lease(lease: FleetLease, forMs: number): Promise<boolean> {
    return this.#link.lease(lease, forMs);
  }

  /** Resolves when the fleet's answer has had its effect; rejects where the store cannot be had. */
  settle(lease: FleetLease, outcome: Parameters<FleetStore['settle']>[2]): Promise<unknown> {
    if (outcome.kind !== 'ignored') this.#failures = outcome.kind === 'failure' ? this.#failures + 1 : 0;
    return this.#link.settle(lease, outcome);
  }

  /** A look of this replica has found the service well. */
  foundWell(): void {
    this.#failures = 0;
  }
}
