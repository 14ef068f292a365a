/**
 * The webhooks of one service: at most one subscription, and a look now and then at what the service has put off.
 */
import { randomBytes } from 'node:crypto';
import type { SimulatedEvent, WebhookSender, WebhookStyle } from '../simulation/simulatedWebhooks.ts';
import type { Clock } from '../../src/time/clock.ts';
import { every } from '../../src/time/every.ts';
import { WebhookSubscription, type DeliveryReport } from './webhookSubscription.ts';

/** How late, at most, an event is told of that no request brought about. */
const SETTLE_EVERY_MS = 250;

export interface ServiceWebhooksParts {
  readonly clock: Clock;
  readonly speed: number;
  /** Has the simulator do what has become due. */
  readonly settle: () => void;
}

export interface WantedSubscription {
  readonly url: string;
  readonly events?: readonly string[] | undefined;
  readonly secret?: string | undefined;
}

export interface WebhooksReport {
  /** Every event there is. */
  readonly available: readonly string[];
  /** Where to: the origin alone, since paths and queries may hold secrets. */
  readonly target: string | null;
  readonly events: readonly string[];
  readonly publicKey?: string;
  readonly deliveries: readonly DeliveryReport[];
  readonly dropped: number;
}

interface Current {
  readonly subscription: WebhookSubscription;
  readonly sender: WebhookSender;
  readonly target: string;
  readonly events: readonly string[];
  readonly stop: () => void;
}

export class ServiceWebhooks {
  readonly style: WebhookStyle;
  readonly #parts: ServiceWebhooksParts;
  #current: Current | undefined;

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
    const made = this.style.secret === 'needed' && secret === undefined ? randomBytes(24).toString('base64url') : undefined;
    const sender = this.style.createSender(secret ?? made);
    const { clock, speed, settle } = this.#parts;
    const subscription = new WebhookSubscription({ url, events: new Set(events), style: this.style, sender, clock, speed });
    const stop = every(clock, SETTLE_EVERY_MS, () => {
      settle();
      subscription.flush();
      return Promise.resolve();
    });
    this.#current = { subscription, sender, target: new URL(url).origin, events, stop };
    return made;
  }

  unsubscribe(): void {
    this.#current?.stop();
    this.#current?.subscription.close();
    this.#current = undefined;
  }

  readonly collect = (event: SimulatedEvent): void => {
    this.#current?.subscription.collect(event);
  };

  flush(): void {
    this.#current?.subscription.flush();
  }

  report(): WebhooksReport {
    const { events: available } = this.style;
    if (this.#current === undefined) return { available, target: null, events: [], deliveries: [], dropped: 0 };
    const { subscription, sender, target, events } = this.#current;
    const key = sender.publicKey === undefined ? {} : { publicKey: sender.publicKey };
    return { available, target, events, ...key, ...subscription.report() };
  }
}
