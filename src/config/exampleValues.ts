/**
 * Values that stand in our documents for one's own: known to everybody, so in production they protect nothing.
 */

/** Of 32 random bytes fewer differ once in more than 10^20 keys. */
const LEAST_DIFFERENT_BYTES = 16;
const EXAMPLE_KEYS: ReadonlySet<string> = new Set(['QmFzZTY0IG9mIDMyIHJhbmRvbSBieXRlcyBvZiB5b3U=']);

const PLACEHOLDER = /^(?:(?:change|replace)[-_]?(?:me|this)|todo|x{4,64}|your[-_][\w-]{1,40})(?:-us\d{1,3})?$/iu;

/** What a credential has of an example, in words; `undefined` where it has nothing of one. */
export const exampleIn = (credential: string): string | undefined =>
  PLACEHOLDER.test(credential) ? 'the example of the documents, or a placeholder like it' : undefined;

/** @param base64 Of 32 bytes. */
export const weaknessOf = (base64: string): string | undefined => {
  if (EXAMPLE_KEYS.has(base64)) return 'the example of the documents';
  return new Set(Buffer.from(base64, 'base64')).size < LEAST_DIFFERENT_BYTES
    ? 'a key of few different bytes, which anybody can guess'
    : undefined;
};
