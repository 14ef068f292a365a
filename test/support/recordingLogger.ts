/** A log that a test reads: its lines with their fields, as they would be written. */
import { createLogger, type Logger } from '../../src/logging/logger.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RecordingLogger {
  readonly logger: Logger;
  readonly lines: readonly LogLine[];
}

export const recordingLogger = (): RecordingLogger => {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  return { logger: createLogger({ level: 'debug', version: 'test', destination }), lines };
};
