/**
 * All of Kit, in the order of its documents. In this process: `kit.addToTag(tagId, { email_address })`. A write that cannot be made
 * now waits in the durable queue, and its answer says so: `{queued: true, …}`, told from the others by `isQueued`. With `strict` it
 * is an error instead.
 */
import type { Client } from '../endpoint.ts';
import { bulkAddToForm, bulkAddToTag, bulkUpsertSubscribers } from './kitBulk.ts';
import * as each from './kitEndpoints.ts';
import { findSubscriber, findSubscribers } from './kitFind.ts';
import { subscribe } from './kitSubscription.ts';

export const kitEndpoints = {
  getAccount: each.getAccount,
  listSubscribers: each.listSubscribers,
  upsertSubscriber: each.upsertSubscriber,
  findSubscribers,
  bulkUpsertSubscribers,
  findSubscriber,
  getSubscriber: each.getSubscriber,
  updateSubscriber: each.updateSubscriber,
  unsubscribe: each.unsubscribe,
  listSubscriberTags: each.listSubscriberTags,
  subscribe,
  listTags: each.listTags,
  createTag: each.createTag,
  listTagSubscribers: each.listTagSubscribers,
  addToTag: each.addToTag,
  bulkAddToTag,
  removeFromTag: each.removeFromTag,
  removeFromTagById: each.removeFromTagById,
  listForms: each.listForms,
  listFormSubscribers: each.listFormSubscribers,
  addToForm: each.addToForm,
  bulkAddToForm,
  listSequences: each.listSequences,
  listSequenceSubscribers: each.listSequenceSubscribers,
  addToSequence: each.addToSequence,
} as const;

export type KitClient = Client<typeof kitEndpoints>;
