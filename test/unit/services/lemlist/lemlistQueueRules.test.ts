import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Operation, OperationRequest } from '../../../../src/contract/operation.ts';
import { repeatIsSafe } from '../../../../src/contract/repeatIsSafe.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import { lemlist } from '../../../../src/services/lemlist/lemlist.ts';
import { lemlistEndpoints as endpoints } from '../../../../src/services/lemlist/lemlistClient.ts';

const site = { service: 'lemlist', operation: 'any' };

const leadWith = (body: unknown, query: OperationRequest['query'] = {}): OperationRequest => ({
  path: upstreamPath`/campaigns/${'cam_1'}/leads/`,
  query,
  body,
});

const entityOf = ({ queue }: Operation<unknown>, request: OperationRequest): string | undefined => queue?.entity?.(request);

describe('writes to Lemlist that wait', () => {
  it('are all of them, and no reads', () => {
    const waiting = lemlist.operations.filter(({ queue }) => queue !== undefined);

    expect(waiting.every(({ method }) => method !== 'GET')).to.equal(true);
    expect(lemlist.operations.filter(({ method }) => method !== 'GET')).to.have.members(waiting);
  });

  it('keep their order for each campaign, lead and person', () => {
    const lead = { path: upstreamPath`/campaigns/${'cam_1'}/leads/${'lea_7'}` };
    const person = { path: upstreamPath`/v2/unsubscribes/variables/${'Ada+x@Example.com'}` };

    expect(entityOf(endpoints.pauseCampaign.operation, { path: upstreamPath`/campaigns/${'cam_1'}/pause` })).to.equal('/campaigns/cam_1');
    expect(entityOf(endpoints.startCampaign.operation, { path: upstreamPath`/campaigns/${'cam_1'}/start` })).to.equal('/campaigns/cam_1');
    expect(entityOf(endpoints.updateLead.operation, lead)).to.equal('lead/lea_7');
    expect(entityOf(endpoints.removeLead.operation, lead)).to.equal('lead/lea_7');
    expect(entityOf(endpoints.pauseLead.operation, { path: upstreamPath`/leads/pause/${'lea_7'}` })).to.equal('lead/lea_7');
    expect(entityOf(endpoints.addLead.operation, leadWith({ email: 'Ada+x@example.com' }))).to.equal('person/ada+x@example.com');
    expect(entityOf(endpoints.unsubscribe.operation, person)).to.equal('person/ada+x@example.com');
    expect(entityOf(endpoints.removeUnsubscribe.operation, person)).to.equal('person/ada+x@example.com');
  });

  it('know a contact by its email, its id or its page, in this order', () => {
    const contact = (body: unknown): string | undefined =>
      entityOf(endpoints.upsertContact.operation, { path: upstreamPath`/contacts`, body });

    expect(contact({ email: 'Ada@example.com', contactId: 'ctc_1' })).to.equal('person/ada@example.com');
    expect(contact({ contactId: 'ctc_1', linkedinUrl: 'https://l.test/ada' })).to.equal('person/ctc_1');
    expect(contact({ linkedinUrl: 'https://l.test/ada' })).to.equal('person/https://l.test/ada');
    expect(contact(undefined)).to.equal(undefined);
  });

  it('repeat a lead that Lemlist would know again, unless a repeat spends credits', () => {
    const email = { email: 'ada@example.com' };

    expect(repeatIsSafe(endpoints.addLead.operation, leadWith(email))).to.equal(true);
    expect(repeatIsSafe(endpoints.addLead.operation, leadWith(email, { deduplicate: true, findEmail: false }))).to.equal(true);
    for (const flag of ['linkedinEnrichment', 'findEmail', 'verifyEmail', 'findPhone']) {
      expect(repeatIsSafe(endpoints.addLead.operation, leadWith(email, { [flag]: true })), flag).to.equal(false);
    }
    expect(repeatIsSafe(endpoints.addLead.operation, leadWith({ linkedinUrl: 'https://l.test/ada' }))).to.equal(false);
  });

  it('never repeat the making of a campaign', () => {
    expect(repeatIsSafe(endpoints.createCampaign.operation, { path: upstreamPath`/campaigns`, body: { name: 'Autumn' } })).to.equal(false);
  });

  it('take "already in the campaign" for done, and no other refusal', () => {
    const done = (reason: string, where?: string): boolean | undefined =>
      endpoints.addLead.operation.queue?.alreadyDone?.(new UpstreamRejectedError(site, 409, reason, where === undefined ? {} : { where }));

    expect(done('lead_exists', 'same_campaign')).to.equal(true);
    expect(done('lead_exists', 'other_campaign')).to.equal(false);
    expect(done('lead_in_graveyard')).to.equal(false);
  });

  it('take it for done that what was to be removed is not there', () => {
    expect(endpoints.removeLead.operation.queue?.alreadyDone?.(new UpstreamRejectedError(site, 404, 'lead_not_found'))).to.equal(true);
    expect(endpoints.removeLead.operation.queue?.alreadyDone?.(new UpstreamRejectedError(site, 404, 'campaign_not_found'))).to.equal(false);
    expect(endpoints.removeUnsubscribe.operation.queue?.alreadyDone?.(new UpstreamRejectedError(site, 404))).to.equal(true);
    expect(
      endpoints.removeUnsubscribe.operation.queue?.alreadyDone?.(new UpstreamRejectedError(site, 409, 'unsubscribe_is_final')),
    ).to.equal(false);
  });
});
