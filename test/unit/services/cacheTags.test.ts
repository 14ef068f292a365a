import { expect } from 'chai';
import type { Operation, OperationRequest } from '../../../src/contract/operation.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

const operationsOf = (service: keyof typeof serviceRegistry): readonly Operation<unknown>[] => serviceRegistry[service].operations;

const find = (service: keyof typeof serviceRegistry, name: string): Operation<unknown> => {
  const found = operationsOf(service).find((operation) => operation.name === name);
  if (found === undefined) throw new Error(`${service} has no ${name}`);
  return found;
};

/** A request whose path ends in 7, and that names it in a batch as well. */
const request: OperationRequest = { path: upstreamPath`/anything/${'7'}`, body: { inputs: [{ id: '7' }] } };

/** What a caller who has written reads through the cache. */
const pairs = [
  ['hubspot', 'update_contact', 'get_contact'],
  ['hubspot', 'update_contact', 'get_contact_by_email'],
  ['hubspot', 'update_contact_by_email', 'get_contact_by_email'],
  ['hubspot', 'update_company', 'get_company'],
  ['hubspot', 'update_deal', 'get_deal'],
  ['hubspot', 'batch_update_contacts', 'get_contact'],
  ['hubspot', 'batch_upsert_companies', 'get_company'],
  ['hubspot', 'batch_archive_deals', 'get_deal'],
  ['lemlist', 'create_campaign', 'list_campaigns'],
  ['lemlist', 'pause_campaign', 'get_campaign'],
  ['lemlist', 'start_campaign', 'list_campaigns'],
  ['kit', 'create_tag', 'list_tags'],
  ['sendgrid', 'create_list', 'list_lists'],
] as const;

describe('cache tags of the services', () => {
  for (const [service, written, read] of pairs) {
    it(`let ${written} of ${service} purge what ${read} keeps`, () => {
      const write = find(service, written);
      const byEmail = { ...request, path: upstreamPath`/anything/${'ada@example.org'}` };
      const kept = find(service, read).cacheTags?.(read.endsWith('by_email') ? byEmail : request) ?? [];

      expect(write.cacheForMs).to.equal(undefined);
      expect(write.cacheTags?.(request).filter((tag) => kept.includes(tag))).to.not.be.empty;
    });
  }

  it('are there for every record and list that is kept and that a write through us changes', () => {
    // Accounts, credits, teams, lists of forms and of audiences, feeds: nothing that we write changes them.
    const unchanged = /account|credits|team|forms|sequences|activities|match|enrich|search/u;
    for (const service of Object.keys(serviceRegistry) as (keyof typeof serviceRegistry)[]) {
      for (const { name, cacheForMs, cacheTags } of operationsOf(service)) {
        if (cacheForMs === undefined || unchanged.test(name) || (service === 'mailchimp' && name === 'list_lists')) continue;

        expect(cacheTags, `${service} ${name}`).to.be.a('function');
      }
    }
  });
});
