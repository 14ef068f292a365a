/**
 * A long answer held against its schema: the rows of its lists are judged one by one, and the event loop goes on in between.
 */
import { core, z, type ZodError, type ZodType } from 'zod';
import { nextTurn, SLICE_MS, turnsOf } from '../time/nextTurn.ts';

type Issue = ZodError['issues'][number];

export type Judged<T> =
  { readonly success: true; readonly data: T } | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };

/** The parts of zod's definitions that say where rows are. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, ZodType>>;
  readonly element?: ZodType;
  readonly innerType?: ZodType;
  readonly in?: ZodType;
  readonly options?: readonly ZodType[];
}

interface Split {
  /** The schema with any value in the place of each row. */
  readonly around: ZodType;
  /** The schema of a row, by the names of the lists; `undefined`: the answer is a list itself. */
  readonly rows: ReadonlyMap<string | undefined, ZodType>;
}

const definitionOf = (schema: ZodType): Definition => schema._zod.def;

const cloned = (schema: ZodType, change: Partial<Definition>): ZodType => core.clone(schema, { ...schema._zod.def, ...change } as never);

/** A list, which may be optional or null; `undefined` for anything else. */
const listIn = (schema: ZodType): { readonly around: ZodType; readonly row: ZodType } | undefined => {
  const { type, element, innerType } = definitionOf(schema);
  if (type === 'array' && element !== undefined) return { around: cloned(schema, { element: z.any() }), row: element };
  if ((type !== 'optional' && type !== 'nullable') || innerType === undefined) return undefined;
  const list = listIn(innerType);
  return list && { around: cloned(schema, { innerType: list.around }), row: list.row };
};

const split = (schema: ZodType): Split => {
  const { in: input, shape } = definitionOf(schema);
  const list = listIn(schema);
  if (list !== undefined) return { around: list.around, rows: new Map([[undefined, list.row]]) };
  if (input !== undefined) {
    const { around, rows } = split(input);
    return { around: cloned(schema, { in: around }), rows };
  }
  const lists = Object.entries(shape ?? {}).flatMap(([name, field]) => {
    const found = listIn(field);
    return found === undefined ? [] : [{ name, ...found }];
  });
  if (lists.length === 0) return { around: schema, rows: new Map() };
  const fields = Object.fromEntries(lists.map(({ name, around }) => [name, around]));
  return { around: cloned(schema, { shape: { ...shape, ...fields } }), rows: new Map(lists.map(({ name, row }) => [name, row])) };
};

const splits = new WeakMap<ZodType, Split>();

const splitOf = (schema: ZodType): Split => {
  const known = splits.get(schema) ?? split(schema);
  splits.set(schema, known);
  return known;
};

const listAt = (content: unknown, name: string | undefined): unknown =>
  name === undefined ? content : (content as Readonly<Record<string, unknown>> | null | undefined)?.[name];

const withList = (content: unknown, name: string | undefined, list: readonly unknown[]): unknown =>
  name === undefined ? list : { ...(content as object), [name]: list };

/** The first alternative that the content fits. */
const judgeUnion = async <T>(options: readonly ZodType[], content: unknown, most: number): Promise<Judged<T>> => {
  const errors: Issue[][] = [];
  for (const option of options) {
    const judged = await judgeInSlices(option as ZodType<T>, content, most);
    if (judged.success) return judged;
    errors.push([...judged.error.issues]);
  }
  return { success: false, error: { issues: [{ code: 'invalid_union', errors, path: [], message: 'fits no alternative' }] } };
};

/**
 * As `schema.safeParse`. Where rows break the contract, only those are told.
 *
 * @param most Issues after which no further row is judged.
 */
export const judgeInSlices = async <T>(schema: ZodType<T>, content: unknown, most: number): Promise<Judged<T>> => {
  const { type, options } = definitionOf(schema);
  if (type === 'union' && options !== undefined) return judgeUnion(options, content, most);
  const { around, rows } = splitOf(schema);
  const issues: Issue[] = [];
  const pause = turnsOf(SLICE_MS);
  let whole = content;
  for (const [name, row] of rows) {
    const list = listAt(content, name);
    if (!Array.isArray(list)) continue;
    const judged: unknown[] = [];
    for (const [index, value] of list.entries()) {
      if (issues.length > most) break;
      await pause();
      const { data, error } = row.safeParse(value);
      judged.push(data);
      for (const issue of error?.issues ?? [])
        issues.push({ ...issue, path: [...(name === undefined ? [] : [name]), index, ...issue.path] });
    }
    whole = withList(whole, name, judged);
  }
  if (issues.length > 0) return { success: false, error: { issues } };
  await nextTurn();
  const judged = around.safeParse(whole) as Judged<T>;
  // Whoever goes on with so much does so in a turn of its own.
  await nextTurn();
  return judged;
};
