/**
 * SendGrid's paths. An id that is no id never reaches one.
 */
import type { UpstreamPath } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { checked, emailSchema, groupIdSchema, idSchema, suppressionKindSchema, type SuppressionKind } from './sendgridInputs.ts';

export const scopesPath = upstreamPath`/v3/scopes`;
export const mailPath = upstreamPath`/v3/mail/send`;
export const mailBatchPath = upstreamPath`/v3/mail/batch`;
export const contactsPath = upstreamPath`/v3/marketing/contacts`;
export const contactsByEmailPath = upstreamPath`/v3/marketing/contacts/search/emails`;
export const contactsByIdPath = upstreamPath`/v3/marketing/contacts/batch`;
export const listsPath = upstreamPath`/v3/marketing/lists`;
export const globalSuppressionsPath = upstreamPath`/v3/asm/suppressions/global`;

/** Ids that would name another of SendGrid's own places. */
const NO_CONTACTS: ReadonlySet<string> = new Set(['batch', 'count', 'exports', 'imports', 'search']);

/** All below throw {@link InvalidRequestError} for an id or an address that is none. */
export const contactPath = (id: string): UpstreamPath => {
  const contactId = checked(
    idSchema.refine((value) => !NO_CONTACTS.has(value), 'must be the id of a contact'),
    id,
    'id',
  );
  return upstreamPath`/v3/marketing/contacts/${contactId}`;
};

export const importPath = (jobId: string): UpstreamPath =>
  upstreamPath`/v3/marketing/contacts/imports/${checked(idSchema, jobId, 'jobId')}`;

export const listContactsPath = (listId: string): UpstreamPath =>
  upstreamPath`/v3/marketing/lists/${checked(idSchema, listId, 'listId')}/contacts`;

export const suppressionsPath = (kind: SuppressionKind): UpstreamPath =>
  upstreamPath`/v3/suppression/${checked(suppressionKindSchema, kind, 'kind')}`;

export const globalSuppressionPath = (email: string): UpstreamPath =>
  upstreamPath`/v3/asm/suppressions/global/${checked(emailSchema, email, 'email')}`;

export const groupSuppressionsPath = (groupId: string): UpstreamPath =>
  upstreamPath`/v3/asm/groups/${checked(groupIdSchema, groupId, 'groupId')}/suppressions`;
