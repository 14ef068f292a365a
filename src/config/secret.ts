/**
 * A credential in our hands: it can be used, but not printed by accident.
 */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** See `SettingFile`. */
interface ChangingFile {
  onChange(listener: () => void): void;
}

export class Secret {
  readonly #reveal: () => string;
  readonly #file: ChangingFile | undefined;

  constructor(value: string | (() => string), file?: ChangingFile) {
    this.#reveal = typeof value === 'string' ? () => value : value;
    this.#file = file;
  }

  /** Where it comes from, if it can change while the process runs. */
  get file(): ChangingFile | undefined {
    return this.#file;
  }

  /** The value itself, as it is now. Only for the place that sends or compares it. */
  reveal(): string {
    return this.#reveal();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
