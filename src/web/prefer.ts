/**
 * The Prefer header (RFC 7240): what a caller would like, and can do without.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Preferences {
  /** `handling=strict`: an error rather than a stale or static answer. */
  readonly strict: boolean;
  /** `respond-async`: queue the write at once. `wait=` beside it is understood and changes nothing: nobody waits for a job here. */
  readonly respondAsync: boolean;
}

/** Up to the next separator that does not stand in a quoted string. */
const BETWEEN_COMMAS = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/gu;
const BEFORE_SEMICOLON = /^(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/u;

const unquoted = (word: string): string => (word.startsWith('"') ? word.replaceAll(/^"|"$|\\(?=.)/gu, '') : word);

/** A name in lower case and its value; parameters are left out, since no preference known here has any. */
const preference = (text: string): readonly [string, string] => {
  const [name = '', ...value] = (BEFORE_SEMICOLON.exec(text)?.[0] ?? '').split('=');
  return [name.trim().toLowerCase(), unquoted(value.join('=').trim()).toLowerCase()];
};

/** All preferences known here; of several of one name the first counts, and what makes no sense is ignored, as the RFC has it. */
export const preferencesIn = (headers: IncomingHttpHeaders): Preferences => {
  const header = headers['prefer'] ?? '';
  const text = typeof header === 'string' ? header : header.join(',');
  const wishes = new Map((text.match(BETWEEN_COMMAS) ?? []).map(preference).reverse());
  return { strict: wishes.get('handling') === 'strict', respondAsync: wishes.get('respond-async') === '' };
};
