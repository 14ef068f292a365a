/**
 * Tags of businesses and people, `prospects:<id>`: which ones a cached answer of Explorium is about, and which it does not know any more.
 *
 * A match by a person's address is no name of theirs that another answer has, so `prospects:matched` stands for all matches of
 * people. Matches of businesses, kept for a day and paid for, end by the id that they brought.
 */
import type { Operation, OperationRequest } from '../../contract/operation.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import type { Kind } from './exploriumAnswers.ts';

type TagsOf = NonNullable<Operation<unknown>['cacheTags']>;

const tagsOf = (kind: Kind, ids: readonly string[]): readonly string[] => ids.map((id) => `${kind}:${id}`);
const matchesOfPeople = (kind: Kind): readonly string[] => (kind === 'prospects' ? ['prospects:matched'] : []);
const idsIn = (row: unknown): readonly string[] => [...textsIn(row, 'business_id'), ...textsIn(row, 'prospect_id')];

/** The ids that an enrichment asks for. */
const asked = ({ body }: OperationRequest): readonly string[] =>
  ['business_id', 'business_ids', 'prospect_ids'].flatMap((name) => textsIn(body, name));

/** Of a match: by the ids that it brings. */
export const matchTags =
  (kind: Kind): TagsOf =>
  (_request, answer) => [...tagsOf(kind, rowsIn(answer, `matched_${kind}`).flatMap(idsIn)), ...matchesOfPeople(kind)];

export const enrichmentTags =
  (kind: Kind): TagsOf =>
  (request) =>
    tagsOf(kind, asked(request));

/** Of an enrichment that is refused, or has nothing (any more) for what was asked. */
export const nothingTags =
  (kind: Kind): TagsOf =>
  (request, answer) => {
    const { data } = fieldsOf(answer);
    const isOne = typeof data === 'object' && data !== null && !Array.isArray(data);
    const known = rowsIn(answer, 'data')
      .filter((row) => (fieldsOf(row)['data'] ?? null) !== null)
      .flatMap(idsIn);
    const missing = isOne ? [] : asked(request).filter((id) => !known.includes(id));
    return missing.length === 0 ? [] : [...tagsOf(kind, missing), ...matchesOfPeople(kind)];
  };
