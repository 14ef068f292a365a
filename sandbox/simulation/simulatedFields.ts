/**
 * The members of a request's body as simulators look at them: whatever they turn out to be.
 */
export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Whether a text is these parts in their order, with anything between them. In linear time, which a pattern of several `.*`
 * would not be.
 */
export const consistsOf = (text: string, [first = '', ...others]: readonly string[]): boolean => {
  const last = others.pop();
  if (last === undefined) return text === first;
  let from = text.startsWith(first) ? first.length : text.length + 1;
  for (const part of others) {
    const at = text.indexOf(part, from);
    from = at === -1 ? text.length + 1 : at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
};

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
