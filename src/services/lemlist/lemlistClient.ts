/**
 * All of Lemlist, in the order of its documents. In this process: `lemlist.addLead(campaignId, lead)`. A write that cannot be made now
 * waits in the durable queue, and its answer says so: `{queued: true, …}`, told from the others by `isQueued`. With `strict` it is
 * an error instead.
 */
import type { Client } from '../endpoint.ts';
import { bulkUnsubscribe } from './lemlistBulk.ts';
import { findContact, findContacts, getContacts, upsertContact } from './lemlistContacts.ts';
import * as each from './lemlistEndpoints.ts';

export const lemlistEndpoints = {
  listCampaigns: each.listCampaigns,
  createCampaign: each.createCampaign,
  getCampaign: each.getCampaign,
  pauseCampaign: each.pauseCampaign,
  startCampaign: each.startCampaign,
  listCampaignLeads: each.listCampaignLeads,
  addLead: each.addLead,
  updateLead: each.updateLead,
  removeLead: each.removeLead,
  pauseLead: each.pauseLead,
  resumeLead: each.resumeLead,
  getLead: each.getLead,
  getLeadsByEmail: each.getLeadsByEmail,
  findContacts,
  findContact,
  getContacts,
  upsertContact,
  listUnsubscribes: each.listUnsubscribes,
  unsubscribe: each.unsubscribe,
  bulkUnsubscribe,
  getUnsubscribe: each.getUnsubscribe,
  removeUnsubscribe: each.removeUnsubscribe,
  listActivities: each.listActivities,
  getTeam: each.getTeam,
  getTeamCredits: each.getTeamCredits,
} as const;

export type LemlistClient = Client<typeof lemlistEndpoints>;
