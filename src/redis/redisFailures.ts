/**
 * What goes wrong between us and Redis, in words that help, and never later than promised.
 */
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import { afterArrivals } from '../time/arrivals.ts';
import type { Clock } from '../time/clock.ts';

/** The port promises an answer within a second; the rest is for the way to the caller. */
export const ANSWER_WITHIN_MS = 900;

const NO_ANSWER = 'Command timed out';
export const SILENT = 'Redis does not answer in time';
/** Where nothing that is known was said, there was nobody to say it. */
export const UNREACHABLE = 'Redis cannot be reached';

/** Of a host that swallows everything, and of a Redis that waits for another beginning than ours. */
const NOT_TAKEN = 'Redis takes no connection: correct its address, or name it rediss:// if it speaks TLS, redis:// if it does not';
const OTHER_TLS = 'Redis does not speak TLS as we do: name it rediss:// if it does, redis:// if it does not';

export const LOADING = 'Redis is still reading its data';

/** Another one may be the primary by now, behind the same address: a new connection finds it, the old one does not. */
const misdirected: readonly (readonly [says: RegExp, what: string])[] = [
  [/^READONLY/, 'Redis is a replica that takes no writes: name the primary in REDIS_URL or REDIS_CACHE_URL'],
  [/^LOADING/, LOADING],
  [/^(MASTERDOWN|CLUSTERDOWN|NOREPLICAS)/, 'Redis is failing over, or lacks its primary or its replicas: see to them'],
];

/** By the beginning of what Redis or its client says. */
const reasons: readonly (readonly [says: RegExp, what: string])[] = [
  [
    /^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/,
    'Redis refuses our credentials: correct them in REDIS_URL or REDIS_PASSWORD; for the fleet, where it is another, in REDIS_CACHE_URL',
  ],
  [/^NOPERM/, 'Redis forbids our user a command: allow it all commands on its keys'],
  [/^OOM/, 'Redis has no memory left: raise its maxmemory'],
  [/^MISCONF/, 'Redis cannot write to its disk: free it or fix it'],
  ...misdirected,
  [/^(ERR )?DB index is out of range/, 'Redis does not have the database: correct its number in REDIS_URL or REDIS_CACHE_URL'],
  [
    /^(Protocol error|Unknown RESP type)/,
    'what answers is no Redis: correct REDIS_URL or REDIS_HOST and REDIS_PORT; for the fleet REDIS_CACHE_URL',
  ],
  [/^ERR (unknown command|Unknown Redis command)/, 'Redis lacks a command that we use, or hides it: use 6.2 or newer, with all commands'],
  [/^(TRYAGAIN|BUSY|ERR max number of clients)/, 'Redis has too much to do'],
  [/^connect ETIMEDOUT$/, NOT_TAKEN],
  [/^Client network socket disconnected before secure TLS connection/, OTHER_TLS],
  [/^(Connection is closed|Stream isn't writeable)/, UNREACHABLE],
  [new RegExp(NO_ANSWER), SILENT],
];

/** By what Node says of a connection by TLS. */
const tlsReasons: readonly (readonly [code: RegExp, what: string])[] = [
  [/^(ERR_SSL_|EPROTO)/, OTHER_TLS],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    'the certificate of Redis is not trusted: name the authority that signed it in NODE_EXTRA_CA_CERTS',
  ],
];

/** Redis before 7 puts a sentence of its own before what a command in a script answered. */
const IN_SCRIPT = /^ERR Error running script .*@user_script: ?\d+: -?/;

/** A constant of ours for what went wrong, if it is known. Redis' own words stay out: they can repeat what it was sent. */
export const knownReasonOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const message = error.message.replace(IN_SCRIPT, '');
  return (tlsReasons.find(([says]) => says.test(code)) ?? reasons.find(([says]) => says.test(message)))?.[1];
};

/** Whether the connection leads to a server that is not the primary, or not yet: dial again. */
export const isMisdirected = (reason: string): boolean => misdirected.some(([, what]) => what === reason);

/** Whether no primary was there, rather than one that did not do as asked. */
export const isAway = (reason: string): boolean => reason === UNREACHABLE || reason === NOT_TAKEN || isMisdirected(reason);

export const reasonOf = (error: unknown): string => knownReasonOf(error) ?? UNREACHABLE;

/** The error itself is not the cause of ours: it holds the command that failed, and with it payloads and passwords. */
export const unavailable = (error: unknown): QueueUnavailableError =>
  error instanceof QueueUnavailableError ? error : new QueueUnavailableError(reasonOf(error));

/**
 * What came in time counts, even where this process was too busy to read it in time.
 *
 * @throws {Error} as of a command that timed out, if the work takes longer.
 */
export const withinTime = async <T>(clock: Clock, ms: number, work: () => Promise<T>): Promise<T> => {
  let giveUp = (): void => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    giveUp = clock.after(ms, () => {
      afterArrivals(() => {
        reject(new Error(NO_ANSWER));
      });
    });
  });
  try {
    return await Promise.race([work(), tooLate]);
  } finally {
    giveUp();
  }
};

/**
 * The answer of a store, or an error within the time that the port promises.
 *
 * @throws {QueueUnavailableError}
 */
export const answerInTime = async <T>(clock: Clock, work: () => Promise<T>): Promise<T> => {
  try {
    return await withinTime(clock, ANSWER_WITHIN_MS, work);
  } catch (error) {
    throw unavailable(error);
  }
};
