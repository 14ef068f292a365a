/**
 * What kept answers of HubSpot tell of, which of them a write makes old, and which end when a record is gone: records, such as
 * `contacts:7`.
 *
 * A contact is read by its id or by an email, and an answer tells both. Before there is one, nobody knows whose an email is, so
 * `contacts:by_email` stands for all that is read by one: every write of a contact, and every contact that is gone, purges it.
 */
import type { OperationRequest } from '../../contract/operation.ts';
import { lastValueIn, valuesIn } from '../../pipeline/upstreamPath.ts';
import type { RecordType } from './hubspotInputs.ts';

/** Of a record that is there, and tied to nothing. */
export const NONE_FOUND = 'crm.associations.NO_ASSOCIATIONS_FOUND';

const READ_BY_EMAIL = 'contacts:by_email';

const tagOf = (type: string, id: string): string => `${type}:${id.toLowerCase()}`;

const readByEmail = (type: string): readonly string[] => (type === 'contacts' ? [READ_BY_EMAIL] : []);

const isId = (name: string): boolean => /^\d+$/u.test(name);

/** Of a read of one record: by what its path ends in; once it is answered, by the record's other names, too. */
export const tagsOfRead =
  (type: RecordType) =>
  ({ path }: OperationRequest, answer?: unknown): readonly string[] => {
    const name = lastValueIn(path);
    const names = [name, ...idsOf([answer]), ...emailsOf([answer])];
    return withoutRepeats([...names.map((each) => tagOf(type, each)), ...(isId(name) ? [] : readByEmail(type))]);
  };

/** Of a write of one record: by what its path ends in, and by the id that the answer tells. */
export const tagsOfWrite =
  (type: RecordType) =>
  ({ path }: OperationRequest, answer?: unknown): readonly string[] =>
    withoutRepeats([tagOf(type, lastValueIn(path)), ...idsOf([answer]).map((id) => tagOf(type, id)), ...readByEmail(type)]);

/** Of one record that is not there. That nobody has an email, as many ask before they create, says nothing of other emails. */
export const tagsOfGone =
  (type: RecordType) =>
  ({ path }: OperationRequest, answer?: unknown): readonly string[] => {
    const name = lastValueIn(path);
    return answer === undefined ? [tagOf(type, name), ...(isId(name) ? readByEmail(type) : [])] : [];
  };

/** Of a write of many: by what was asked for, and by what was answered. */
export const tagsOfBatch =
  (type: RecordType) =>
  ({ body }: OperationRequest, answer?: unknown): readonly string[] => {
    const ids = [...idsOf(rowsIn(body, 'inputs')), ...idsOf(rowsIn(answer, 'results'))];
    return withoutRepeats([...ids.map((id) => tagOf(type, id)), ...readByEmail(type)]);
  };

/** Of a read of many: the rows that were asked for and are not in the answer. A refusal of all is about none of them. */
export const tagsOfMissingRows =
  (type: RecordType) =>
  ({ body }: OperationRequest, answer?: unknown): readonly string[] => {
    const found = rowsIn(answer, 'results');
    const known = new Set([...idsOf(found), ...valuesOf(found)].map((name) => name.toLowerCase()));
    const missing = answer === undefined ? [] : idsOf(rowsIn(body, 'inputs')).filter((name) => !known.has(name.toLowerCase()));
    return tagsOfMissing(type, missing);
  };

/** Of a write of many: the rows that HubSpot says are not there; of one that is refused, all that it asked for. */
export const tagsOfRowsNotThere =
  (type: RecordType) =>
  (request: OperationRequest, answer?: unknown): readonly string[] => {
    if (answer === undefined) return tagsOfBatch(type)(request);
    const names = rowsIn(answer, 'errors')
      .filter(isNotThere)
      .flatMap((error) => contextOf(error)['ids']);
    return tagsOfMissing(type, names.map(String));
  };

/** Of a read of what ties many together, `…/contacts/companies/batch/read`: those that are neither tied nor said to be tied to nothing. */
export const tagsOfMissingAssociations = ({ path, body }: OperationRequest, answer?: unknown): readonly string[] => {
  if (answer === undefined) return [];
  const found = idsOf(rowsIn(answer, 'results').map((row) => fieldsOf(row)['from']));
  const untied = rowsIn(answer, 'errors')
    .filter((error) => !isNotThere(error))
    .flatMap((error) => contextOf(error)['fromObjectId']);
  const known = new Set([...found, ...untied.map(String)]);
  const missing = idsOf(rowsIn(body, 'inputs')).filter((id) => !known.has(id));
  return tagsOfMissing(valuesIn(path).at(-4) ?? '', missing);
};

const tagsOfMissing = (type: string, names: readonly string[]): readonly string[] =>
  withoutRepeats([...names.map((name) => tagOf(type, name)), ...(names.some(isId) ? readByEmail(type) : [])]);

/** What is not there has no other word of HubSpot's on it. */
const isNotThere = (error: unknown): boolean =>
  fieldsOf(error)['category'] === 'OBJECT_NOT_FOUND' && fieldsOf(error)['subCategory'] !== NONE_FOUND;

const contextOf = (error: unknown): Fields => fieldsOf(fieldsOf(error)['context']);

/** Of what ties records together, `…/contacts/7/associations/default/companies/8`: of which of the two a refusal tells is not said. */
export const tagsOfAssociation = ({ path }: OperationRequest, answer?: unknown): readonly string[] => {
  if (answer !== undefined) return [];
  const values = valuesIn(path);
  const named = values.flatMap((id, index) => (index > 0 && isId(id) ? [{ type: values[index - 1] ?? '', id }] : []));
  return withoutRepeats(named.flatMap(({ type, id }) => [tagOf(type, id), ...readByEmail(type)]));
};

const withoutRepeats = (tags: readonly string[]): readonly string[] => [...new Set(tags)];

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const rowsIn = (content: unknown, name: 'inputs' | 'results' | 'errors'): readonly unknown[] => {
  const rows = fieldsOf(content)[name];
  return Array.isArray(rows) ? rows : [];
};

const idsOf = (rows: readonly unknown[]): readonly string[] =>
  rows.flatMap((row) => (typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? [row.id] : []));

const propertiesOf = (row: unknown): Fields => fieldsOf(fieldsOf(row)['properties']);

const emailsOf = (rows: readonly unknown[]): readonly string[] =>
  rows.map((row) => propertiesOf(row)['email']).filter((email) => typeof email === 'string' && email !== '') as readonly string[];

/** A row that was asked for by a unique property names itself by one of its values. */
const valuesOf = (rows: readonly unknown[]): readonly string[] =>
  rows.flatMap((row) =>
    Object.values(propertiesOf(row)).filter((value): value is string => typeof value === 'string' && value.length < 255),
  );
