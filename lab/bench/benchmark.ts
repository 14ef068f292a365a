/**
 * What a benchmark is: a file in `benchmarks/` that exports `benchmark`. Figures stand side by side in one run; a time
 * alone says more about the machine than about the code.
 */
export interface Table {
  /** What is compared, and how it was measured. */
  readonly caption: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Benchmark {
  /** What question it answers. */
  readonly title: string;
  run(): Promise<readonly Table[]>;
}
