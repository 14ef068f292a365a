/** The three forms of an HTTP date, and JavaScript's own, name a day and a time. `Date.parse` alone would find one in "in 5 minutes". */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .{1,40}\d{2}:\d{2}:\d{2}/iu;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/u;
const ZONED = /(?:GMT|UTC|Z|[+-]\d{2}:?\d{2})(?: ?\([^)]*\))?$/iu;

/** Wall-clock ms, or `NaN`. A date that names no zone is GMT, as the old form of an HTTP date is. */
export const httpDate = (text: string): number => {
  if (ZONED.test(text)) return HTTP_DATE.test(text) || ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (HTTP_DATE.test(text)) return Date.parse(`${text} GMT`);
  return ISO_DATE.test(text) ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN;
};
