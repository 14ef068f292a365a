/**
 * Variables that begin like a service's settings but are none, and are near enough to one to be a slip of the pen.
 */

/** Letters that may be wrong, missing or too many before a name is somebody else's variable. */
const FURTHEST_SLIP = 2;

/** @returns One warning for each; it names variables, never values. */
export const findMisspelled = (
  variables: readonly string[],
  prefixes: readonly string[],
  settings: readonly string[],
): readonly string[] =>
  variables.flatMap((variable) => {
    const prefix = prefixes.find((candidate) => variable.startsWith(candidate));
    if (prefix === undefined) return [];
    const meant = nearestSetting(variable.slice(prefix.length), settings);
    return meant === undefined ? [] : [`${variable} is no setting and has no effect; did you mean ${prefix}${meant}?`];
  });

const nearestSetting = (name: string, settings: readonly string[]): string | undefined => {
  if (settings.includes(name)) return undefined;
  const bare = withoutBars(name);
  return settings
    .map((setting) => ({ setting, slips: editDistance(bare, withoutBars(setting)) }))
    .filter(({ slips }) => slips <= FURTHEST_SLIP)
    .sort((left, right) => left.slips - right.slips)[0]?.setting;
};

const withoutBars = (name: string): string => name.replaceAll(/[_-]/g, '').toUpperCase();

/** Levenshtein's: the fewest single letters to put in, take out or change. */
const editDistance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of from.split('').entries()) {
    const next = [index + 1];
    for (const [column, other] of to.split('').entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};
