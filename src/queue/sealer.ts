/**
 * What lies on disk for others to find is sealed: payloads, results, remembered answers. AES-256-GCM, a key of its own
 * only to those who hold the setting; the key's id stands in the text, so that keys can be changed while texts wait:
 *
 *   v1.<key id>.<iv>.<tag>.<data>     sealed
 *   v0.<data>                         clear text, only where a setting allows it
 *
 * The context (a job's id, a key's digest) is bound in: a text moved to another place does not open.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface SealingKey {
  /** 1 to 32 letters, digits, `-` or `_`; stands in clear in every text. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export interface Sealer {
  seal(text: string, context: string): string;
  /** @throws {UnopenableError} */
  open(sealed: string, context: string): string;
  /** Equal texts have equal digests, also across restarts and a change of keys; nobody without the keys tells the text. */
  digest(text: string): string;
}

/**
 * `unknown_key`: sealed with a key that is not listed any more. `clear_text_refused`: not sealed, and the setting does not
 * allow that. `damaged`: changed, cut short, or sealed for another place.
 */
export type UnopenableReason = 'unknown_key' | 'clear_text_refused' | 'damaged';

const TOLD: Readonly<Record<UnopenableReason, string>> = {
  unknown_key: 'it was sealed with a key that is not in QUEUE_KEYS (any more): list that key again, behind the first',
  clear_text_refused: 'it is clear text, which QUEUE_CLEAR_TEXT does not allow',
  damaged: 'it is damaged, or was sealed for another place',
};

/** A sealed text cannot be opened. Says why, and nothing of the text. */
export class UnopenableError extends Error {
  override readonly name = 'UnopenableError';

  constructor(readonly reason: UnopenableReason) {
    super(`a sealed text cannot be opened: ${TOLD[reason]}`);
  }
}

const ALGORITHM = 'aes-256-gcm';
/** Bytes; the one size for which the algorithm uses the nonce as it is. Random: safe for 2^32 texts a key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^v1\.([\w-]{1,32})\.([\w-]{16})\.([\w-]{22})\.([\w-]*)$/u;
const CLEAR = /^v0\.([\w-]*)$/u;

const encoded = (bytes: Buffer): string => bytes.toString('base64url');
const decoded = (text: string): Buffer => Buffer.from(text, 'base64url');

const sealWith = ({ id, key }: SealingKey, text: string, context: string): string => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return ['v1', id, encoded(iv), encoded(cipher.getAuthTag()), encoded(data)].join('.');
};

const openWith = ({ key }: SealingKey, [iv, tag, data]: readonly [string, string, string], context: string): string => {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, decoded(iv), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context)).setAuthTag(decoded(tag));
    return Buffer.concat([decipher.update(decoded(data)), decipher.final()]).toString('utf8');
  } catch {
    throw new UnopenableError('damaged');
  }
};

export interface SealerOptions {
  /** The first seals, all of them open. */
  readonly keys: readonly SealingKey[];
  /** Whether texts may lie there unsealed: those found so are opened, and without keys new ones are written so. */
  readonly clearText: boolean;
}

export interface KeyRing extends Sealer {
  /** From now on these keys seal and open. @throws {Error} as {@link createSealer}; the old ones stay then. */
  useKeys(keys: readonly SealingKey[]): void;
}

class KeyRingSealer implements KeyRing {
  #options: SealerOptions;
  #digestKey: Buffer;

  constructor(options: SealerOptions) {
    assertUsable(options);
    this.#options = options;
    this.#digestKey = digestKeyOf(options);
  }

  useKeys(keys: readonly SealingKey[]): void {
    const options = { ...this.#options, keys };
    assertUsable(options);
    this.#options = options;
    this.#digestKey = digestKeyOf(options);
  }

  seal(text: string, context: string): string {
    const current = this.#options.keys[0];
    return current === undefined ? `v0.${encoded(Buffer.from(text))}` : sealWith(current, text, context);
  }

  open(sealed: string, context: string): string {
    const parts = SEALED.exec(sealed);
    if (parts === null) return this.#openClear(sealed);
    const [, id = '', iv = '', tag = '', data = ''] = parts;
    const key = this.#options.keys.find((each) => each.id === id);
    if (key === undefined) throw new UnopenableError('unknown_key');
    return openWith(key, [iv, tag, data], context);
  }

  digest(text: string): string {
    return createHmac('sha256', this.#digestKey).update(text).digest('base64url');
  }

  #openClear(text: string): string {
    const data = CLEAR.exec(text)?.[1];
    if (data === undefined) throw new UnopenableError('damaged');
    if (!this.#options.clearText) throw new UnopenableError('clear_text_refused');
    return decoded(data).toString('utf8');
  }
}

/** Of the oldest key: while keys are changed, old and new processes still order the jobs of one entity together. */
const digestKeyOf = ({ keys }: SealerOptions): Buffer =>
  Buffer.from(hkdfSync('sha256', keys.at(-1)?.key ?? Buffer.alloc(32), Buffer.alloc(0), 'sales-auto-api digest', 32));

const assertUsable = ({ keys, clearText }: SealerOptions): void => {
  if (keys.length === 0 && !clearText) throw new Error('the queue needs a key to seal with, or leave to write clear text');
  if (keys.some(({ key }) => key.length !== 32)) throw new Error('a key of the queue must have 32 bytes');
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new Error('two keys of the queue have the same id');
};

/** @throws {Error} without keys unless clear text is allowed, for a key that is not of 32 bytes, and for two keys of one id. */
export const createSealer = (options: SealerOptions): KeyRing => new KeyRingSealer(options);

/** A short name for a key, from which it cannot be told; for a key that was made rather than named. */
export const keyIdOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8);
