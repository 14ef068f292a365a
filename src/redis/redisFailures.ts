/**
 * What goes wrong between us and Redis, in words that help, and never later than promised.
 */
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import type { Clock } from '../time/clock.ts';

/** The port promises an answer within a second; the rest is for the way to the caller. */
export const ANSWER_WITHIN_MS = 900;

/** By the beginning of what Redis or its client says. */
const reasons: readonly (readonly [says: RegExp, what: string])[] = [
  [/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/, 'Redis refuses our credentials: correct them in REDIS_URL or REDIS_PASSWORD'],
  [/^NOPERM/, 'Redis forbids our user a command: allow it all commands on its keys'],
  [/^OOM/, 'Redis has no memory left: raise its maxmemory'],
  [/^MISCONF/, 'Redis cannot write to its disk: free it or mend it'],
  [/^READONLY/, 'Redis is a replica that takes no writes: name the primary in REDIS_URL'],
  [/^LOADING/, 'Redis is still reading its data'],
  [/^(ERR )?DB index is out of range/, 'Redis does not have the database: correct its number in REDIS_URL'],
  [/^(Protocol error|Unknown RESP type)/, 'what answers is no Redis: correct REDIS_URL or REDIS_HOST and REDIS_PORT'],
  [/Command timed out/, 'Redis does not answer in time'],
];

/** A constant of ours for what went wrong. Redis' own words stay out: they can repeat what it was sent. */
export const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : '';
  return reasons.find(([says]) => says.test(message))?.[1] ?? 'Redis cannot be reached';
};

/** The error itself is not the cause of ours: it holds the command that failed, and with it payloads and passwords. */
export const unavailable = (error: unknown): QueueUnavailableError =>
  error instanceof QueueUnavailableError ? error : new QueueUnavailableError(reasonOf(error));

/**
 * The answer of a store, or an error within the time that the port promises.
 *
 * @throws {QueueUnavailableError}
 */
export const answerInTime = async <T>(clock: Clock, work: () => Promise<T>): Promise<T> => {
  let giveUp = (): void => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    giveUp = clock.after(ANSWER_WITHIN_MS, () => {
      reject(new QueueUnavailableError('Redis does not answer in time'));
    });
  });
  try {
    return await Promise.race([work(), tooLate]);
  } catch (error) {
    throw unavailable(error);
  } finally {
    giveUp();
  }
};
