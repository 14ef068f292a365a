/**
 * Tags of HubSpot's records, such as `contacts:7`: which records a cached answer is about, which a write changes, and which are gone.
 *
 * A contact is read by its id or by an email, and an answer names both. Before there is an answer, the owner of an email is unknown, so
 * `contacts:by_email` stands for all that is read by an email: every write of a contact, and every contact that is gone, purges it.
 */
import type { Operation } from '../../contract/operation.ts';
import { lastValueIn, valuesIn } from '../../pipeline/upstreamPath.ts';
import { textIn } from '../inputs.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import { contextList } from './hubspotAnswers.ts';

/** Of a record that is there, and has no associations. */
export const NONE_FOUND = 'crm.associations.NO_ASSOCIATIONS_FOUND';

type Tags = NonNullable<Operation<unknown>['cacheTags']>;

const isId = (name: string): boolean => /^\d+$/u.test(name);
const readByEmail = (type: string): readonly string[] => (type === 'contacts' ? ['contacts:by_email'] : []);
const tagsOf = (type: string, names: readonly string[], more: readonly string[] = []): readonly string[] => [
  ...new Set([...names.map((name) => `${type}:${name.toLowerCase()}`), ...more]),
];
/** That an email has no contact, as many callers ask before they create one, says nothing of other emails. */
const goneTags = (type: string, names: readonly string[]): readonly string[] =>
  tagsOf(type, names, names.some(isId) ? readByEmail(type) : []);

const idsOf = (rows: readonly unknown[]): readonly string[] => rows.flatMap((row) => textsIn(row, 'id'));
/** A row that was asked for by a unique property names itself by one of its values. */
const valuesOf = (row: unknown): readonly string[] =>
  Object.values(fieldsOf(fieldsOf(row)['properties'])).filter((value): value is string => typeof value === 'string' && value.length < 255);
const isNotThere = (error: unknown): boolean => {
  const { category, subCategory } = fieldsOf(error);
  return category === 'OBJECT_NOT_FOUND' && subCategory !== NONE_FOUND;
};

type Use = 'read' | 'write' | 'gone' | 'batchWrite' | 'missingRows' | 'goneRows';

/** Tags for the operations on records of one type. A single record is named by what the path ends in. */
export const recordTags = (type: string): Readonly<Record<Use, Tags>> => {
  const batchWrite: Tags = ({ body }, answer) =>
    tagsOf(type, [...idsOf(rowsIn(body, 'inputs')), ...idsOf(rowsIn(answer, 'results'))], readByEmail(type));
  return {
    read: ({ path }, answer) => {
      const name = lastValueIn(path);
      const names = [name, ...idsOf([answer]), textIn(fieldsOf(answer)['properties'], 'email') ?? name];
      return tagsOf(type, names, isId(name) ? [] : readByEmail(type));
    },
    write: ({ path }, answer) => tagsOf(type, [lastValueIn(path), ...idsOf([answer])], readByEmail(type)),
    gone: ({ path }, answer) => (answer === undefined ? goneTags(type, [lastValueIn(path)]) : []),
    batchWrite,
    // Asked for and not in the answer. A refusal of the whole request is about none of them.
    missingRows: ({ body }, answer) => {
      const found = rowsIn(answer, 'results');
      const known = new Set([...idsOf(found), ...found.flatMap(valuesOf)].map((name) => name.toLowerCase()));
      const asked = answer === undefined ? [] : idsOf(rowsIn(body, 'inputs'));
      return goneTags(
        type,
        asked.filter((name) => !known.has(name.toLowerCase())),
      );
    },
    // Those that HubSpot says are not there; of a write that is refused, all that it asked for.
    goneRows: (request, answer) => {
      if (answer === undefined) return batchWrite(request);
      const errors = rowsIn(answer, 'errors').filter(isNotThere);
      return goneTags(
        type,
        errors.flatMap((error) => contextList(error, 'ids')),
      );
    },
  };
};

/** Of an association, `…/contacts/7/associations/default/companies/8`: a refusal does not say which of the two is gone. */
export const associationTags: Tags = ({ path }, answer) => {
  const values = answer === undefined ? valuesIn(path) : [];
  return values.flatMap((id, index) => (isId(id) ? goneTags(values[index - 1] ?? '', [id]) : []));
};

/** Of a batch read of associations, `…/contacts/companies/batch/read`: the records that its answer does not name. */
export const missingAssociationTags: Tags = ({ path, body }, answer) => {
  if (answer === undefined) return [];
  const errors = rowsIn(answer, 'errors').filter((error) => !isNotThere(error));
  const without = errors.flatMap((error) => contextList(error, 'fromObjectId'));
  const known = new Set([...idsOf(rowsIn(answer, 'results').map((row) => fieldsOf(row)['from'])), ...without]);
  return goneTags(
    valuesIn(path).at(-4) ?? '',
    idsOf(rowsIn(body, 'inputs')).filter((id) => !known.has(id)),
  );
};
