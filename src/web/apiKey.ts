/**
 * API keys as texts: `saa_live_<id>_<secret><checksum>`. The prefix lets secret scanners find a leaked key, the
 * checksum tells a key from a typing error without a look-up, the id says which key it is.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 > 2^256: a secret that nobody searches, so one round of SHA-256 is enough to keep it by. */
const SECRET_LENGTH = 43;
/** 62^6 > 2^32. */
const CHECKSUM_LENGTH = 6;
/** Bytes from here on would make the first letters of the alphabet likelier than the others. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

const KEY_ID = /^[\dA-Za-z-]{3,40}$/u;
const KEY = /^saa_live_([\dA-Za-z-]{3,40})_[\dA-Za-z]{49}$/u;

const letter = (index: number): string => ALPHABET[index % ALPHABET.length] ?? '';

const checksum = (text: string): string => {
  let rest = crc32(text);
  let letters = '';
  for (let count = 0; count < CHECKSUM_LENGTH; count += 1) {
    letters = letter(rest) + letters;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return letters;
};

/** SHA-256 of the whole key in hexadecimal: all that the file of keys holds of it. */
export const digestOf = (key: string): string => hash('sha256', key);

/** The id in a key whose form and checksum are right; `undefined` for anything else. Says nothing about whether it is known. */
export const keyIdOf = (key: string): string | undefined => {
  const id = KEY.exec(key)?.[1];
  const body = key.slice(0, -CHECKSUM_LENGTH);
  return id !== undefined && key.endsWith(checksum(body)) ? id : undefined;
};

const secret = (randomBytes: (size: number) => Uint8Array): string => {
  let letters = '';
  while (letters.length < SECRET_LENGTH) {
    const fair = [...randomBytes(SECRET_LENGTH)].filter((byte) => byte < FAIR_BYTES);
    letters += fair.map(letter).join('');
  }
  return letters.slice(0, SECRET_LENGTH);
};

export interface MintedKey {
  /** To be shown once, to the one who will use it. */
  readonly key: string;
  /** For the file of keys. */
  readonly sha256: string;
}

/**
 * Makes a new key.
 *
 * @param id 3 to 40 letters, digits and dashes; public, it appears in logs.
 * @param randomBytes A cryptographic source.
 * @throws {Error} for an id of another form.
 */
export const mintKey = (id: string, randomBytes: (size: number) => Uint8Array): MintedKey => {
  if (!KEY_ID.test(id)) throw new Error('The id of a key has 3 to 40 letters, digits and dashes');
  const body = `saa_live_${id}_${secret(randomBytes)}`;
  const key = body + checksum(body);
  return { key, sha256: digestOf(key) };
};
