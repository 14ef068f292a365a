/**
 * The contract of a simulator that tells of what happens in its account: which events there are, and what a delivery looks
 * like. When deliveries are made, and how often, is the sandbox's.
 */

/** Something that happened in a simulated account. */
export interface SimulatedEvent {
  /** As the service calls it, such as `contact.creation`. */
  readonly type: string;
  /** What the service tells about it. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One try of a delivery, as far as its signature depends on it. */
export interface DeliveryMoment {
  /** Of the delivery; the same in every try. */
  readonly id: number;
  /** The whole address it goes to. */
  readonly url: string;
  /** Wall-clock ms; what receivers compare with their own clocks. */
  readonly wallTime: number;
  /** 0 for the first try. */
  readonly attempt: number;
}

export interface SignedDelivery {
  readonly body: string;
  /** Lower-case names, the content type among them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookSender {
  /** What receivers check signatures with, where the service publishes that: base64 of DER (SPKI). */
  readonly publicKey?: string;
  /** Never empty, at most `maxEvents`. */
  compose(events: readonly SimulatedEvent[], moment: DeliveryMoment): SignedDelivery;
}

export interface WebhookStyle {
  /** Every event the simulator may tell of. */
  readonly events: readonly string[];
  /** In one delivery. */
  readonly maxEvents: number;
  /** How long the service waits for an answer. */
  readonly timeoutMs: number;
  /** The pause before each repeat of a delivery that no 2xx answered, ms; as many repeats as pauses. */
  readonly repeatAfterMs: readonly number[];
  /** Whether a 410 ends a delivery, and the Retry-After of a 429 or 503 (1 s to 24 h) takes the place of a pause. */
  readonly heedsReceiver?: boolean;
  /** Whose secret signs: the subscriber's if it gives one; `needed` has one made for whoever gives none, `none` takes none. */
  readonly secret: 'needed' | 'optional' | 'none';
  /** Makes what signs for one subscription. */
  readonly createSender: (secret: string | undefined) => WebhookSender;
}
