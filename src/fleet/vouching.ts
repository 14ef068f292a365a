import type { FleetLink } from './fleetLink.ts';
import type { FleetView } from '../contract/fleetStore.ts';

/** More good probes than any trial needs. */
const MOST_VOTES = 10;
/** A vote that is given at once, ms. */
const LEASE_MS = 1000;

/**
 * Tells the fleet, which still has a circuit open, that the service is back, by a replica whose own trial has found so while
 * the store could not be had. Its evidence is there, so it needs no probes, but it votes as they do: by lease, one after
 * the other, so that a failed probe of anybody's still decides against it.
 */
export class Vouching {
  readonly #link: FleetLink;
  readonly #newLeaseId: () => string;
  #isUnderWay = false;

  constructor(link: FleetLink, newLeaseId: () => string) {
    this.#link = link;
    this.#newLeaseId = newLeaseId;
  }

  /** Never rejects: what could not be told is told with the next view. */
  async vouch(view: FleetView, usualRatio: number | undefined): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    await this.#vote(view, usualRatio).catch(() => undefined);
    this.#isUnderWay = false;
  }

  async #vote({ epoch, remainingMs }: FleetView, usualRatio: number | undefined): Promise<void> {
    const outcome = { kind: 'success' as const, ...(usualRatio !== undefined && { usualRatio }) };
    if (remainingMs > 0) await this.#link.scouted(epoch);
    for (let votes = 0; votes < MOST_VOTES; votes += 1) {
      const lease = { id: this.#newLeaseId(), epoch };
      if (!(await this.#link.lease(lease, LEASE_MS))) return;
      const { state } = await this.#link.settle(lease, outcome);
      if (state !== 'half_open') return;
    }
  }
}
