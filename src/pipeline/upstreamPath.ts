import { InvalidRequestError } from '../errors/requestErrors.ts';
import type { UpstreamPath } from '../contract/operation.ts';
import { percentDecoded, percentEncoded } from '../config/percentEncoding.ts';

const MAX_SEGMENT_LENGTH = 512;
/** Control characters. */
const CONTROL = /\p{Cc}/u;

const segment = (value: string): string => {
  if (value.length === 0 || value.length > MAX_SEGMENT_LENGTH) {
    throw new InvalidRequestError(`an id must have 1 to ${String(MAX_SEGMENT_LENGTH)} characters`);
  }
  if (value === '.' || value === '..' || CONTROL.test(value)) {
    throw new InvalidRequestError('an id must not be a path step nor hold control characters');
  }
  return percentEncoded(value);
};

/**
 * Builds a path from literals and values: ``upstreamPath`/campaigns/${id}/leads/` ``. Each value stays one segment,
 * whatever it holds.
 *
 * @throws {InvalidRequestError} for an empty or over-long value, `.`, `..`, control characters, broken Unicode.
 */
export const upstreamPath = (literals: TemplateStringsArray, ...values: readonly string[]): UpstreamPath =>
  literals.reduce((path, literal, index) => path + segment(values[index - 1] ?? '') + literal) as UpstreamPath;

/** All segments of a path, as they were before they were put there. */
export const valuesIn = (path: UpstreamPath): readonly string[] => path.split('/').map((part) => percentDecoded(part) ?? part);

/** The value that a path ends in, as it was before it was put there. */
export const lastValueIn = (path: UpstreamPath): string => percentDecoded(path.slice(path.lastIndexOf('/') + 1)) ?? '';
