/**
 * Reading JSON whose shape nobody has checked: what is missing, or of another shape, reads as empty.
 */
export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** The list in this field. */
export const rowsIn = (value: unknown, name: string): readonly unknown[] => {
  const rows = fieldsOf(value)[name];
  return Array.isArray(rows) ? rows : [];
};

/** The texts in this field, which may be a list or a text alone. */
export const textsIn = (value: unknown, name: string): readonly string[] =>
  [fieldsOf(value)[name]].flat().filter((text): text is string => typeof text === 'string');
