/**
 * When a service wants to be asked again, read in every form seen in the wild and believed within bounds
 * (docs/decisions/0029-provider-hints.md).
 */
import { LONGEST_PAUSE_MS } from '../time/backoff.ts';
import { seconds } from '../time/clock.ts';
import { httpDate } from './httpDate.ts';

type Headers = Readonly<Record<string, string>>;

/** Less is no plan: what is told in whole seconds may be off by one. */
const SHORTEST_HINT_MS = seconds(1);
/** From here on a number is no duration but a Unix time: in seconds, and from the second bound on in milliseconds. */
const FIRST_EPOCH_SECONDS = 1e9;
const FIRST_EPOCH_MS = 1e12;

/** Between the values of one header, or of several that were joined. The comma after a weekday belongs to its date. */
const BETWEEN_VALUES = /(?<!\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?),/iu;
const NUMBER = /^"?([+-]?\d+(?:\.\d+)?)\s?(?:s|secs?|seconds?)?"?$/iu;

/** The values of a header, without the parameters that a structured field may have. */
export const headerValues = (header: string): readonly string[] =>
  header.split(BETWEEN_VALUES).map((value) => (value.split(';', 1)[0] ?? '').trim());

/** The service's own clock when it answered, where it tells: its dates are measured against it, not against ours. Wall-clock ms. */
const answeredAt = ({ date = '' }: Headers, wallTime: number): number => {
  const at = httpDate(headerValues(date)[0] ?? '');
  return Number.isFinite(at) ? at : wallTime;
};

const waitOf = (text: string, now: number): number => {
  const number = NUMBER.exec(text)?.[1];
  if (number === undefined) return httpDate(text) - now;
  const value = Number(number);
  if (value < FIRST_EPOCH_SECONDS) return value * 1000;
  return (value < FIRST_EPOCH_MS ? value * 1000 : value) - now;
};

/**
 * How long until the moment that a hint names, ms: as seconds from now, as a Unix time, or as a date; of several the longest.
 * Never less than a second nor more than an hour.
 *
 * @param hint A header, or a member of a body.
 * @returns `undefined` where none can be read.
 */
export const hintMs = (hint: unknown, headers: Headers, wallTime: number): number | undefined => {
  if (typeof hint !== 'string' && typeof hint !== 'number') return undefined;
  const now = answeredAt(headers, wallTime);
  const waits = headerValues(String(hint))
    .map((value) => waitOf(value, now))
    .filter((waitMs) => !Number.isNaN(waitMs));
  return waits.length === 0 ? undefined : Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_HINT_MS, ...waits));
};

/** `Retry-After`, as `hintMs` reads it. */
export const retryAfterMs = (headers: Headers, wallTime: number): number | undefined => hintMs(headers['retry-after'], headers, wallTime);
