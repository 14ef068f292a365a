/**
 * What the command line asks for: `npm run chaos -- queue --engine bullmq --seed 7 --rounds 50`.
 */
import { parseArgs } from 'node:util';
import { engines, type Engine } from './plan.ts';

export interface ChaosArguments {
  /** `undefined`: only the names are asked for. */
  readonly subject: 'queue' | undefined;
  readonly engines: readonly Engine[];
  readonly seed: number;
  /** Over all engines. */
  readonly rounds: number;
  /** No further round begins after so many seconds. */
  readonly seconds: number;
}

export class UsageError extends Error {}

export const usage = `npm run chaos                names what there is
npm run chaos -- queue [options]

  --engine embedded|bullmq|both   both
  --seed N                        1: the same seed, the same schedule
  --rounds N                      200: over all engines
  --seconds N                     1200: no further round begins after that`;

const wholeNumber = (option: string, text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new UsageError(`--${option} must be a whole number from 1, not "${text}"`);
  return number;
};

const enginesFrom = (text: string): readonly Engine[] => {
  const chosen = engines.filter((engine) => text === engine || text === 'both');
  if (chosen.length === 0) throw new UsageError(`--engine must be embedded, bullmq or both, not "${text}"`);
  return chosen;
};

const subjectFrom = (names: readonly string[]): ChaosArguments['subject'] => {
  if (names.length > 1 || (names[0] !== undefined && names[0] !== 'queue')) throw new UsageError(`there is no "${names.join(' ')}"`);
  return names[0] === 'queue' ? 'queue' : undefined;
};

const parse = (given: readonly string[]) => {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  try {
    const options = { engine: text('both'), seed: text('1'), rounds: text('200'), seconds: text('1200') };
    return parseArgs({ args: [...given], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** @throws {UsageError} that says what is wrong. */
export const readChaosArguments = (given: readonly string[]): ChaosArguments => {
  const { values, positionals } = parse(given);
  return {
    subject: subjectFrom(positionals),
    engines: enginesFrom(values.engine),
    seed: wholeNumber('seed', values.seed),
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
  };
};
