/**
 * How a simulator tells of what happens in its account: which events there are, what a delivery looks like, how it is signed.
 * When deliveries are made, and how often, is decided by the sandbox.
 */
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';

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

/** Signs for one subscription. */
export interface Signer {
  readonly secret: string | undefined;
  /** What receivers check signatures with, where the service publishes that: base64 of DER (SPKI). */
  readonly publicKey?: string;
  readonly sign: (text: string, encoding: 'hex' | 'base64') => string;
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
  /** Whose secret signs: the subscriber's if it gives one; `needed` has one made for whoever gives none, `none` signs by a key pair. */
  readonly secret: 'needed' | 'optional' | 'none';
  /** @param events Never empty, at most `maxEvents`. */
  readonly compose: (events: readonly SimulatedEvent[], moment: DeliveryMoment, signer: Signer) => SignedDelivery;
}

/** HMAC-SHA256 by the secret; for a service that takes none, ECDSA by a fresh key pair. */
export const createSigner = (kind: WebhookStyle['secret'], secret?: string): Signer => {
  if (kind !== 'none')
    return {
      secret,
      sign: (text, encoding) =>
        createHmac('sha256', secret ?? '')
          .update(text)
          .digest(encoding),
    };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    secret: undefined,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    sign: (text, encoding) => createSign('sha256').update(text).sign(privateKey, encoding),
  };
};

/** `t=<unix seconds>,v1=<hex digest of "<unix seconds>.<body>">`, as several services have it. */
export const stampedSignature = ({ sign }: Signer, body: string, wallTime: number): string => {
  const stamp = String(Math.floor(wallTime / 1000));
  return `t=${stamp},v1=${sign(`${stamp}.${body}`, 'hex')}`;
};
