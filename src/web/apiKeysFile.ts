/**
 * The file of API keys: who may call, and what. It holds digests, never keys.
 */
import { z } from 'zod';
import type { Scope } from './route.ts';

/** There are no wildcards: a new service is not open to old keys. */
const scopeSchema = z.custom<Scope>(
  (value) => typeof value === 'string' && /^(?:[a-z][\da-z-]*:(?:read|write)|admin)$/u.test(value),
  'must be <service>:read, <service>:write or admin',
);

const apiKeySchema = z.strictObject({
  id: z.string().regex(/^[\dA-Za-z-]{3,40}$/u, 'must have 3 to 40 letters, digits and dashes'),
  /** The client; two keys of one client, the old and the new, may bear the same. */
  name: z.string().min(1).max(100).optional(),
  sha256: z.string().regex(/^[\da-f]{64}$/u, 'must be the SHA-256 of the whole key, in lower-case hexadecimal'),
  scopes: z.array(scopeSchema).min(1, 'must name at least one scope'),
  disabled: z.boolean().optional(),
});

export type ApiKey = z.infer<typeof apiKeySchema>;

const fileSchema = z
  .array(apiKeySchema)
  .min(1, 'must hold at least one key')
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must not hold two keys of one id');

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: the parser's message quotes the file.
    throw new Error('The file of API keys is not valid JSON');
  }
};

/**
 * Reads the file's text.
 *
 * @throws {Error} naming every entry and field at fault and its rule, never a value.
 */
export const parseApiKeys = (text: string): readonly ApiKey[] => {
  const parsed = fileSchema.safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ['file', ...path].join('.') + `: ${message}`);
  throw new Error(`The file of API keys is not as it should be: ${faults.join('; ')}`);
};

/** As the examples of the documents have it: nobody has a key of this digest. */
const EXAMPLE_DIGEST = '0'.repeat(64);

/** How many keys of the file somebody could come with. @throws {Error} as {@link parseApiKeys}. */
export const usableKeysIn = (text: string): number =>
  parseApiKeys(text).filter(({ disabled, sha256 }) => disabled !== true && sha256 !== EXAMPLE_DIGEST).length;
