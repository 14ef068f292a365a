/**
 * What kept answers of Explorium tell of, and which end when it does not know a business or a person any more, such as `prospects:<id>`.
 *
 * A match by a person's address is no name of theirs that another answer tells, so `prospects:matched` stands for all matches of
 * people. Matches of businesses, kept for a day and paid for, end by the id that they brought.
 */
import type { OperationRequest } from '../../contract/operation.ts';

type Kind = 'businesses' | 'prospects';
type Fields = Readonly<Record<string, unknown>>;

const MATCHED = 'prospects:matched';

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const rowsIn = (value: unknown, name: string): readonly Fields[] => {
  const rows = fieldsOf(value)[name];
  return Array.isArray(rows) ? rows.map(fieldsOf) : [];
};
const textsOf = (values: readonly unknown[]): readonly string[] => values.filter((value): value is string => typeof value === 'string');
const tagsOf = (kind: Kind, ids: readonly unknown[]): readonly string[] => textsOf(ids).map((id) => `${kind}:${id}`);
const matchesOfPeople = (kind: Kind): readonly string[] => (kind === 'prospects' ? [MATCHED] : []);

/** The ids that an enrichment asks for. */
const asked = ({ body }: OperationRequest): readonly unknown[] => {
  const { business_id: id, business_ids: businesses, prospect_ids: prospects } = fieldsOf(body);
  return [id, businesses, prospects].flat();
};

/** Of a match: by the ids that it brings. */
export const tagsOfMatch =
  (kind: Kind) =>
  (_request: OperationRequest, answer?: unknown): readonly string[] => {
    const ids = rowsIn(answer, `matched_${kind}`).flatMap((row) => [row['business_id'], row['prospect_id']]);
    return [...tagsOf(kind, ids), ...matchesOfPeople(kind)];
  };

export const tagsOfEnrichment =
  (kind: Kind) =>
  (request: OperationRequest): readonly string[] =>
    tagsOf(kind, asked(request));

/** Of an enrichment that is refused, or has nothing (any more) for what was asked. */
export const tagsOfNothing =
  (kind: Kind) =>
  (request: OperationRequest, answer?: unknown): readonly string[] => {
    const data = fieldsOf(answer)['data'];
    const rows = rowsIn(answer, 'data').filter((row) => row['data'] !== undefined && row['data'] !== null);
    const known: readonly unknown[] = rows.flatMap((row) => [row['business_id'], row['prospect_id']]);
    const isOne = typeof data === 'object' && data !== null && !Array.isArray(data);
    const missing = isOne ? [] : asked(request).filter((id) => !known.includes(id));
    return missing.length === 0 ? [] : [...tagsOf(kind, missing), ...matchesOfPeople(kind)];
  };
