/**
 * Replicas that call one simulated service in virtual time, which counts exactly and says what it refused.
 */
import type { Permit, QuotaGate } from '../../src/contract/quotaGate.ts';
import type { QuotaRule } from '../../src/contract/quotaRule.ts';
import { SharedQuotaGate } from '../../src/quota/sharedQuotaGate.ts';
import { countingService, type CountingService } from './countingServices.ts';
import { EventClock } from './eventClock.ts';
import { MemoryQuotaStore, type MemoryQuotaShares } from './memoryQuotaShares.ts';
import { seededRandom } from './seededRandom.ts';

export interface Load {
  /** So many callers, each of which calls again as soon as it has its answer. */
  readonly callers: number;
  /** Between the answer and the next call, ms. */
  readonly pauseMs?: number;
  readonly weight?: (random: () => number) => number;
  readonly onAttempt?: () => void;
}

export interface FleetMember {
  readonly gate: QuotaGate;
  readonly shares: MemoryQuotaShares;
  load(load: Load): void;
  /** Its callers go, one by one. */
  idle(): void;
  /** At once, and without a word; what is under way is counted by the service. */
  die(): void;
}

/** A caller who waits for so long at most, ms. */
const PATIENCE_MS = 15_000;

export class QuotaFleet {
  readonly clock = new EventClock();
  readonly store: MemoryQuotaStore;
  readonly service: CountingService;
  readonly #rule: QuotaRule;
  readonly #hasHeaders: boolean;
  readonly #random: () => number;
  #members = 0;
  /** Calls that were not sent, because their turn would have come too late. */
  turnedAway = 0;
  attempts = 0;

  constructor(rule: QuotaRule, seed: number, hasHeaders = false) {
    this.store = new MemoryQuotaStore(this.clock);
    this.service = countingService(rule);
    this.#rule = rule;
    this.#hasHeaders = hasHeaders;
    this.#random = seededRandom(seed);
  }

  join(load?: Load): FleetMember {
    this.#members += 1;
    const shares = this.store.as(`replica ${String(this.#members)}`, 1);
    const gate = new SharedQuotaGate({
      quotas: { classes: { default: [this.#rule] } },
      service: 'acme',
      account: 'account',
      shares,
      clock: this.clock,
      random: this.#random,
    });
    let epoch = 0;
    const member: FleetMember = {
      gate,
      shares,
      load: (load) => {
        epoch += 1;
        const mine = epoch;
        const goesOn = (): boolean => mine === epoch;
        for (let caller = 0; caller < load.callers; caller += 1) void this.#call(gate, goesOn, load);
      },
      idle: () => {
        epoch += 1;
      },
      die: () => {
        epoch += 1;
        shares.isCut = true;
      },
    };
    if (load !== undefined) member.load(load);
    return member;
  }

  async #call(gate: QuotaGate, goesOn: () => boolean, { pauseMs = 0, weight: weightOf = () => 1, onAttempt }: Load): Promise<void> {
    // Not all at the same moment.
    await this.#pass(this.#random() * 50);
    while (goesOn()) {
      const weight = weightOf(this.#random);
      const permit = await this.#permit(gate, weight);
      if (permit === undefined) await this.#pass(1000);
      else if (goesOn()) {
        onAttempt?.();
        await this.#attempt(gate, permit, weight);
      } else permit.end('unsent');
      if (pauseMs > 0) await this.#pass(pauseMs * (0.5 + this.#random()));
    }
  }

  async #permit(gate: QuotaGate, weight: number): Promise<Permit | undefined> {
    const caller = {
      site: { service: 'acme', operation: 'get_thing' },
      signal: new AbortController().signal,
      latestAt: this.clock.now() + PATIENCE_MS,
    };
    try {
      return await gate.permit({ quota: 'default', weight, lane: 'interactive' }, caller);
    } catch {
      this.turnedAway += 1;
      return undefined;
    }
  }

  async #attempt(gate: QuotaGate, permit: Permit, weight: number): Promise<void> {
    this.attempts += 1;
    await this.#pass(this.#random() * 100);
    const { accepted, remaining } = this.service.begin(this.clock.now(), weight);
    await this.#pass(this.#random() * 100);
    if (accepted) this.service.end();
    if (this.#hasHeaders) gate.seen([{ window: 'default', limit: this.service.limit, remaining }]);
    if (!accepted) gate.throttled('default', undefined);
    permit.end('answered');
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve);
    });
  }
}
