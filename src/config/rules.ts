/**
 * The rules that settings follow: text in, checked value out. A rule says how to write a value, and guesses nothing.
 */
import { z } from 'zod';
import { percentDecoded } from './percentEncoding.ts';
import { Secret } from './secret.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** In digits only: `1e3`, `0x10`, ` 10` and `5s` are refused, for each means something else to somebody. */
export const wholeNumber = (least: number, most: number, unit = '') => {
  const error = `must be a whole number${unit} from ${String(least)} to ${String(most)}, in digits only`;
  return z
    .string()
    .regex(/^(0|[1-9]\d*)$/, error)
    .transform(Number)
    .refine((value) => value >= least && value <= most, error);
};

/** 0 lets the system pick a free one. */
export const port = () => wholeNumber(0, 65_535);

export const milliseconds = (least = 1) => wholeNumber(least, DAY_MS - 1, ' of milliseconds');

export const percentage = () => {
  const error = 'must be a number above 0, up to 100, in digits such as 50 or 12.5';
  return z
    .string()
    .regex(/^\d{1,3}(\.\d+)?$/, error)
    .transform(Number)
    .refine((value) => value > 0 && value <= 100, error);
};

export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** For credentials: they travel in headers, where white space and control characters cut or forge. */
export const credential = () =>
  z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/, 'must be printable ASCII without white space, up to 4096 characters')
    .transform((value) => new Secret(value));

/** A path, a host: anything in one line, without blanks at its ends. */
export const line = () => {
  const error = 'must be a single line without white space at its ends';
  return z.string().regex(/^\S([^\p{Cc}]*\S)?$/u, error);
};

/** Where something is served, as everything below it is appended. Comes out without a slash at its end. */
export const baseUrl = () =>
  z
    .string()
    .refine(isBaseUrl, 'must be a URL such as https://host/path, without credentials, query or fragment')
    .transform((value) => value.replace(/(?<!\/)\/+$/, ''));

const isBaseUrl = (value: string): boolean => {
  if (!URL.canParse(value) || /[\s?#\\]/.test(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && /^https?:\/\//i.test(value) && url.username === '' && url.password === '';
};

/** An HTTP proxy, with a password perhaps: so all of it is a secret. Without a scheme it is `http://`, as with curl. */
export const proxyUrl = () =>
  z
    .string()
    .transform((value) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`))
    .refine(isProxyUrl, 'must be the URL of an HTTP proxy such as http://user:password@host:3128, without a path')
    .transform((value) => new Secret(value));

const isProxyUrl = (value: string): boolean => {
  if (!URL.canParse(value) || /\s/.test(value)) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(value);
  return (
    /^https?:$/.test(protocol) && pathname === '/' && search === '' && hash === '' && percentDecoded(username + password) !== undefined
  );
};

/** Hosts, separated by commas or blanks. */
export const hostList = () => z.string().transform((value): readonly string[] => value.split(/[\s,]+/).filter((entry) => entry !== ''));

/** Requests per window, as `100/10s`. */
export const rateLimit = () => {
  const error = 'must be requests per seconds, such as 100/10s';
  return z
    .string()
    .regex(/^[1-9]\d{0,5}\/[1-9]\d{0,4}s$/, error)
    .transform((value) => {
      const [requests, seconds] = value.slice(0, -1).split('/').map(Number) as [number, number];
      return { requests, windowMs: seconds * 1000 };
    });
};

/** Whether only this machine can be reached under it: `localhost`, 127.0.0.0/8, ::1. */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
};
