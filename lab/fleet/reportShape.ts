/**
 * What a part of the run hands to whoever reads it.
 */
export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isKept: boolean;
}

export interface Table {
  readonly headings: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
  /** Columns that the page shows, by number; absent: all. */
  readonly shown?: readonly number[];
}

export interface PartReport {
  /** How it was measured, in a sentence or two; a paragraph each. */
  readonly method: readonly string[];
  /** The page shows the first; the terminal and the CSV file all of them. */
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** Shorter than a tenth of a second in ms, else in seconds; whole ones are said as people do. */
export const duration = (ms: number | null): string => {
  if (ms === null) return 'never';
  if (ms >= 1000 && ms % 1000 === 0) return `${String(ms / 1000)} s`;
  return ms < 100 ? `${String(Math.round(ms))} ms` : `${(ms / 1000).toFixed(2)} s`;
};

export const inPercent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;
