import { z } from 'zod';

/**
 * A string of at most `most` characters. Whatever is asked of it after this, such as a pattern, is not asked of a longer one:
 * a body may hold a text of several megabytes.
 */
export const boundedText = (most: number, rule = 'must be a string') =>
  z.string(rule).max(most, { abort: true, error: `must have at most ${String(most)} characters` });

/** An address that fits a request's path; what else it must be is the pattern's to say, each service has its own. */
export const emailText = (pattern: RegExp, rule = 'must be an email address') =>
  boundedText(254, 'must be an email address').regex(pattern, rule);
