/**
 * Reads what `/metrics` writes, so that tests can ask for a value by name and labels.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/\b(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(([, name = '', value = '']) => [name, value]));

const parseLine = (line: string): Sample | undefined => {
  const parts = /^(\w+)(?:\{(.*)\})? (\S+)$/u.exec(line);
  if (parts?.[1] === undefined) return undefined;
  return { name: parts[1], labels: parseLabels(parts[2] ?? ''), value: Number(parts[3]) };
};

export class Scrape {
  readonly samples: readonly Sample[];

  constructor(text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(parseLine)
      .filter((sample) => sample !== undefined);
  }

  /** The values of a name whose labels include these. */
  values(name: string, labels: Readonly<Record<string, string>> = {}): readonly number[] {
    return this.samples
      .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .map(({ value }) => value);
  }

  /** @throws {Error} unless exactly one series matches. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const [value, ...others] = this.values(name, labels);
    if (value === undefined) throw new Error(`no series is ${name} ${JSON.stringify(labels)}`);
    if (others.length > 0) throw new Error(`${String(others.length + 1)} series are ${name} ${JSON.stringify(labels)}`);
    return value;
  }

  /** Label names by metric name, as they really appear; a histogram's `le` and a summary's `quantile` included. */
  labelNames(): ReadonlyMap<string, ReadonlySet<string>> {
    const names = new Map<string, Set<string>>();
    for (const { name, labels } of this.samples) {
      const seen = names.get(name) ?? new Set<string>();
      for (const label of Object.keys(labels)) seen.add(label);
      names.set(name, seen);
    }
    return names;
  }
}
