/**
 * Explorium's operations as data.
 *
 * All but the credits are reads that cost money, and there is no idempotency key: a repeat after a timeout may be
 * charged again. So they are declared `never`, and repeated only when the service refused them or never got them.
 * Their answers change in months, so they are kept for long, and one flight serves equal questions: both save credits.
 * Stale ones stand in for ten minutes more. The weight is one permit per row, set by the client.
 */
import type { Operation } from '../../http/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { enrichmentsTogether, matchesTogether } from './exploriumReadsTogether.ts';
import * as answers from './exploriumSchemas.ts';

const operation = <T>(definition: Operation<T>): Operation<T> => definition;
const paid = { method: 'POST', idempotency: 'never', abandonable: true, staleForMs: minutes(10) } as const;
const DAY_MS = minutes(24 * 60);

/** Kept briefly: single rows of a batch may have failed, and equal batches are rare but for a caller's repeat. */
const matchBusinesses = operation({ ...paid, name: 'match_businesses', answer: answers.matchBusinessesSchema, cacheForMs: minutes(10) });

/** Matching so many businesses: the same operation, whose answer must have as many rows. */
export const matchBusinessesOf = (rows: number) => operation({ ...matchBusinesses, answer: answers.matchBusinessesAnswer(rows) });

const bulkEnrichFirmographics = operation({
  ...paid,
  name: 'bulk_enrich_firmographics',
  answer: answers.firmographicsBulkAnswer,
  cacheForMs: DAY_MS,
});

export const exploriumOperations = {
  matchBusiness: operation({
    ...paid,
    name: 'match_business',
    answer: answers.matchBusinessesAnswer(1),
    cacheForMs: DAY_MS,
    batch: matchesTogether(matchBusinessesOf),
  }),
  matchBusinesses,
  enrichFirmographics: operation({
    ...paid,
    name: 'enrich_firmographics',
    answer: answers.firmographicsAnswer,
    cacheForMs: DAY_MS,
    batch: enrichmentsTogether(bulkEnrichFirmographics),
  }),
  bulkEnrichFirmographics,
  /** Kept briefly, as batches of businesses are. */
  matchProspects: operation({ ...paid, name: 'match_prospects', answer: answers.matchProspectsAnswer, cacheForMs: minutes(10) }),
  /** Addresses and phone numbers of people: kept no longer than a caller's repeats take. */
  enrichProspectContacts: operation({
    ...paid,
    name: 'enrich_prospect_contacts',
    answer: answers.prospectContactsAnswer,
    cacheForMs: minutes(10),
  }),
  searchBusinesses: operation({ ...paid, name: 'search_businesses', answer: answers.searchBusinessesAnswer, cacheForMs: minutes(10) }),
  getCredits: operation({
    name: 'get_credits',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.creditsAnswer,
    cacheForMs: seconds(10),
    staleForMs: minutes(10),
  }),
} as const;
