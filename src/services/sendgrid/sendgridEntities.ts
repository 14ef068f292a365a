/**
 * Whom a write is about: writes of one contact, and of one address' suppression, wait in their order.
 */
import { percentDecoded } from '../../config/percentEncoding.ts';
import type { OperationRequest } from '../../contract/operation.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The only element of a list; a write of several people has no one it belongs to. */
const onlyOf = (list: unknown): unknown => (Array.isArray(list) && list.length === 1 ? (list as readonly unknown[])[0] : undefined);

const named = (kind: string, value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? `${kind}/${value.toLowerCase()}` : undefined;

const IDENTIFIERS = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const;

/** By the first identifier of an upsert, or the id of a deletion: SendGrid alone knows whether the two are one person. */
export const writtenContact = ({ body, query = {} }: OperationRequest): string | undefined => {
  const contact = isFields(body) ? onlyOf(body['contacts']) : undefined;
  if (!isFields(contact)) return named('id', onlyOf(query['ids'] ?? query['contact_ids']));
  const identifier = IDENTIFIERS.find((name) => typeof contact[name] === 'string');
  return identifier === undefined ? undefined : named(identifier, contact[identifier]);
};

const SUPPRESSED = /\/v3\/asm\/suppressions\/global\/([^/]+)$/u;

/** An address, whether it stands in the path or in the body. */
export const writtenSuppression = ({ path, body }: OperationRequest): string | undefined => {
  const [, encoded] = SUPPRESSED.exec(path) ?? [];
  const email = encoded === undefined ? (isFields(body) ? onlyOf(body['recipient_emails']) : undefined) : percentDecoded(encoded);
  return named('suppression', email);
};
