/**
 * What the command line asks for:
 * `npm run lab -- --scenario outage-60s --rate 5 --rival ours --seed 7`, each but the seed as often as wanted.
 */
import { parseArgs } from 'node:util';
import type { Selection } from './matrix.ts';

export interface LabArguments extends Selection {
  readonly seed: number;
  /** Renew the baseline of the gate instead of running the laboratory. */
  readonly writeGate: boolean;
  /** Nothing is left out: only then the page is renewed. */
  readonly isWhole: boolean;
}

const DEFAULT_SEED = 1;

/** @throws {Error} for an unknown option, and for a number that is none. */
export const parseLabArguments = (values: readonly string[], environment: Readonly<Record<string, string | undefined>>): LabArguments => {
  const several = { type: 'string', multiple: true, default: [] as string[] } as const;
  const { values: given } = parseArgs({
    args: [...values],
    options: {
      scenario: several,
      rate: several,
      rival: several,
      seed: { type: 'string', default: environment['SEED'] ?? String(DEFAULT_SEED) },
      'write-gate': { type: 'boolean', default: false },
    },
  });
  const { scenario: scenarios, rival: rivals } = given;
  const rates = given.rate.map((rate) => numberOf('rate', rate));
  const seed = numberOf('seed', given.seed);
  const isWhole = [...scenarios, ...rates, ...rivals].length === 0 && seed === DEFAULT_SEED;
  return { scenarios, rates, rivals, seed, writeGate: given['write-gate'], isWhole };
};

const numberOf = (option: string, text: string): number => {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new Error(`--${option} must be a number, not "${text}"`);
  return number;
};
