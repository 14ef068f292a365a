/**
 * All of Explorium: companies by domain, prospects, credits. In this process: `explorium.enrichCompany(domain, options)`.
 */
import type { Client } from '../endpoint.ts';
import * as each from './exploriumEndpoints.ts';

export const exploriumEndpoints = {
  enrichCompany: each.enrichCompany,
  enrichCompanies: each.enrichCompanies,
  matchBusinesses: each.matchBusinesses,
  enrichBusinesses: each.enrichBusinesses,
  matchProspects: each.matchProspects,
  enrichProspectContacts: each.enrichProspectContacts,
  searchBusinesses: each.searchBusinesses,
  getCredits: each.getCredits,
} as const;

export type ExploriumClient = Client<typeof exploriumEndpoints>;
