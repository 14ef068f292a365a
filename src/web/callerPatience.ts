/**
 * How long a caller is willing to wait, by the headers that say so. They are read here and go no further: what a
 * provider is sent is built from its operation alone.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../errors/requestErrors.ts';
import { minutes, seconds } from '../time/clock.ts';

/** Longer than any service's own deadline, which caps it anyway. */
const LONGEST_MS = seconds(120);

interface PatienceHeader {
  readonly name: string;
  /** What it must be, for the caller who got it wrong. */
  readonly rule: string;
  /** Milliseconds; NaN for what is none. */
  readonly read: (value: string) => number;
}

const DECIMAL = /^\d{1,4}(?:\.\d{1,6})?$/u;
const WHOLE = /^\d{1,9}$/u;
/** Up to eight digits and a unit, as the gRPC protocol has it. */
const GRPC = /^(?<count>\d{1,8})(?<unit>[HMSmun])$/u;
const GRPC_UNITS_MS: Readonly<Record<string, number>> = { H: minutes(60), M: minutes(1), S: seconds(1), m: 1, u: 1e-3, n: 1e-6 };

const grpcMs = (value: string): number => {
  const { count, unit = '' } = GRPC.exec(value)?.groups ?? {};
  return Number(count) * (GRPC_UNITS_MS[unit] ?? Number.NaN);
};

const HEADERS: readonly PatienceHeader[] = [
  {
    name: 'x-request-timeout',
    rule: 'must be seconds above 0, up to 120, such as 2.5',
    read: (value) => (DECIMAL.test(value) ? seconds(Number(value)) : Number.NaN),
  },
  {
    name: 'x-request-deadline',
    rule: 'must be the milliseconds that are left, above 0, up to 120000, such as 2500',
    read: (value) => (WHOLE.test(value) ? Number(value) : Number.NaN),
  },
  {
    name: 'grpc-timeout',
    rule: 'must be up to eight digits and a unit (H, M, S, m, u or n), above 0, up to 120 seconds, such as 2500m',
    read: grpcMs,
  },
];

/**
 * Milliseconds; the shortest, where several headers name one; `undefined` if none does.
 *
 * @param faults A malformed value is added: a caller who names a limit relies on it.
 */
export const patienceMs = (headers: IncomingHttpHeaders, faults: Fault[]): number | undefined => {
  let shortest: number | undefined;
  for (const { name, rule, read } of HEADERS) {
    const value = headers[name];
    if (value === undefined) continue;
    const ms = read(String(value));
    if (ms > 0 && ms <= LONGEST_MS) shortest = Math.min(shortest ?? ms, ms);
    else faults.push({ at: `header ${name}`, message: rule });
  }
  return shortest;
};
