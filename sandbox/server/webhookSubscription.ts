/**
 * One subscription to a service's events: what is to be delivered, at most ten at a time, and what became of it. Everything is
 * bounded: tries by the service's own rule, deliveries by a number beyond which new ones are dropped, and counted.
 */
import type { SimulatedEvent, WebhookSender, WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import { DAY_MS, seconds, type Clock } from '../../src/time/clock.ts';
import { post, type PostOutcome, type PostResult } from './webhookPost.ts';

const MAX_AT_ONCE = 10;
const MAX_UNFINISHED = 1_000;
const MAX_REMEMBERED = 1_000;

/** As people may see it: no body, no address. */
export interface DeliveryReport {
  readonly id: number;
  /** When it was made, ISO 8601. */
  readonly time: string;
  readonly events: readonly string[];
  readonly state: 'waiting' | 'delivered' | 'repeating' | 'given_up';
  readonly attempts: number;
  /** Of the latest try: a status, or why there was none; `null` before the first. */
  readonly outcome: PostOutcome | null;
}

type Delivery = { -readonly [Field in keyof DeliveryReport]: DeliveryReport[Field] } & { readonly carried: readonly SimulatedEvent[] };

export interface SubscriptionParts {
  readonly url: string;
  /** Event names; others are not delivered. */
  readonly events: ReadonlySet<string>;
  readonly style: WebhookStyle;
  readonly sender: WebhookSender;
  readonly clock: Clock;
  /** How fast the service's time goes: its pauses before repeats shrink with it, its patience with receivers does not. */
  readonly speed: number;
}

const isTaken = ({ outcome }: PostResult): boolean => 'status' in outcome && outcome.status >= 200 && outcome.status < 300;

/** How long to wait before the next try, ms; `undefined` if there is to be none. */
const pauseAfter = ({ outcome, retryAfter = '' }: PostResult, attempts: number, style: WebhookStyle): number | undefined => {
  const pauseMs = style.repeatAfterMs[attempts - 1];
  const status = 'status' in outcome ? outcome.status : undefined;
  if (pauseMs === undefined || style.heedsReceiver !== true) return pauseMs;
  if (status === 410) return undefined;
  const isAskedToWait = (status === 429 || status === 503) && /^\d{1,9}$/u.test(retryAfter);
  return isAskedToWait ? Math.min(DAY_MS, Math.max(seconds(1), seconds(Number(retryAfter)))) : pauseMs;
};

export class WebhookSubscription {
  readonly #parts: SubscriptionParts;
  readonly #deliveries: Delivery[] = [];
  readonly #ready: Delivery[] = [];
  readonly #timers = new Set<() => void>();
  readonly #closing = new AbortController();
  #collected: SimulatedEvent[] = [];
  #made = 0;
  #dropped = 0;
  #underWay = 0;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  collect(event: SimulatedEvent): void {
    if (this.#parts.events.has(event.type)) this.#collected.push(event);
  }

  /** Delivers what was collected, in as few deliveries as the service would. */
  flush(): void {
    const events = this.#collected;
    this.#collected = [];
    const { maxEvents } = this.#parts.style;
    for (let start = 0; start < events.length; start += maxEvents) this.#add(events.slice(start, start + maxEvents));
    this.#sendReady();
  }

  /** Oldest first. `dropped`: deliveries that were never tried, because too many were unfinished. */
  report(): { readonly deliveries: readonly DeliveryReport[]; readonly dropped: number } {
    const deliveries = this.#deliveries.map(({ id, time, events, state, attempts, outcome }) => ({
      id,
      time,
      events,
      state,
      attempts,
      outcome,
    }));
    return { deliveries, dropped: this.#dropped };
  }

  /** Gives up everything: no socket and no timer is left soon after. */
  close(): void {
    this.#closing.abort();
    this.#ready.length = 0;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #add(carried: readonly SimulatedEvent[]): void {
    const unfinished = this.#underWay + this.#ready.length + this.#timers.size;
    if (unfinished >= MAX_UNFINISHED) {
      this.#dropped += 1;
      return;
    }
    this.#made += 1;
    const time = new Date(this.#parts.clock.wallTime()).toISOString();
    const events = carried.map(({ type }) => type);
    const delivery: Delivery = { id: this.#made, time, events, carried, state: 'waiting', attempts: 0, outcome: null };
    this.#ready.push(delivery);
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > MAX_REMEMBERED) this.#deliveries.shift();
  }

  #sendReady(): void {
    while (this.#underWay < MAX_AT_ONCE) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) return;
      void this.#send(delivery);
    }
  }

  async #send(delivery: Delivery): Promise<void> {
    const { url, sender, style, clock } = this.#parts;
    this.#underWay += 1;
    const composed = sender.compose(delivery.carried, { id: delivery.id, url, wallTime: clock.wallTime(), attempt: delivery.attempts });
    const result = await post(url, composed, { clock, timeoutMs: style.timeoutMs, signal: this.#closing.signal });
    this.#underWay -= 1;
    delivery.attempts += 1;
    delivery.outcome = result.outcome;
    this.#conclude(delivery, result);
    this.#sendReady();
  }

  #conclude(delivery: Delivery, result: PostResult): void {
    const pauseMs = pauseAfter(result, delivery.attempts, this.#parts.style);
    if (isTaken(result)) delivery.state = 'delivered';
    else if (pauseMs === undefined || this.#closing.signal.aborted) delivery.state = 'given_up';
    else this.#repeatAfter(pauseMs, delivery);
  }

  #repeatAfter(pauseMs: number, delivery: Delivery): void {
    delivery.state = 'repeating';
    const { clock, speed } = this.#parts;
    const cancel = clock.after(pauseMs / speed, () => {
      this.#timers.delete(cancel);
      this.#ready.push(delivery);
      this.#sendReady();
    });
    this.#timers.add(cancel);
  }
}
