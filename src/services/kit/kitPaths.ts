/**
 * Kit's paths. An id that is no id never reaches one.
 */
import type { UpstreamPath } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { checked, idSchema } from './kitInputs.ts';

/** What a subscriber can be added to; the plural is the path's. */
export const collectionPaths = { tag: 'tags', form: 'forms', sequence: 'sequences' } as const;
export type Collection = keyof typeof collectionPaths;

/** @throws {InvalidRequestError} unless it is a whole number. */
export const checkedId = (value: string | number, at: string): string => checked(idSchema, String(value), at);

export const accountPath: UpstreamPath = upstreamPath`/v4/account`;
export const subscribersPath: UpstreamPath = upstreamPath`/v4/subscribers`;

/** @throws {InvalidRequestError} for an id that is none, as all below. */
export const subscriberPath = (subscriberId: string | number): UpstreamPath =>
  upstreamPath`/v4/subscribers/${checkedId(subscriberId, 'subscriber_id')}`;

export const unsubscribePath = (subscriberId: string | number): UpstreamPath =>
  upstreamPath`/v4/subscribers/${checkedId(subscriberId, 'subscriber_id')}/unsubscribe`;

export const subscriberTagsPath = (subscriberId: string | number): UpstreamPath =>
  upstreamPath`/v4/subscribers/${checkedId(subscriberId, 'subscriber_id')}/tags`;

export const collectionPath = (collection: Collection): UpstreamPath => upstreamPath`/v4/${collectionPaths[collection]}`;

/** The members of a tag, form or sequence. */
export const membersPath = (collection: Collection, collectionId: string | number): UpstreamPath =>
  upstreamPath`/v4/${collectionPaths[collection]}/${checkedId(collectionId, `${collection}_id`)}/subscribers`;

export const memberPath = (collection: Collection, collectionId: string | number, subscriberId: string | number): UpstreamPath => {
  const member = checkedId(subscriberId, 'subscriber_id');
  return upstreamPath`/v4/${collectionPaths[collection]}/${checkedId(collectionId, `${collection}_id`)}/subscribers/${member}`;
};

export const bulkSubscribersPath: UpstreamPath = upstreamPath`/v4/bulk/subscribers`;

export const bulkMembersPath = (collection: 'tag' | 'form'): UpstreamPath =>
  upstreamPath`/v4/bulk/${collectionPaths[collection]}/subscribers`;
