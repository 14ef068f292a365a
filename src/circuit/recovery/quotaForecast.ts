import { seconds } from '../../time/clock.ts';

/** What the headers of an answer say of a quota. */
export interface QuotaSeen {
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall-clock ms at which the quota is full again, where the service says so. */
  readonly resetAt?: number;
}

/** Where no reset is known, less than this share of the limit is too little. */
const SCARCE = 0.05;
/** Answers overtake each other, so spending is measured between the lowest readings of spans this long, ms. */
const SPAN_MS = seconds(1);
/** How far back the average of the spending reaches, ms. */
const MEMORY_MS = seconds(30);
/** Spans before the average is believed. */
const ENOUGH = 5;

interface Spending {
  /** When the span under way began. */
  readonly at: number;
  /** Its lowest reading so far, and that of the span before, once there is one. */
  readonly lowest: number;
  readonly before: number | undefined;
  readonly perMs: number;
  /** Spans that the average rests on. */
  readonly spans: number;
}

/**
 * Sees a quota run out before it has (docs/algorithms.md#early-warnings): at the rate of the last half minute what is left would be spent
 * before the reset. Where the service does not say when that is, little being left is all that can be seen.
 */
export class QuotaForecast {
  /** By window; a service has a handful. */
  readonly #spending = new Map<string, Spending>();
  readonly #scarce = new Set<string>();

  /**
   * Takes in one reading.
   *
   * @param now Monotonic ms.
   * @param wallTime Wall-clock ms.
   * @returns whether any quota of the service is running out.
   */
  record(window: string, { limit, remaining, resetAt }: QuotaSeen, now: number, wallTime: number): boolean {
    if (remaining !== undefined) {
      const spending = this.#measure(window, remaining, now);
      const leftMs = resetAt === undefined ? undefined : Math.max(0, resetAt - wallTime);
      const isScarce = isTooLittle(remaining, limit) || (leftMs !== undefined && runsOut(spending, remaining, leftMs));
      if (isScarce) this.#scarce.add(window);
      else this.#scarce.delete(window);
    }
    return this.#scarce.size > 0;
  }

  #measure(window: string, remaining: number, now: number): Spending {
    const known = this.#spending.get(window) ?? { at: now, lowest: remaining, before: undefined, perMs: 0, spans: 0 };
    const isUnderWay = now - known.at < SPAN_MS;
    const spending = isUnderWay ? { ...known, lowest: Math.min(known.lowest, remaining) } : nextSpan(known, remaining, now);
    this.#spending.set(window, spending);
    return spending;
  }
}

const nextSpan = (ended: Spending, remaining: number, now: number): Spending => {
  const next = { ...ended, at: now, lowest: remaining, before: ended.lowest };
  const spent = ended.before === undefined ? -1 : ended.before - ended.lowest;
  // A quota that has grown was reset in between: how much was spent cannot be told, so the average stays as it is.
  if (spent < 0) return next;
  const lastedMs = now - ended.at;
  const weight = ended.spans === 0 ? 1 : 1 - Math.exp(-lastedMs / MEMORY_MS);
  return { ...next, perMs: ended.perMs + weight * (spent / lastedMs - ended.perMs), spans: ended.spans + 1 };
};

const isTooLittle = (remaining: number, limit: number | undefined): boolean => limit !== undefined && remaining < limit * SCARCE;

const runsOut = ({ perMs, spans }: Spending, remaining: number, leftMs: number): boolean =>
  spans >= ENOUGH && perMs > 0 && remaining / perMs < leftMs;
