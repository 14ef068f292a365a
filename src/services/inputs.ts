/**
 * What the inputs of several services have in common: texts, addresses, ids, pages, lists, flags.
 */
import { z, type ZodType } from 'zod';
import { InvalidRequestError, type Fault } from '../errors/requestErrors.ts';
import { parseInput } from '../web/parseInput.ts';

/**
 * A string of at most `most` characters. Whatever is asked of it after this, such as a pattern, is not asked of a longer one:
 * a body may hold a text of several megabytes.
 */
export const boundedText = (most: number, rule = 'must be a string') =>
  z.string(rule).max(most, { abort: true, error: `must have at most ${String(most)} characters` });

/** A name for people: without the blanks around it, at least one character. */
export const nameText = (most: number) =>
  boundedText(1_000)
    .trim()
    .min(1, 'must not be empty')
    .max(most, `must have at most ${String(most)} characters`);

/** An address that fits a request's path; what else it must be is the pattern's to say, where a service has its own. */
export const emailText = (pattern: RegExp, rule = 'must be an email address') =>
  boundedText(254, 'must be an email address').regex(pattern, rule);

/** Deliberately loose: services judge addresses. */
export const email = emailText(/^[^\s\p{Cc}\p{Cs}@]{1,64}@[^\s\p{Cc}\p{Cs}@]+$/u);

/** A whole number above 0 in a path. */
export const decimalId = z
  .string('must be a string of decimal digits')
  .regex(/^[1-9]\d{0,15}$/u, 'must be a whole number above 0, in decimal digits');

/** A whole number in a query, where all values come as text; a limit or an offset of a page. */
export const wholeNumber = (least: number, most: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(least, `must be at least ${String(least)}`)
    .max(most, `must be at most ${String(most)}`);

/** `true` or `false` in a query. */
export const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional();

/** One to `most` of them. */
export const listOf = <T>(item: ZodType<T>, most: number, what: string) =>
  z
    .array(item, `must be a list of ${what}`)
    .min(1, 'must not be empty')
    .max(most, `must hold at most ${String(most)} ${what}`);

/**
 * A value in the shape of its schema, for callers in this process.
 *
 * @throws {InvalidRequestError} naming each place at fault, never the value.
 */
export const checked = <T>(schema: ZodType<T>, value: unknown, at: string): T => {
  const faults: Fault[] = [];
  const parsed = parseInput(schema, value, at, faults) as T;
  if (faults.length > 0) throw new InvalidRequestError(faults.map((fault) => `${fault.at} ${fault.message}`).join('; '), faults);
  return parsed;
};

/** @throws {InvalidRequestError} for a list of a caller in this process that is empty or too long; its rows are judged one by one. */
export const requireCount = (rows: readonly unknown[], most: number, what: string): void => {
  if (rows.length < 1 || rows.length > most) throw new InvalidRequestError(`${what} must be 1 to ${String(most)} in one call`);
};

/** A text of a body in lower case, such as the address that a write is about. */
export const textIn = (body: unknown, field: string): string | undefined => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, field) : undefined;
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;
};
