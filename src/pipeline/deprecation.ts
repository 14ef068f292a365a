/**
 * What a service's headers say about the end of an operation: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and
 * `Warning: 299`, an old way to say the same. Their texts are the service's, and are not passed on.
 */
import type { DeprecationNotice } from '../contract/events.ts';
import type { HttpResponse } from '../wire/transport.ts';
import { httpDate } from '../wire/httpDate.ts';

/** The last moment that a date can hold, in seconds since 1970. */
const LAST_SECOND = 8_640_000_000_000;

/** `299 agent "text" "date"`, alone or among others; digits in the quoted text are none. */
const PERSISTENT_WARNING = /(?:^|,)\s*299\s/u;

/** The notices of one answer; none, for nearly all. */
export const deprecationNotices = (headers: HttpResponse['headers']): readonly DeprecationNotice[] => {
  const { deprecation, sunset, warning } = headers;
  return [
    ...(deprecation === undefined || isDenied(deprecation) ? [] : [dated('deprecation', deprecationDate(deprecation))]),
    ...(sunset === undefined ? [] : [dated('sunset', httpDate(sunset.trim()))]),
    ...(warning !== undefined && PERSISTENT_WARNING.test(unquoted(warning)) ? [{ header: 'warning' } as const] : []),
  ];
};

/** Drafts of the RFC had a truth value: a service that still sends `false` announces nothing. */
const isDenied = (header: string): boolean => /^(?:\?0|false)?$/iu.test(header.trim());

/** `@1688169599`, or an HTTP date as the drafts had it. */
const deprecationDate = (header: string): number => {
  const [, epochSeconds] = /^@(-?\d{1,15})\b/u.exec(header.trim()) ?? [];
  if (epochSeconds === undefined) return httpDate(header.trim());
  return Math.abs(Number(epochSeconds)) <= LAST_SECOND ? Number(epochSeconds) * 1000 : Number.NaN;
};

const dated = (header: DeprecationNotice['header'], at: number): DeprecationNotice => (Number.isFinite(at) ? { header, at } : { header });

const unquoted = (header: string): string => header.replace(/"(?:[^"\\]|\\.)*"/gu, '""');
