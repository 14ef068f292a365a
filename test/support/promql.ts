/**
 * What a PromQL query rests on: the metrics it selects and the labels it names.
 */
import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

export interface Selector {
  readonly metric: string;
  /** Labels that its matchers name. */
  readonly labels: readonly string[];
}

export interface QueryUse {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `without`, `on` and `ignoring`. */
  readonly grouping: readonly string[];
}

const nodesOf = (root: Node): readonly Node[] => {
  const found: Node[] = [];
  root.cursor().iterate(({ node }) => {
    found.push(node);
  });
  return found;
};

/** @throws {SyntaxError} naming the place, if the query does not parse. */
export const readQuery = (query: string): QueryUse => {
  const nodes = nodesOf(parser.parse(query).topNode);
  const text = ({ from, to }: Node): string => query.slice(from, to);
  const named = (among: readonly Node[], name: string): readonly Node[] => among.filter((node) => node.name === name);
  const fault = nodes.find(({ type }) => type.isError);
  if (fault !== undefined) throw new SyntaxError(`no PromQL at character ${String(fault.from)}: ${query}`);
  const selectors = named(nodes, 'VectorSelector').map((selector) => ({
    metric: named(nodesOf(selector), 'Identifier').map(text)[0] ?? '',
    labels: named(nodesOf(selector), 'LabelName').map(text),
  }));
  const grouping = named(nodes, 'GroupingLabels').flatMap((group) => named(nodesOf(group), 'LabelName').map(text));
  return { selectors, grouping };
};

/** Labels that Prometheus itself puts on every series it scrapes. */
const TARGET_LABELS = ['job', 'instance'];
/** Series that Prometheus makes of every scrape. */
const OF_PROMETHEUS = new Map<string, ReadonlySet<string>>([['up', new Set()]]);

/**
 * Compares a query with what there is.
 *
 * @param known Label names by metric name.
 * @returns What it rests on in vain, in words; empty if nothing.
 */
export const findUnknown = (query: string, known: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] => {
  const { selectors, grouping } = readQuery(query);
  const labelsOf = (metric: string): ReadonlySet<string> | undefined => known.get(metric) ?? OF_PROMETHEUS.get(metric);
  const lacks = (metric: string, label: string): boolean => !TARGET_LABELS.includes(label) && labelsOf(metric)?.has(label) !== true;
  const carried = new Set([...TARGET_LABELS, ...selectors.flatMap(({ metric }) => [...(labelsOf(metric) ?? [])])]);
  return [
    ...selectors.filter(({ metric }) => labelsOf(metric) === undefined).map(({ metric }) => `metric ${metric}`),
    ...selectors.flatMap(({ metric, labels }) =>
      labels.filter((label) => lacks(metric, label)).map((label) => `label ${label} of ${metric}`),
    ),
    ...grouping.filter((label) => !carried.has(label)).map((label) => `label ${label}`),
  ];
};
