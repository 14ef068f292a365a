/**
 * Variables that are no settings, but near enough to one to be a slip of the pen.
 */

/** Letters that may be wrong, missing or too many before a name is somebody else's variable; in a short name one, or none. */
const slipsIn = ({ length }: string): number => (length < 6 ? 0 : length < 9 ? 1 : 2);

/** Words that say no more than the others of a name, and those that people use for one another: `HUBSPOT_ACCESS_TOKEN` is `HUBSPOT_API_KEY`. */
const WORDS_LEFT_OUT: ReadonlySet<string> = new Set(['API', 'ACCESS', 'AUTH', 'PRIVATE', 'BASE']);
const SAME_WORDS: Readonly<Record<string, string>> = {
  TOKEN: 'KEY',
  SECRET: 'KEY',
  APIKEY: 'KEY',
  URI: 'URL',
  ENDPOINT: 'URL',
  PASS: 'PASSWORD',
};

/** Near to a setting of ours, and common for something else. */
const STRANGERS: ReadonlySet<string> = new Set(['API_VERSION']);

/**
 * @param settings All of them, prefixes included.
 * @returns One warning for each; it names variables, never values.
 */
export const findMisspelled = (variables: readonly string[], settings: readonly string[]): readonly string[] => {
  const bare = settings.map((setting) => ({ setting, name: withoutBars(setting) }));
  const known = new Set(settings);
  return variables.flatMap((variable) => {
    if (known.has(variable) || STRANGERS.has(variable)) return [];
    const meant = nearest(withoutBars(variable), bare) ?? settings.find((setting) => gistOf(setting) === gistOf(variable));
    return meant === undefined ? [] : [`${variable} is no setting and has no effect; did you mean ${meant}?`];
  });
};

/** A slip in the first letter is rare, and names that differ in it are mostly others. */
const nearest = (name: string, settings: readonly { readonly setting: string; readonly name: string }[]): string | undefined =>
  settings
    .filter((each) => each.name[0] === name[0] && Math.abs(each.name.length - name.length) <= slipsIn(each.name))
    .map((each) => ({ setting: each.setting, slips: editDistance(name, each.name), allowed: slipsIn(each.name) }))
    .filter(({ slips, allowed }) => slips <= allowed)
    .sort((left, right) => left.slips - right.slips)[0]?.setting;

/** Of at least two words: one alone says too little. */
const gistOf = (name: string): string => {
  const words = name.toUpperCase().split(/[_-]/u);
  const kept = words.filter((word, index) => index === 0 || !WORDS_LEFT_OUT.has(word)).map((word) => SAME_WORDS[word] ?? word);
  return kept.length < 2 ? name : kept.join('_');
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
