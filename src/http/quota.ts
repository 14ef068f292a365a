/**
 * What a service's headers say about the quota that is left.
 */
import type { CallSite } from '../errors/upstreamErrors.ts';

export interface QuotaReading {
  /** Such as `ten_seconds`, `day`, `minute`; a metric label. */
  readonly window: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** When the window starts anew; wall-clock ms. */
  readonly resetAt?: number;
}

/** Reads the headers of any answer of the service, errors included. Some limits are of one operation: then its name tells which. */
export type QuotaReader = (
  headers: Readonly<Record<string, string>>,
  site?: Pick<CallSite, 'operation'>,
) => readonly QuotaReading[];

/** A header as a whole number ≥ 0, or `undefined`. */
export const headerNumber = (headers: Readonly<Record<string, string>>, name: string): number | undefined => {
  const value = headers[name];
  return value !== undefined && /^\d{1,12}$/u.test(value) ? Number(value) : undefined;
};

/** One reading from a pair of headers, and the Unix seconds of the reset if they are told; empty if neither is there. */
export const quotaFrom = (
  headers: Readonly<Record<string, string>>,
  window: string,
  names: { readonly limit: string; readonly remaining: string; readonly reset?: string },
): readonly QuotaReading[] => {
  const limit = headerNumber(headers, names.limit);
  const remaining = headerNumber(headers, names.remaining);
  if (limit === undefined && remaining === undefined) return [];
  const resetSeconds = names.reset === undefined ? undefined : headerNumber(headers, names.reset);
  return [
    {
      window,
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetSeconds === undefined ? {} : { resetAt: resetSeconds * 1000 }),
    },
  ];
};
