/**
 * How an answer is held against its schema. `null` in a field that may be absent is an absent field: services change their minds
 * about which of the two they send. Where the field is required and what holds it may be absent, that is absent instead. And where an
 * operation says so, a row that breaks the contract costs no other row.
 */
import type { ZodError, ZodType } from 'zod';
import { mapInSlices, SLICE_MS, turnsOf } from '../time/nextTurn.ts';
import { judgeInSlices, type Judged } from './judgedInSlices.ts';

type Issue = ZodError['issues'][number];
type Path = readonly PropertyKey[];

export interface ParsedAnswer<T> {
  /** Absent: the contract is broken. */
  readonly value?: { readonly of: T };
  /** Where it breaks the contract; of an answer with a value the rows that were left out for that. */
  readonly broken: readonly Path[];
}

/** Each round finds what the one before it hid. */
const MAX_ROUNDS = 5;

/** An answer that breaks the contract in more places is broken: nothing is taken out of it. */
const MAX_BREAKS = 10_000;

const judge = async <T>(schema: ZodType<T>, content: unknown, isLong: boolean): Promise<Judged<T>> =>
  isLong ? judgeInSlices(schema, content, MAX_BREAKS) : schema.safeParse(content);

/**
 * @param content Ours alone: what of it has no place in the answer is taken out of it.
 * @param isLong Its rows are judged in slices.
 */
export const parseGenerously = async <T>(
  schema: ZodType<T>,
  content: unknown,
  { leavesOutBadRows = false, isLong = false }: { readonly leavesOutBadRows?: boolean | undefined; readonly isLong?: boolean } = {},
): Promise<ParsedAnswer<T>> => {
  const broken: Path[] = [];
  const nulls = new AbsentNulls(content, async () => {
    const judged = await judge(schema, content, isLong);
    return (judged.success ? [] : judged.error.issues).flatMap((issue) => innerPlaces(issue));
  });
  let first: readonly Path[] | undefined;
  const pause = turnsOf(SLICE_MS);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const parsed = await judge(schema, content, isLong);
    if (parsed.success) return { value: { of: parsed.data }, broken };
    // zod makes the issues when it is asked for them, which takes as long as finding them.
    await pause();
    const { issues } = parsed.error;
    await pause();
    first ??= issues.map(({ path }) => path);
    await pause();
    const places = placesOf(issues);
    if (places === undefined) break;
    if (await nulls.takeOut(places)) continue;
    if (!leavesOutBadRows || !(await takeOutRows(content, places))) break;
    broken.push(...places);
  }
  return { broken: first ?? [] };
};

/** `undefined`: too many. */
const placesOf = (issues: readonly Issue[]): readonly Path[] | undefined => {
  if (issues.length > MAX_BREAKS) return undefined;
  const places = issues.flatMap((issue) => innerPlaces(issue));
  return places.length > MAX_BREAKS ? undefined : places;
};

/** Of alternatives the one that the answer got furthest into. */
const innerPlaces = (issue: Issue, above: Path = []): readonly Path[] => {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return [path];
  const options = issue.errors.map((issues) => issues.flatMap((inner) => innerPlaces(inner, path)));
  return options.find((places) => places.every((place) => place.length > path.length)) ?? [path];
};

const isParent = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

/** The object or list at each step of the path, the outermost first. */
const parentsOf = (content: unknown, path: Path): readonly Record<PropertyKey, unknown>[] => {
  const parents: Record<PropertyKey, unknown>[] = [];
  let value = content;
  for (const step of path) {
    if (!isParent(value)) break;
    parents.push(value);
    value = value[step];
  }
  return parents;
};

/** Lists of an answer that are tried without, to see whether they may be absent. */
const MAX_LISTS_TRIED = 10;

/** Takes nulls out of an answer, and with them what cannot do without them. */
class AbsentNulls {
  readonly #content: unknown;
  readonly #judge: () => Promise<readonly Path[]>;
  /** Fields that were taken out, of each object. */
  readonly #emptied = new WeakMap<object, Set<PropertyKey>>();
  /** Lists, by whether they may be absent. */
  readonly #lists = new Map<object, boolean>();

  /** @param places Where the content breaks the contract as it is now. */
  constructor(content: unknown, places: () => Promise<readonly Path[]>) {
    this.#content = content;
    this.#judge = places;
  }

