/**
 * Of which records the cached answers of HubSpot tell, which of them a write changes, and which end when a record is gone: `contacts:7`.
 *
 * A contact is read by its id or by an email, and an answer tells both. Before there is one, nobody knows whose an email is, so
 * `contacts:by_email` stands for all that is read by one: every write of a contact, and every contact that is gone, purges it.
 */
import type { Operation } from '../../contract/operation.ts';
import { lastValueIn, valuesIn } from '../../pipeline/upstreamPath.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import { contextList } from './hubspotAnswers.ts';

/** Of a record that is there, and tied to nothing. */
export const NONE_FOUND = 'crm.associations.NO_ASSOCIATIONS_FOUND';

type TagsOf = NonNullable<Operation<unknown>['cacheTags']>;

const isId = (name: string): boolean => /^\d+$/u.test(name);
const tagOf = (type: string, name: string): string => `${type}:${name.toLowerCase()}`;
const readByEmail = (type: string): readonly string[] => (type === 'contacts' ? ['contacts:by_email'] : []);
const distinct = (tags: readonly string[]): readonly string[] => [...new Set(tags)];
const idsOf = (rows: readonly unknown[]): readonly string[] => rows.flatMap((row) => textsIn(row, 'id'));
const missingTags = (type: string, names: readonly string[]): readonly string[] =>
  distinct([...names.map((name) => tagOf(type, name)), ...(names.some(isId) ? readByEmail(type) : [])]);

/** A row that was asked for by a unique property names itself by one of its values. */
const valuesOf = (row: unknown): readonly string[] =>
  Object.values(fieldsOf(fieldsOf(row)['properties'])).filter((value): value is string => typeof value === 'string' && value.length < 255);

/** What is not there has no other word of HubSpot's on it. */
const isNotThere = (error: unknown): boolean => {
  const { category, subCategory } = fieldsOf(error);
  return category === 'OBJECT_NOT_FOUND' && subCategory !== NONE_FOUND;
};

/** Of a read of one record: by what its path ends in; once it is answered, by the record's other names, too. */
export const readTags =
  (type: string): TagsOf =>
  ({ path }, answer) => {
    const name = lastValueIn(path);
    const emails = textsIn(fieldsOf(answer)['properties'], 'email').filter((email) => email !== '');
    const tags = [name, ...idsOf([answer]), ...emails].map((each) => tagOf(type, each));
    return distinct([...tags, ...(isId(name) ? [] : readByEmail(type))]);
  };

/** Of a write of one record: by what its path ends in, and by the id that the answer tells. */
export const writeTags =
  (type: string): TagsOf =>
  ({ path }, answer) =>
    distinct([...[lastValueIn(path), ...idsOf([answer])].map((name) => tagOf(type, name)), ...readByEmail(type)]);

/** Of one record that is not there. That nobody has an email, as many ask before they create, says nothing of other emails. */
export const goneTags =
  (type: string): TagsOf =>
  ({ path }, answer) =>
    answer === undefined ? missingTags(type, [lastValueIn(path)]) : [];

/** Of a write of many: by what was asked for, and by what was answered. */
export const batchTags =
  (type: string): TagsOf =>
  ({ body }, answer) => {
    const ids = [...idsOf(rowsIn(body, 'inputs')), ...idsOf(rowsIn(answer, 'results'))];
    return distinct([...ids.map((id) => tagOf(type, id)), ...readByEmail(type)]);
  };

/** Of a read of many: the rows that were asked for and are not in the answer. A refusal of all is about none of them. */
export const missingRowTags =
  (type: string): TagsOf =>
  ({ body }, answer) => {
    const found = rowsIn(answer, 'results');
    const known = new Set([...idsOf(found), ...found.flatMap(valuesOf)].map((name) => name.toLowerCase()));
    const missing = answer === undefined ? [] : idsOf(rowsIn(body, 'inputs')).filter((name) => !known.has(name.toLowerCase()));
    return missingTags(type, missing);
  };

/** Of a write of many: the rows that HubSpot says are not there; of one that is refused, all that it asked for. */
export const goneRowTags =
  (type: string): TagsOf =>
  (request, answer) => {
    if (answer === undefined) return batchTags(type)(request);
    const gone = rowsIn(answer, 'errors').filter(isNotThere);
    return missingTags(
      type,
      gone.flatMap((error) => contextList(error, 'ids')),
    );
  };

/** Of what ties records together, `…/contacts/7/associations/default/companies/8`: of which of the two a refusal tells is not said. */
export const associationTags: TagsOf = ({ path }, answer) => {
  const values = answer === undefined ? valuesIn(path) : [];
  return distinct(values.flatMap((id, index) => (isId(id) ? missingTags(values[index - 1] ?? '', [id]) : [])));
};

/** Of a read of what ties many together, `…/contacts/companies/batch/read`: those that are neither tied nor said to be tied to nothing. */
export const missingAssociationTags: TagsOf = ({ path, body }, answer) => {
  if (answer === undefined) return [];
  const found = idsOf(rowsIn(answer, 'results').map((row) => fieldsOf(row)['from']));
  const ties = rowsIn(answer, 'errors').filter((error) => !isNotThere(error));
  const untied = ties.flatMap((error) => contextList(error, 'fromObjectId'));
  const known = new Set([...found, ...untied]);
  const missing = idsOf(rowsIn(body, 'inputs')).filter((id) => !known.has(id));
  return missingTags(valuesIn(path).at(-4) ?? '', missing);
};
