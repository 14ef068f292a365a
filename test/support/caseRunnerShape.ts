/**
 * When a simulated answer is of the documented kind. Values may differ, since the data do; what a client reads may not:
 *
 * - texts are the same, word for word: clients tell errors apart by them
 * - an object has every documented key, with a value of the same type (`null` stands for any)
 * - a list whose documented twin has elements has some too, and the first ones are compared in the same way
 * - what lies inside an inner object, such as the properties of a contact, is the data of one account: not compared
 */

/** What differs, such as `body.results[0]: no key "id"`; empty if nothing does. */
export const shapeDifferences = (documented: unknown, simulated: unknown): readonly string[] => {
  if (typeof documented === 'string') return documented === simulated ? [] : ['body: another text'];
  return compared('body', documented, simulated);
};

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeOf(value) === 'object';

const compared = (at: string, documented: unknown, simulated: unknown): readonly string[] => {
  const differences = compareTypes(at, documented, simulated);
  if (differences.length > 0 || !isRecord(documented) || !isRecord(simulated)) return differences;
  return Object.entries(documented).flatMap(([key, value]) =>
    key in simulated ? compareTypes(`${at}.${key}`, value, simulated[key]) : [`${at}: no key "${key}"`],
  );
};

const compareTypes = (at: string, documented: unknown, simulated: unknown): readonly string[] => {
  if (documented === null || simulated === null) return [];
  if (typeOf(documented) !== typeOf(simulated)) return [`${at}: ${typeOf(simulated)} instead of ${typeOf(documented)}`];
  return Array.isArray(documented) ? compareFirst(at, documented, simulated as readonly unknown[]) : [];
};

const compareFirst = (at: string, documented: readonly unknown[], simulated: readonly unknown[]): readonly string[] => {
  if (documented.length === 0) return [];
  return simulated.length === 0 ? [`${at}: empty`] : compared(`${at}[0]`, documented[0], simulated[0]);
};

/** Headers by which clients keep to a limit. */
const LIMIT_HEADER = /ratelimit|rate-limit|^retry-after$/iu;

/** Documented limit headers that a simulated answer lacks. */
export const missingLimitHeaders = (
  documented: Readonly<Record<string, string>>,
  simulated: Readonly<Record<string, string>>,
): readonly string[] => {
  const present = new Set(Object.keys(simulated).map((name) => name.toLowerCase()));
  return Object.keys(documented).filter((name) => LIMIT_HEADER.test(name) && !present.has(name.toLowerCase()));
};