  /** @returns whether something was taken out, so that another look is worth while. */
  async takeOut(places: readonly Path[]): Promise<boolean> {
    const pause = turnsOf(SLICE_MS);
    let found = false;
    // The last rows first: the others keep their place.
    for (const path of [...places].reverse()) {
      await pause();
      found = (await this.#takeOut(path)) || found;
    }
    return found;
  }

  async #takeOut(path: Path): Promise<boolean> {
    const parents = parentsOf(this.#content, path);
    const parent = parents[path.length - 1];
    const key = path.at(-1);
    if (key === undefined || parent === undefined) return false;
    if (parent[key] === null) return this.#remove(parents, path);
    // A required field, which was taken out for its null: then it is its object that is absent.
    return path.length > 1 && this.#emptied.get(parent)?.has(key) === true && this.#remove(parents.slice(0, -1), path.slice(0, -1));
  }

  async #remove(parents: readonly Record<PropertyKey, unknown>[], path: Path): Promise<boolean> {
    const parent = parents[path.length - 1];
    const key = path.at(-1) ?? '';
    if (parent === undefined) return false;
    if (Array.isArray(parent)) {
      // A row of a list that must be there is no row less: somebody may be looking for it.
      if (!(await this.#mayBeAbsent(parent, parents[path.length - 2], path.slice(0, -1)))) return false;
      parent.splice(Number(key), 1);
      return true;
    }
    Reflect.deleteProperty(parent, key);
    this.#emptied.set(parent, (this.#emptied.get(parent) ?? new Set()).add(key));
    return true;
  }

  /** Whether the contract does not miss the list when it is not there. */
  async #mayBeAbsent(list: object, holder: Record<PropertyKey, unknown> | undefined, path: Path): Promise<boolean> {
    const known = this.#lists.get(list);
    const key = path.at(-1);
    if (known !== undefined || key === undefined || holder === undefined || Array.isArray(holder)) return known ?? false;
    if (this.#lists.size >= MAX_LISTS_TRIED) return false;
    Reflect.deleteProperty(holder, key);
    const places = await this.#judge();
    holder[key] = list;
    const mayBe = !places.some((place) => place.length === path.length && place.every((step, index) => step === path[index]));
    this.#lists.set(list, mayBe);
    return mayBe;
  }
}

/** Places that are looked up in one go: a few milliseconds. */
const PLACES_AT_ONCE = 2_000;

interface Row {
  readonly list: unknown[];
  readonly index: number;
}

/** The rows that a place lies in, the innermost first. */
const rowsAround = (content: unknown, path: Path): readonly Row[] =>
  parentsOf(content, path)
    .flatMap((parent, level) =>
      Array.isArray(parent) && typeof path[level] === 'number' ? [{ list: parent as unknown[], index: path[level] }] : [],
    )
    .reverse();

/** In one pass: thousands of `splice`s move the rest of the list thousands of times. */
const keepOthers = (list: unknown[], indexes: ReadonlySet<number>): void => {
  let kept = 0;
  for (const [index, row] of list.entries()) {
    if (indexes.has(index)) continue;
    list[kept] = row;
    kept += 1;
  }
  list.length = kept;
};

/**
 * Takes out as little as will do. A list that would lose all its rows counts as a broken row of the list around it.
 *
 * @returns false, with nothing taken out, if some of it is in no such list: then it is the contract that is broken.
 */
const takeOutRows = async (content: unknown, places: readonly Path[]): Promise<boolean> => {
  const doomed = new Map<unknown[], Set<number>>();
  let rows: readonly (readonly Row[])[] = await mapInSlices(places, PLACES_AT_ONCE, (path) => rowsAround(content, path));
  while (rows.length > 0) {
    const byList = new Map<unknown[], Set<number>>();
    for (const [row] of rows) {
      if (row === undefined) return false;
      byList.set(row.list, (byList.get(row.list) ?? new Set(doomed.get(row.list))).add(row.index));
    }
    const isLost = ({ list }: Row): boolean => byList.get(list)?.size === list.length;
    rows = rows.flatMap(([row, ...around]) => (row !== undefined && isLost(row) ? [around] : []));
    for (const [list, indexes] of byList) if (indexes.size < list.length) doomed.set(list, indexes);
  }
  for (const [list, indexes] of doomed) keepOthers(list, indexes);
  return true;
};
