/**
 * Pages of lists: by offset, and by cursor.
 */

/** A whole number of the query, or what stands for it. */
export const numberIn = (query: URLSearchParams, name: string, otherwise: number): number => {
  const value = query.get(name);
  return value !== null && /^\d{1,12}$/u.test(value) ? Number(value) : otherwise;
};

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the following page begins, if there is one. */
  readonly next: number | undefined;
}

export const pageFrom = <Row>(rows: readonly Row[], from: number, size: number): Page<Row> => ({
  rows: rows.slice(from, from + size),
  next: rows.length > from + size ? from + size : undefined,
});

export interface OffsetStyle {
  /** The parameter that holds the size of a page. */
  readonly size: string;
  /** Without one, or for 0. */
  readonly standard: number;
  readonly most: number;
}

/** The rows that the query asks for by `offset` and a size. */
export const offsetPage = <Row>(rows: readonly Row[], query: URLSearchParams, { size, standard, most }: OffsetStyle): readonly Row[] =>
  pageFrom(rows, numberIn(query, 'offset', 0), Math.min(most, numberIn(query, size, standard) || standard)).rows;

interface Identified {
  readonly id: number;
}

const cursorOf = ({ id }: Identified): string => Buffer.from(String(id)).toString('base64');

const idIn = (cursor: string | null): number | undefined => {
  const id = cursor === null ? Number.NaN : Number(Buffer.from(cursor, 'base64').toString());
  return Number.isInteger(id) ? id : undefined;
};

/** The rows after or before the query's cursor, newest first, with the cursors of the first and the last. */
export const cursorPage = <Row extends Identified>(rows: readonly Row[], query: URLSearchParams, size: number) => {
  const sorted = [...rows].sort((one, other) => other.id - one.id);
  const [after, before] = [idIn(query.get('after')), idIn(query.get('before'))];
  const rest = sorted.filter(({ id }) => (after === undefined || id < after) && (before === undefined || id > before));
  // Backwards, the page is the one that ends where the cursor is.
  const page = before === undefined ? rest.slice(0, size) : rest.slice(-size);
  const [first, last] = [page[0], page.at(-1)];
  return {
    rows: page,
    hasPrevious: first !== undefined && sorted.some(({ id }) => id > first.id),
    hasNext: last !== undefined && sorted.some(({ id }) => id < last.id),
    start: first === undefined ? null : cursorOf(first),
    end: last === undefined ? null : cursorOf(last),
  };
};
