/** Which keys bear a label. */
export class LabelIndex {
  readonly #labels = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, Set<string>>();

  add(key: string, labels: readonly string[]): void {
    this.remove(key);
    if (labels.length === 0) return;
    this.#labels.set(key, labels);
    for (const label of labels) this.#keysUnder(label).add(key);
  }

  remove(key: string): void {
    for (const label of this.#labels.get(key) ?? []) this.#take(label, key);
    this.#labels.delete(key);
  }

  keysOf(label: string): readonly string[] {
    return [...(this.#keys.get(label) ?? [])];
  }

  labelsOf(key: string): readonly string[] {
    return this.#labels.get(key) ?? [];
  }

  clear(): void {
    this.#labels.clear();
    this.#keys.clear();
  }

  #keysUnder(label: string): Set<string> {
    const known = this.#keys.get(label);
    if (known !== undefined) return known;
    const fresh = new Set<string>();
    this.#keys.set(label, fresh);
    return fresh;
  }

  /** A label that no key bears is forgotten: there are as many as there are records. */
  #take(label: string, key: string): void {
    const keys = this.#keys.get(label);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(label);
  }
}
