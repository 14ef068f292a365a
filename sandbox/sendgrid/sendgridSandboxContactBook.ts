/**
 * The simulated contacts, found by id and by each of their identifiers: an upsert may be of 30,000.
 */
import { textIn } from '../simulation/simulatedFields.ts';
import type { SimulatedContact } from './sendgridSandboxSeeds.ts';

type Fields = SimulatedContact['fields'];

export const IDENTIFIERS = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const;

export const identifiersOf = (row: Fields): readonly string[] => IDENTIFIERS.filter((name) => textIn(row, name) !== '');

const keysOf = (row: Fields): readonly string[] => identifiersOf(row).map((name) => `${name} ${textIn(row, name)}`);

export class SendgridContactBook {
  readonly #byId = new Map<string, SimulatedContact>();
  readonly #byIdentifier = new Map<string, SimulatedContact>();

  constructor(contacts: readonly SimulatedContact[]) {
    for (const contact of contacts) this.add(contact);
  }

  get all(): readonly SimulatedContact[] {
    return [...this.#byId.values()];
  }

  get(id: string): SimulatedContact | undefined {
    return this.#byId.get(id);
  }

  /** Those that share an identifier with the row. */
  matching(row: Fields): readonly SimulatedContact[] {
    return [...new Set(keysOf(row).flatMap((key) => this.#byIdentifier.get(key) ?? []))];
  }

  add(contact: SimulatedContact): void {
    this.#byId.set(contact.id, contact);
    for (const key of keysOf(contact.fields)) this.#byIdentifier.set(key, contact);
  }

  /** `false` if there is none. */
  delete(id: string): boolean {
    const contact = this.#byId.get(id);
    if (contact === undefined) return false;
    for (const key of keysOf(contact.fields)) this.#byIdentifier.delete(key);
    return this.#byId.delete(id);
  }
}
