/**
 * The associations of the simulated account; each is kept from both ends.
 */
import { objectTypeNamed, type ObjectType } from './hubspotSandboxObjects.ts';
import { associationLabels, defaultAssociationTypes, seedAssociations } from './hubspotSandboxSeeds.ts';
import type { StoredRecord } from './hubspotSandboxStore.ts';

/** Primary company of a contact or deal, and back; the others are the default types. */
const primaryTypes: Readonly<Record<number, string>> = {
  1: 'contacts/companies',
  2: 'companies/contacts',
  5: 'deals/companies',
  6: 'companies/deals',
};
const inverses: Readonly<Record<number, number>> = { 1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 279: 280, 280: 279, 341: 342, 342: 341 };

export interface Link {
  readonly toId: string;
  readonly typeIds: readonly number[];
}

const key = (type: ObjectType, id: string): string => `${type.plural}/${id}`;

/** The kinds of record that a type of association is between, such as `deals/contacts`. */
const kindsOf = (typeId: number): string | undefined =>
  primaryTypes[typeId] ?? Object.entries(defaultAssociationTypes).find(([, known]) => known === typeId)?.[0];

/** Whether a record of this type can be associated by it. Labels of people's own fit any. */
export const isAssociationType = (from: ObjectType, typeId: number): boolean =>
  typeId in associationLabels || kindsOf(typeId)?.startsWith(`${from.plural}/`) === true;

export class AssociationStore {
  readonly #links = new Map<string, Map<string, Set<number>>>();

  constructor() {
    for (const { from, to, typeId } of seedAssociations) this.#addBothWays(from, to, typeId);
  }

  add(from: StoredRecord, to: StoredRecord, typeId: number): void {
    this.#addBothWays(key(from.type, from.id), key(to.type, to.id), typeId);
  }

  /** For a new record, whose associations name only the id at the other end: its kind follows from the type. */
  addOfType(from: StoredRecord, toId: string, typeId: number): void {
    const to = objectTypeNamed(kindsOf(typeId)?.split('/')[1] ?? '');
    if (to !== undefined) this.#addBothWays(key(from.type, from.id), key(to, toId), typeId);
  }

  list(from: StoredRecord, toType: ObjectType): readonly Link[] {
    const prefix = `${toType.plural}/`;
    return [...(this.#links.get(key(from.type, from.id)) ?? [])]
      .filter(([to]) => to.startsWith(prefix))
      .map(([to, typeIds]) => ({ toId: to.slice(prefix.length), typeIds: [...typeIds] }));
  }

  remove(from: StoredRecord, to: StoredRecord): void {
    const [one, other] = [key(from.type, from.id), key(to.type, to.id)];
    this.#links.get(one)?.delete(other);
    this.#links.get(other)?.delete(one);
  }

  #addBothWays(from: string, to: string, typeId: number): void {
    this.#add(from, to, typeId);
    this.#add(to, from, inverses[typeId] ?? typeId);
  }

  #add(from: string, to: string, typeId: number): void {
    const links = this.#links.get(from) ?? new Map<string, Set<number>>();
    this.#links.set(from, links.set(to, (links.get(to) ?? new Set<number>()).add(typeId)));
  }
}
