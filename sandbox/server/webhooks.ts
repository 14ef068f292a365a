/**
 * The webhooks of one service: at most one subscription, what it has still to deliver, at most ten at a time, and what became of
 * it. Everything is bounded: tries by the service's own rule, deliveries by a number beyond which new ones are dropped, and counted.
 */
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DAY_MS, seconds, type Clock } from '../../src/time/clock.ts';
import { every } from '../../src/time/every.ts';
import { createSigner, type SignedDelivery, type Signer, type SimulatedEvent, type WebhookStyle } from '../simulation/webhooks.ts';

/** How late, at most, an event is told of that no request brought about. */
const SETTLE_EVERY_MS = 250;
const MAX_AT_ONCE = 10;
const MAX_UNFINISHED = 1_000;
const MAX_REMEMBERED = 1_000;

/** What became of a POST: a status, or why there is none, such as `ECONNREFUSED` or `timeout`. */
type PostOutcome = { readonly status: number } | { readonly failure: string };

interface PostResult {
  readonly outcome: PostOutcome;
  /** The receiver's Retry-After as it came. */
  readonly retryAfter: string | undefined;
}

interface PostParts {
  readonly clock: Clock;
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'failed');

/** Follows no redirect and keeps no answer. Never rejects; resolves when the socket is gone. */
const post = (url: string, { body, headers }: SignedDelivery, { clock, timeoutMs, signal }: PostParts): Promise<PostResult> =>
  new Promise((resolve) => {
    let status: number | undefined;
    let retryAfter: string | undefined;
    let failure: string | undefined;
    const open = url.startsWith('https:') ? httpsRequest : httpRequest;
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = open(url, { method: 'POST', headers: { ...headers, ...length }, agent: false, signal });
    const cancel = clock.after(timeoutMs, () => {
      failure = 'timeout';
      outgoing.destroy();
    });
    outgoing.on('response', (incoming) => {
      status = incoming.statusCode;
      retryAfter = incoming.headers['retry-after'];
      incoming.on('error', () => undefined).resume();
    });
    outgoing.on('error', (error) => {
      failure ??= codeOf(error);
    });
    outgoing.on('close', () => {
      cancel();
      const outcome = failure === undefined && status !== undefined ? { status } : { failure: failure ?? 'ECONNRESET' };
      resolve({ outcome, retryAfter });
    });
    outgoing.end(body);
  });

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

interface Delivery {
  report: DeliveryReport;
  readonly carried: readonly SimulatedEvent[];
}

interface SubscriptionParts {
  readonly url: string;
  /** Event names; others are not delivered. */
  readonly events: readonly string[];
  readonly style: WebhookStyle;
  readonly signer: Signer;
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
  readonly parts: SubscriptionParts;
  readonly #deliveries: Delivery[] = [];
  readonly #ready: Delivery[] = [];
  readonly #timers = new Set<() => void>();
  readonly #closing = new AbortController();
  #collected: SimulatedEvent[] = [];
  #made = 0;
  #dropped = 0;
  #underWay = 0;

  constructor(parts: SubscriptionParts) {
    this.parts = parts;
  }

  collect(event: SimulatedEvent): void {
    if (this.parts.events.includes(event.type)) this.#collected.push(event);
  }

  /** Delivers what was collected, in as few deliveries as the service would. */
  flush(): void {
    const events = this.#collected;
    this.#collected = [];
    const { maxEvents } = this.parts.style;
    for (let start = 0; start < events.length; start += maxEvents) this.#add(events.slice(start, start + maxEvents));
    this.#sendReady();
  }

