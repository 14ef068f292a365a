/**
 * Requests checked against their schemas. Every fault is reported at once, by place and rule, never by value.
 */
import type { ZodError, ZodType } from 'zod';
import type { Fault } from '../errors/requestErrors.ts';

type Issue = ZodError['issues'][number];

/** Enough to correct a request by; a body of ten thousand faults is not answered in kind. */
export const MAX_FAULTS = 20;

/** Names of fields are the caller's own words: repeated, but not at any length. */
const MAX_NAME_LENGTH = 64;

/** What is not one, such as an address that stands where a name should, may be about a person and is not repeated. */
const FIELD_NAME = /^[\w.-]+$/u;

const place = (root: string, path: readonly PropertyKey[]): string =>
  [root, ...path.map((step) => String(step).slice(0, MAX_NAME_LENGTH))].join('.');

/** Of a union's alternatives, the one the input came nearest to: its faults are what the caller meant to send. */
const nearest = (alternatives: readonly (readonly Issue[])[]): readonly Issue[] =>
  alternatives.reduce<readonly Issue[]>((best, issues) => (best.length === 0 || issues.length < best.length ? issues : best), []);

const faultsOf = (issue: Issue, root: string, above: readonly PropertyKey[] = []): readonly Fault[] => {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      FIELD_NAME.test(key)
        ? { at: place(root, [...path, key]), message: 'is not known here' }
        : { at: place(root, path), message: 'has a field that is not known here' },
    );
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearest(issue.errors).flatMap((inner) => faultsOf(inner, root, path));
  }
  if (issue.code === 'invalid_key') return [{ at: place(root, path), message: issue.issues[0]?.message ?? issue.message }];
  return [{ at: place(root, path), message: issue.message }];
};

/**
 * The value in the shape of its schema; on a mismatch `undefined`, and what is wrong is added to `faults`.
 *
 * @param root Where the value stands in the request: `params`, `query` or `body`.
 */
export const parseInput = (schema: ZodType | undefined, value: unknown, root: string, faults: Fault[]): unknown => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  faults.push(
    ...parsed.error.issues
      .slice(0, MAX_FAULTS)
      .flatMap((issue) => faultsOf(issue, root))
      .slice(0, MAX_FAULTS),
  );
  return undefined;
};
