import { expect } from 'chai';

/** The error a promise ends with, which has to be of that class. Fails the test if there is none. */
export const errorOf = async <E extends Error>(promise: Promise<unknown>, kind: abstract new (...values: never[]) => E): Promise<E> => {
  const outcome = await promise.then(
    (value) => new Error(`Expected ${kind.name}, but it resolved with ${String(value)}`),
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(kind);
  return outcome as E;
};