  /** Oldest first. `dropped`: deliveries that were never tried, because too many were unfinished. */
  report(): { readonly deliveries: readonly DeliveryReport[]; readonly dropped: number } {
    return { deliveries: this.#deliveries.map(({ report }) => report), dropped: this.#dropped };
  }

  /** Gives up everything: no socket and no timer is left soon after. */
  close(): void {
    this.#closing.abort();
    this.#ready.length = 0;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #add(carried: readonly SimulatedEvent[]): void {
    if (this.#underWay + this.#ready.length + this.#timers.size >= MAX_UNFINISHED) {
      this.#dropped += 1;
      return;
    }
    this.#made += 1;
    const time = new Date(this.parts.clock.wallTime()).toISOString();
    const events = carried.map(({ type }) => type);
    const delivery: Delivery = { carried, report: { id: this.#made, time, events, state: 'waiting', attempts: 0, outcome: null } };
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
    const { url, signer, style, clock } = this.parts;
    const { id, attempts } = delivery.report;
    this.#underWay += 1;
    const composed = style.compose(delivery.carried, { id, url, wallTime: clock.wallTime(), attempt: attempts }, signer);
    const result = await post(url, composed, { clock, timeoutMs: style.timeoutMs, signal: this.#closing.signal });
    this.#underWay -= 1;
    this.#conclude(delivery, result);
    this.#sendReady();
  }

  #conclude(delivery: Delivery, result: PostResult): void {
    const attempts = delivery.report.attempts + 1;
    const pauseMs = this.#closing.signal.aborted ? undefined : pauseAfter(result, attempts, this.parts.style);
    const pending = pauseMs === undefined ? 'given_up' : 'repeating';
    delivery.report = { ...delivery.report, attempts, outcome: result.outcome, state: isTaken(result) ? 'delivered' : pending };
    if (pauseMs === undefined || isTaken(result)) return;
    const cancel = this.parts.clock.after(pauseMs / this.parts.speed, () => {
      this.#timers.delete(cancel);
      this.#ready.push(delivery);
      this.#sendReady();
    });
    this.#timers.add(cancel);
  }
}

interface ServiceWebhooksParts {
  readonly clock: Clock;
  readonly speed: number;
  /** Has the simulator do what has become due. */
  readonly settle: () => void;
}

interface WantedSubscription {
  readonly url: string;
  readonly events?: readonly string[] | undefined;
  readonly secret?: string | undefined;
}

interface WebhooksReport {
  /** Every event there is. */
  readonly available: readonly string[];
  /** Where to: the origin alone, since paths and queries may hold secrets. */
  readonly target: string | null;
  readonly events: readonly string[];
  readonly publicKey?: string;
  readonly deliveries: readonly DeliveryReport[];
  readonly dropped: number;
}

export class ServiceWebhooks {
  readonly style: WebhookStyle;
  readonly #parts: ServiceWebhooksParts;
  #current: WebhookSubscription | undefined;
  #stopSettling: (() => void) | undefined;

  constructor(style: WebhookStyle, parts: ServiceWebhooksParts) {
    this.style = style;
    this.#parts = parts;
  }

  /**
   * Replaces the subscription; what the one before had still to deliver is given up.
   *
   * @returns The secret, if one had to be made: it is told this once.
   */
  subscribe({ url, events = this.style.events, secret }: WantedSubscription): string | undefined {
    this.unsubscribe();
    const { clock, speed, settle } = this.#parts;
    const made = this.style.secret === 'needed' && secret === undefined ? randomBytes(24).toString('base64url') : undefined;
    const signer = createSigner(this.style.secret, secret ?? made);
    this.#current = new WebhookSubscription({ url, events, style: this.style, signer, clock, speed });
    this.#stopSettling = every(clock, SETTLE_EVERY_MS, async () => {
      settle();
      this.flush();
    });
    return made;
  }

  unsubscribe(): void {
    this.#stopSettling?.();
    this.#current?.close();
    this.#current = undefined;
  }

  readonly collect = (event: SimulatedEvent): void => {
    this.#current?.collect(event);
  };

  flush(): void {
    this.#current?.flush();
  }

  report(): WebhooksReport {
    const { events: available } = this.style;
    if (this.#current === undefined) return { available, target: null, events: [], deliveries: [], dropped: 0 };
    const { url, events, signer } = this.#current.parts;
    const key = signer.publicKey === undefined ? {} : { publicKey: signer.publicKey };
    return { available, target: new URL(url).origin, events, ...key, ...this.#current.report() };
  }
}
