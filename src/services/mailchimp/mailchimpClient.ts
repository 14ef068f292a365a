/**
 * All of Mailchimp, in the order of its documents. In this process: `mailchimp.getMember(listId, email)`; members are named by their
 * address. A write of a single member that cannot be made now waits in the durable queue, and its answer says so: `isQueued` tells.
 */
import type { Client } from '../endpoint.ts';
import { getBatch, startBatch } from './mailchimpBatches.ts';
import { upsertMembers } from './mailchimpBulk.ts';
import * as each from './mailchimpEndpoints.ts';

export const mailchimpEndpoints = {
  listLists: each.listLists,
  listMembers: each.listMembers,
  createMember: each.createMember,
  upsertMembers,
  getMember: each.getMember,
  upsertMember: each.upsertMember,
  updateMember: each.updateMember,
  archiveMember: each.archiveMember,
  tagMember: each.tagMember,
  startBatch,
  getBatch,
  ping: each.ping,
} as const;

export type MailchimpClient = Client<typeof mailchimpEndpoints>;
