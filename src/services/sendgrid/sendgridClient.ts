/**
 * All of SendGrid, in the order of its documents. In this process: `sendgrid.getContact(id)`. A write that cannot be made now may
 * wait in the durable queue, and its answer says so: `isQueued` tells.
 */
import type { Client } from '../endpoint.ts';
import * as contacts from './sendgridContacts.ts';
import * as each from './sendgridEndpoints.ts';
import { createMailBatch, sendMail } from './sendgridMail.ts';

export const sendgridEndpoints = {
  getScopes: each.getScopes,
  sendMail,
  createMailBatch,
  findContacts: contacts.findContacts,
  getContacts: contacts.getContacts,
  findContact: contacts.findContact,
  getImport: contacts.getImport,
  getContact: contacts.getContact,
  upsertContact: contacts.upsertContact,
  upsertContacts: contacts.upsertContacts,
  deleteContacts: contacts.deleteContacts,
  deleteContact: contacts.deleteContact,
  listLists: each.listLists,
  createList: each.createList,
  removeFromList: each.removeFromList,
  removeContactFromList: each.removeContactFromList,
  listSuppressions: each.listSuppressions,
  isSuppressed: each.isSuppressed,
  suppress: each.suppress,
  unsuppress: each.unsuppress,
  suppressInGroup: each.suppressInGroup,
} as const;

export type SendgridClient = Client<typeof sendgridEndpoints>;
