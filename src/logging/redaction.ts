/**
 * What may be written to a log: plain data without credentials, without data of persons, and without whatever a
 * library hangs on its errors. It copies, so that no caller's object changes.
 *
 * Pino's own redaction takes exact paths with one wildcard a level; a name that must never be printed has to be caught at
 * any depth and in any spelling, so the fields are cleaned before pino sees them.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import { printable } from './printable.ts';

export const REDACTED = '[redacted]';

/** Deeper is cut: a log line is no dump. */
const MAX_DEPTH = 6;
const MAX_CAUSES = 5;

/** Names whose values are never printed; compared in lower case, without `-` and `_`. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  ...['authorization', 'proxyauthorization', 'apikey', 'xapikey', 'xkitapikey', 'cookie', 'setcookie'],
  ...['password', 'passphrase', 'secret', 'token', 'accesstoken', 'refreshtoken', 'credential', 'credentials'],
  ...['email', 'emailaddress', 'phone', 'phonenumber', 'mobilephone', 'firstname', 'lastname', 'fullname'],
  ...['jobtitle', 'linkedinurl', 'birthday', 'body', 'rawbody', 'payload'],
]);

/** Texts that give a credential or a person away wherever they stand. */
const FORBIDDEN_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic|apikey)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`],
  [/\b(?:pat-[a-z]{2}\d-|SG\.|kit_|saa_)[\w.-]{8,}/g, REDACTED],
  [/(:\/\/)[^\s/@]+@/g, `$1${REDACTED}@`],
  [/(?<=[^\s"'?])\?[^\s"')]+/g, `?${REDACTED}`],
  [/[\w.+%-]{1,256}@[\w-]+(?:\.[\w-]+)+/g, REDACTED],
];

const C1_OR_SEPARATOR = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/u;

/** What each of them needs to match at all: most texts hold none of it, and every line of the access log pays for a look. */
const SUSPICIOUS = /[@?]|:\/\/|(?:bearer|basic|apikey)\s|pat-|SG\.|kit_|saa_/i;

/** JSON escapes the other control characters and line breaks; a terminal obeys these as well. */
const cleanedOf = (text: string): string => (C1_OR_SEPARATOR.test(text) ? text.split('\n').map(printable).join('\n') : text);

export const cleanText = (text: string): string => cleanedOf(SUSPICIOUS.test(text) ? withoutForbidden(text) : text);

const withoutForbidden = (text: string): string =>
  FORBIDDEN_TEXTS.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);

export const cleanFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => cleanRecord(fields, new Set());

const isForbidden = (name: string): boolean => FORBIDDEN_NAMES.has(name.replaceAll(/[-_]/g, '').toLowerCase());

/** @param above The objects that hold this one, so that a circle ends. */
const cleanRecord = (record: object, above: ReadonlySet<object>): Record<string, unknown> => {
  const cleaned: Record<string, unknown> = {};
  const here = new Set(above).add(record);
  for (const [name, value] of Object.entries(record)) cleaned[name] = isForbidden(name) ? REDACTED : clean(value, here);
  return cleaned;
};

const clean = (value: unknown, above: ReadonlySet<object>): unknown => {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (above.has(value)) return '[circular]';
  if (above.size >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((part) => clean(part, new Set([...above, value])));
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean((value.toJSON as () => unknown)(), new Set([...above, value]));
  return cleanRecord(value, above);
};

interface DescribedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/**
 * Name, code, message, stack and causes, and nothing else: other libraries keep requests, with their headers,
 * on their errors.
 */
export const describeError = (error: Error, causes = 0): DescribedError => ({
  name: error.name,
  ...codeOf(error),
  message: messageOf(error),
  ...(error.stack === undefined ? {} : { stack: framesOf(error.stack) }),
  ...(error.cause instanceof Error && causes < MAX_CAUSES ? { cause: describeError(error.cause, causes + 1) } : {}),
});

const codeOf = (error: Error): { readonly code?: string } => {
  if (error instanceof GatewayError) return { code: error.code };
  return 'code' in error && typeof error.code === 'string' && /^\w{1,64}$/.test(error.code) ? { code: error.code } : {};
};

/** A parser quotes what it could not read, which may be anybody's data. */
const messageOf = (error: Error): string =>
  error instanceof SyntaxError ? 'not shown, as it may quote the input' : cleanText(error.message);

/** Only where it happened: the head of a stack repeats the message. */
const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n');
