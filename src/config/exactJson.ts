/**
 * JSON whose whole numbers may be too large for a number of JavaScript: read as one, an id would become another record's.
 */

/** A cheap sign that there may be such a number, outside of a string. */
const LONG_NUMBER = /(?:^|[:[,\s-])\d{16}/u;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gu;
const WHOLE = /^-?\d{16,}$/u;

/** V8 interprets a pattern the first time, at 10 ns a character: it is compiled before it has seen much of a long text. */
const STEP = 65_536;

const mayHoldLongNumber = (json: string): boolean => {
  for (let from = 0; from < json.length; from += STEP) {
    if (LONG_NUMBER.test(json.slice(from, from + STEP + 20))) return true;
  }
  return false;
};

const exact = (number: string): string => (WHOLE.test(number) && !Number.isSafeInteger(Number(number)) ? `"${number}"` : number);

/** The text with every whole number beyond 2^53 put in quotes: it is read as a string, digit by digit what was sent. */
export const withExactIntegers = (json: string): string => {
  if (!mayHoldLongNumber(json)) return json;
  const parts: string[] = [];
  for (let from = 0; from < json.length;) {
    const quote = json.indexOf('"', from);
    const start = quote === -1 ? json.length : quote;
    parts.push(json.slice(from, start).replace(NUMBER, exact));
    from = endOfString(json, start);
    parts.push(json.slice(start, from));
  }
  return parts.join('');
};

/** The place after the closing quote of the string that opens here. */
const endOfString = (json: string, start: number): number => {
  for (let at = start + 1; at < json.length; at += 1) {
    const character = json[at];
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
  }
  return json.length;
};
