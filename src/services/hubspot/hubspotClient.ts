/**
 * All of HubSpot, names before ids: a path that fits two routes belongs to the first. In this process:
 * `hubspot.getContact(id, { properties }, options)`. A single write that has to wait is in the durable queue, and its answer says so
 * (`isQueued`). `refresh` asks HubSpot, for callers that have just written. Every method rejects with an `UpstreamError`, or with an
 * `InvalidRequestError` for input that cannot be sent.
 */
import type { Client } from '../endpoint.ts';
import { batchReadContacts } from './hubspotBatchReads.ts';
import { batchCreate, batchWrites } from './hubspotBatchWrites.ts';
import * as each from './hubspotEndpoints.ts';
import { upsertContact } from './hubspotUpsert.ts';

const { contacts, companies, deals } = each;
const [ofContacts, ofCompanies, ofDeals] = [batchWrites('contacts'), batchWrites('companies'), batchWrites('deals')];
/** In this process only. */
const { operations, bind } = batchCreate('tickets');

export const hubspotEndpoints = {
  getAccount: each.getAccount,
  getContactByEmail: each.getContactByEmail,
  upsertContact,
  batchReadContacts,
  listContacts: contacts.list,
  getContact: contacts.get,
  searchContacts: contacts.search,
  createContact: contacts.create,
  updateContact: contacts.update,
  listCompanies: companies.list,
  getCompany: companies.get,
  searchCompanies: companies.search,
  createCompany: companies.create,
  updateCompany: companies.update,
  listDeals: deals.list,
  getDeal: deals.get,
  searchDeals: deals.search,
  createDeal: deals.create,
  updateDeal: deals.update,
  batchCreateContacts: ofContacts.create,
  batchUpdateContacts: ofContacts.update,
  batchUpsertContacts: ofContacts.upsert,
  batchArchiveContacts: ofContacts.archive,
  batchCreateCompanies: ofCompanies.create,
  batchUpdateCompanies: ofCompanies.update,
  batchUpsertCompanies: ofCompanies.upsert,
  batchArchiveCompanies: ofCompanies.archive,
  batchCreateDeals: ofDeals.create,
  batchUpdateDeals: ofDeals.update,
  batchUpsertDeals: ofDeals.upsert,
  batchArchiveDeals: ofDeals.archive,
  batchCreateTickets: { operations, bind },
  readAssociations: each.readAssociations,
  associate: each.associate,
  removeAssociation: each.removeAssociation,
  batchReadAssociations: each.batchReadAssociations,
} as const;

export type HubspotClient = Client<typeof hubspotEndpoints>;
