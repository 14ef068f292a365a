/** The three forms of an HTTP date all name a day and a time. `Date.parse` alone would find one in "in 5 minutes". */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .+\d{2}:\d{2}:\d{2}/u;

/** Wall-clock ms, or `NaN`. HTTP dates are GMT, even the old form that does not say so. */
export const httpDate = (text: string): number => {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
};
