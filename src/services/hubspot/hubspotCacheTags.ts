/**
 * What kept answers of HubSpot tell of, and which of them a write makes old: records, such as `contacts:7`.
 *
 * A contact is read by its id or by an email. A write by id does not say whose emails these are, so `contacts:by_email` stands for
 * all that was read by one, and every write of a contact purges it.
 */
import type { OperationRequest } from '../../http/operation.ts';
import { lastValueIn } from '../../http/upstreamPath.ts';
import type { RecordType } from './hubspotInputs.ts';

const READ_BY_EMAIL = 'contacts:by_email';

const tagOf = (type: RecordType, id: string): string => `${type}:${id.toLowerCase()}`;

const readByEmail = (type: RecordType): readonly string[] => (type === 'contacts' ? [READ_BY_EMAIL] : []);

/** Of a read of one record, by what its path ends in. */
export const tagsOfRead =
  (type: RecordType) =>
  ({ path }: OperationRequest): readonly string[] => {
    const id = lastValueIn(path);
    return [tagOf(type, id), ...(/^\d+$/u.test(id) ? [] : readByEmail(type))];
  };

/** Of a write of one record: by what its path ends in, and by the id that the answer tells. */
export const tagsOfWrite =
  (type: RecordType) =>
  ({ path }: OperationRequest, answer?: unknown): readonly string[] =>
    withoutRepeats([tagOf(type, lastValueIn(path)), ...idsOf([answer]).map((id) => tagOf(type, id)), ...readByEmail(type)]);

/** Of a write of many: by what was asked for, and by what was answered. */
export const tagsOfBatch =
  (type: RecordType) =>
  ({ body }: OperationRequest, answer?: unknown): readonly string[] => {
    const ids = [...idsOf(rowsIn(body, 'inputs')), ...idsOf(rowsIn(answer, 'results'))];
    return withoutRepeats([...ids.map((id) => tagOf(type, id)), ...readByEmail(type)]);
  };

const withoutRepeats = (tags: readonly string[]): readonly string[] => [...new Set(tags)];

const rowsIn = (content: unknown, name: 'inputs' | 'results'): readonly unknown[] => {
  if (typeof content !== 'object' || content === null) return [];
  const rows = (content as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(rows) ? rows : [];
};

const idsOf = (rows: readonly unknown[]): readonly string[] =>
  rows.flatMap((row) => (typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? [row.id] : []));
