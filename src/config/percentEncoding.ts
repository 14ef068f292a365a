/**
 * Percent-encoding that never throws a `URIError`; the only file that may use the functions which do.
 */
import { InvalidRequestError } from '../errors/requestErrors.ts';

const encoded = (value: string): string | undefined => {
  try {
    return encodeURIComponent(value);
  } catch {
    return undefined;
  }
};

/** @throws {InvalidRequestError} for a lone surrogate: it has no UTF-8 form. */
export const percentEncoded = (value: string): string => {
  const text = encoded(value);
  if (text === undefined) throw new InvalidRequestError('a value must be well-formed Unicode');
  return text;
};

/** `undefined` for a `%` without two hexadecimal digits, and for what is not UTF-8. */
export const percentDecoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** `Location` of what a service made; left out for an id of the service that no path can hold: it was made all the same. */
export const locationOf = (parent: string, id: string): { readonly headers?: { readonly Location: string } } => {
  const step = encoded(id);
  return step === undefined ? {} : { headers: { Location: `${parent}/${step}` } };
};
