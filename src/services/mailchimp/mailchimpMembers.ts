/**
 * How a member of a list is named: by the MD5 of the address in lower case, plus signs and all.
 */
import { createHash } from 'node:crypto';
import type { OperationRequest, UpstreamPath } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { checked, emailSchema, listIdSchema } from './mailchimpInputs.ts';

/** Mailchimp's name for an address. It is a person's data like the address itself, since whoever has one finds the other. */
export const subscriberHash = (email: string): string => createHash('md5').update(email.toLowerCase()).digest('hex');

/** @throws {InvalidRequestError} for a list id or an address that is none. */
export const memberPath = (listId: string, email: string): UpstreamPath =>
  upstreamPath`/lists/${checked(listIdSchema, listId, 'listId')}/members/${subscriberHash(checked(emailSchema, email, 'email'))}`;

/** @throws {InvalidRequestError} as {@link memberPath}. */
export const memberTagsPath = (listId: string, email: string): UpstreamPath =>
  upstreamPath`/lists/${checked(listIdSchema, listId, 'listId')}/members/${subscriberHash(checked(emailSchema, email, 'email'))}/tags`;

/** @throws {InvalidRequestError} for a list id that is none. */
export const membersPath = (listId: string): UpstreamPath => upstreamPath`/lists/${checked(listIdSchema, listId, 'listId')}/members`;

/** @throws {InvalidRequestError} for a list id that is none. */
export const listPath = (listId: string): UpstreamPath => upstreamPath`/lists/${checked(listIdSchema, listId, 'listId')}`;

const MEMBER = /^\/lists\/([^/]+)\/members(?:\/([0-9a-f]{32}))?/u;

const addressIn = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'email_address' in body && typeof body.email_address === 'string'
    ? body.email_address
    : undefined;

/** Which member of which list a write is about, however it names the member: writes of one member are made in their order. */
export const writtenMember = ({ path, body }: OperationRequest): string | undefined => {
  const [, listId, hash] = MEMBER.exec(path) ?? [];
  const address = addressIn(body);
  const member = hash ?? (address === undefined ? undefined : subscriberHash(address));
  return listId === undefined || member === undefined ? undefined : `${listId}/${member}`;
};
