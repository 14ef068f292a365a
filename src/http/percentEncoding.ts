import { InvalidRequestError } from '../errors/requestErrors.ts';

/** @throws {InvalidRequestError} for a lone surrogate: it has no UTF-8 form. */
export const percentEncoded = (value: string): string => {
  try {
    return encodeURIComponent(value);
  } catch {
    throw new InvalidRequestError('a value must be well-formed Unicode');
  }
};
