/**
 * Two tests of one title cannot be told apart in a report, and are mostly a copy that was never changed.
 */

/** As much of mocha's Suite as is needed to walk it. */
export interface TitledSuite {
  readonly tests: readonly { fullTitle(): string }[];
  readonly suites: readonly TitledSuite[];
}

/** Full titles, describe blocks included, that stand more than once; each named once. */
export const findDuplicateTitles = (root: TitledSuite): readonly string[] => {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const title of titlesOf(root)) {
    if (seen.has(title)) repeated.add(title);
    seen.add(title);
  }
  return [...repeated];
};

const titlesOf = (suite: TitledSuite): readonly string[] => [
  ...suite.tests.map((test) => test.fullTitle()),
  ...suite.suites.flatMap(titlesOf),
];
