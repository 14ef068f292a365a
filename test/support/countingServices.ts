/**
 * Services that count exactly what they are asked, and refuse what is too much.
 */
import { isRate, type ConnectionRule, type QuotaRule, type RateRule } from '../../src/contract/quotaRule.ts';

export interface CountingService {
  readonly limit: number;
  /** Requests. */
  readonly refused: number;
  /** Permits granted. */
  readonly served: number;
  /** The request has come. */
  begin(now: number, weight: number): { readonly accepted: boolean; readonly remaining: number };
  /** An accepted request has been answered. */
  end(): void;
}

/** In a window that rolls. */
class RollingWindow implements CountingService {
  readonly limit: number;
  refused = 0;
  served = 0;
  readonly #windowMs: number;
  #counted: { readonly at: number; readonly weight: number }[] = [];
  #used = 0;

  constructor({ permits, windowMs }: RateRule) {
    this.limit = permits as number;
    this.#windowMs = windowMs;
  }

  begin(now: number, weight: number) {
    const isIn = this.#counted.findIndex(({ at }) => at > now - this.#windowMs);
    for (const gone of this.#counted.splice(0, isIn === -1 ? this.#counted.length : isIn)) this.#used -= gone.weight;
    const accepted = this.#used + weight <= this.limit;
    if (accepted) {
      this.#counted.push({ at: now, weight });
      this.#used += weight;
      this.served += weight;
    } else {
      this.refused += 1;
    }
    return { accepted, remaining: this.limit - this.#used };
  }

  end(): void {
    // The window alone gives permits back.
  }
}

/** At once. */
class OpenConnections implements CountingService {
  readonly limit: number;
  refused = 0;
  served = 0;
  #open = 0;

  constructor({ connections }: ConnectionRule) {
    this.limit = connections;
  }

  begin() {
    const accepted = this.#open < this.limit;
    if (accepted) {
      this.#open += 1;
      this.served += 1;
    } else {
      this.refused += 1;
    }
    return { accepted, remaining: this.limit - this.#open };
  }

  end(): void {
    this.#open -= 1;
  }
}

export const countingService = (rule: QuotaRule): CountingService => (isRate(rule) ? new RollingWindow(rule) : new OpenConnections(rule));
