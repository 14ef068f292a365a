/**
 * What the command line asks for: `npm run fleet -- outage --service lemlist --seconds 20`.
 */
import { parseArgs } from 'node:util';
import { subjectNames, type SubjectName } from './subjects.ts';

export const measuredParts = ['outage', 'broken', 'faults', 'quota'] as const;
export type MeasuredPart = (typeof measuredParts)[number];
export type PartName = MeasuredPart | 'simulate';

export interface FleetArguments {
  /** In order; empty: only the names are asked for. */
  readonly parts: readonly PartName[];
  readonly seed: number;
  /** Of an outage: that many, from the first on; the middle one of each figure counts. */
  readonly seeds: number;
  /** Of what is measured; absent: each part's own. */
  readonly seconds: number | undefined;
  /** Absent: HubSpot's outage, and everybody's quota. */
  readonly service: SubjectName | undefined;
  /** Nothing is shortened or left out: only then the page is renewed. */
  readonly isWhole: boolean;
}

export class UsageError extends Error {}

const SEEDS = 3;

export const usage = `npm run fleet                 names what there is
npm run fleet -- <part> [options]

  outage     calls sent into an outage: one replica, three alone, three on one Redis
  broken     one of three replicas has lost its network
  faults     whatever can befall Redis, under load
  quota      three replicas and the quotas of the providers
  all        these four
  simulate   10, 100 and 1,000 replicas in virtual time

  --seconds N                             of the outage, the break, the fault, the measuring
  --service ${subjectNames.join('|').padEnd(29)} one provider, for outage and quota
  --seed N                                1: equal seeds, equal schedules
  --seeds N                               3: outages with so many seeds, of which the middle counts`;

const wholeNumber = (option: string, text: string): number => {
  const number = Number(text);
  if (!/^\d{1,9}$/u.test(text) || number < 1) throw new UsageError(`--${option} must be a whole number from 1, not "${text}"`);
  return number;
};

const partsFrom = (names: readonly string[]): readonly PartName[] => {
  const [name, ...others] = names;
  if (name === undefined) return [];
  if (name === 'all' && others.length === 0) return measuredParts;
  const part = [...measuredParts, 'simulate' as const].find((known) => known === name);
  if (part === undefined || others.length > 0) throw new UsageError(`there is no "${names.join(' ')}"`);
  return [part];
};

const serviceFrom = (text: string | undefined): SubjectName | undefined => {
  const service = subjectNames.find((name) => name === text);
  if (text !== undefined && service === undefined)
    throw new UsageError(`--service must be one of ${subjectNames.join(', ')}, not "${text}"`);
  return service;
};

const parse = (given: readonly string[]) => {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...given], allowPositionals: true, options: { seconds: text, service: text, seed: text, seeds: text } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** @throws {UsageError} that says what is wrong. */
export const readFleetArguments = (given: readonly string[]): FleetArguments => {
  const { values, positionals } = parse(given);
  return {
    parts: partsFrom(positionals),
    seed: wholeNumber('seed', values.seed ?? '1'),
    seeds: wholeNumber('seeds', values.seeds ?? String(SEEDS)),
    seconds: values.seconds === undefined ? undefined : wholeNumber('seconds', values.seconds),
    service: serviceFrom(values.service),
    isWhole: Object.keys(values).length === 0,
  };
};
