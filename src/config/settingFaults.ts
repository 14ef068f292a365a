/**
 * What is wrong with the settings: gathered first, then reported all at once.
 */

/** Stops the start. Its message names every variable at fault, its rule and what to change; never a value. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly faults: readonly string[]) {
    const count = faults.length === 1 ? '1 setting is' : `${String(faults.length)} settings are`;
    super(`${count} not valid (docs/configuration.md):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

export class SettingFaults {
  readonly #faults: string[] = [];

  /** @param complaint The rule and what to change, following the variable's name: `must be …`. */
  add(variable: string, complaint: string): void {
    this.#faults.push(`${variable} ${complaint}`);
  }

  /** @throws {InvalidSettingsError} if anything was added. */
  throwIfAny(): void {
    if (this.#faults.length > 0) throw new InvalidSettingsError(this.#faults);
  }
}
