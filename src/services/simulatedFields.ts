/**
 * The members of a request's body as simulators look at them: whatever they turn out to be.
 */
export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text under a name; empty where it is none. */
export const textIn = (record: Fields, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

/** The list under a name; empty where it is none. */
export const listIn = (record: Fields, name: string): readonly unknown[] => {
  const value = record[name];
  return Array.isArray(value) ? value : [];
};

/** The texts in the list under a name; what is none is left out. */
export const textsIn = (record: Fields, name: string): readonly string[] =>
  listIn(record, name).filter((value): value is string => typeof value === 'string');
