/**
 * Explorium's operations as data.
 *
 * All but the credits are reads that cost money, and there is no idempotency key: a repeat after a timeout may be
 * charged again. So they are declared `never`, and repeated only when the service refused them or never got them.
 * Their answers change in months, so they are kept for long, and one flight serves equal questions: both save credits.
 * Stale ones stand in for ten minutes more. Each lookup is of one row and weighs one permit; those that share a request weigh
 * as many as it has rows.
 */
import { manyRecords, type Operation } from '../../contract/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { tagsOfEnrichment, tagsOfMatch, tagsOfNothing } from './exploriumCacheTags.ts';
import { contactsTogether, enrichmentsTogether, matchesTogether, prospectMatchesTogether } from './exploriumReadsTogether.ts';
import * as answers from './exploriumSchemas.ts';

const operation = <T>(definition: Operation<T>): Operation<T> => definition;
const paid = { method: 'POST', idempotency: 'never', abandonable: true, staleForMs: minutes(10), ...manyRecords } as const;
const DAY_MS = minutes(24 * 60);

/** Matching so many businesses in the one request of several lookups: each keeps its own row, this is not kept. */
const matchBusinessesOf = (rows: number) => operation({ ...paid, name: 'match_businesses', answer: answers.matchBusinessesAnswer(rows) });

const matchProspectsOf = (rows: number) => operation({ ...paid, name: 'match_prospects', answer: answers.matchProspectsAnswer(rows) });

const bulkEnrichFirmographics = operation({ ...paid, name: 'bulk_enrich_firmographics', answer: answers.firmographicsBulkAnswer });

/** Addresses and phone numbers of people: kept no longer than a caller's repeats take. */
const enrichProspectContacts = operation({
  ...paid,
  name: 'enrich_prospect_contacts',
  answer: answers.prospectContactsAnswer,
  cacheTags: tagsOfEnrichment('prospects'),
  goneTags: tagsOfNothing('prospects'),
  cacheForMs: minutes(10),
});

export const exploriumOperations = {
  matchBusiness: operation({
    ...paid,
    name: 'match_business',
    answer: answers.matchBusinessesAnswer(1),
    cacheTags: tagsOfMatch('businesses'),
    cacheForMs: DAY_MS,
    batch: matchesTogether(matchBusinessesOf),
  }),
  /** Made only of lookups that share it; its answer has as many rows as it was asked for. */
  matchBusinesses: operation({ ...paid, name: 'match_businesses', answer: answers.matchBusinessesSchema }),
  enrichFirmographics: operation({
    ...paid,
    name: 'enrich_firmographics',
    answer: answers.firmographicsAnswer,
    cacheTags: tagsOfEnrichment('businesses'),
    goneTags: tagsOfNothing('businesses'),
    cacheForMs: DAY_MS,
    batch: enrichmentsTogether(bulkEnrichFirmographics),
  }),
  bulkEnrichFirmographics,
  /** Of one person; those at the same time share a request. Kept briefly, since it was asked about a person. */
  matchProspects: operation({
    ...matchProspectsOf(1),
    cacheTags: tagsOfMatch('prospects'),
    cacheForMs: minutes(10),
    batch: prospectMatchesTogether(matchProspectsOf),
  }),
  enrichProspectContacts: operation({ ...enrichProspectContacts, batch: contactsTogether(enrichProspectContacts) }),
  searchBusinesses: operation({ ...paid, name: 'search_businesses', answer: answers.searchBusinessesAnswer, cacheForMs: minutes(10) }),
  getCredits: operation({
    name: 'get_credits',
    method: 'GET',
    isOfService: true,
    idempotency: 'safe',
    answer: answers.creditsAnswer,
    cacheForMs: seconds(10),
    staleForMs: minutes(10),
  }),
} as const;
