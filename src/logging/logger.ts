/**
 * The log: one JSON object a line, for people through their tools. Only this file knows pino.
 */
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { cleanFields, cleanText } from './redaction.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Fields first, as data; the message is a constant sentence, so that equal events can be counted. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose every line bears these fields as well. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly version: string;
  /** Standard output unless said otherwise. */
  readonly destination?: DestinationStream;
}

/** Whatever is passed in is cleaned of credentials and of personal data, at any depth (`redaction.ts`). */
export const createLogger = ({ level, version, destination }: LoggerOptions): Logger => {
  const options = {
    level,
    base: { version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(destination === undefined ? pino(options) : pino(options, destination));
};

type Level = Exclude<LoggerOptions['level'], 'silent'>;

const wrap = (target: PinoLogger): Logger => {
  const write =
    (level: Level) =>
    (fields: LogFields, message: string): void => {
      if (target.isLevelEnabled(level)) target[level](cleanFields(fields), cleanText(message));
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(target.child(cleanFields(fields))),
  };
};

const nothing = (): void => undefined;

/** Writes nowhere. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silentLogger };
