import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import type { Operation, OperationRequest } from '../../../../src/contract/operation.ts';
import { repeatIsSafe } from '../../../../src/contract/repeatIsSafe.ts';
import type { HttpResponse } from '../../../../src/wire/transport.ts';
import { isQueued, type CallOptions, type Queued } from '../../../../src/contract/call.ts';
import { hubspot } from '../../../../src/services/hubspot/hubspot.ts';
import { hubspotEndpoints } from '../../../../src/services/hubspot/hubspotClient.ts';
import { objectsPath } from '../../../../src/services/hubspot/hubspotPaths.ts';
import { createContactInUpsert, firstUpsertStep, updateContactByEmail } from '../../../../src/services/hubspot/hubspotUpsert.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';
import { clientOver, RecordingHttpClient } from './simulatedHubspot.ts';

const site = { service: 'hubspot', operation: 'any' };
const receipt: Queued = {
  queued: true,
  id: 'job_1',
  status: 'queued',
  acceptedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-01-02T00:00:00Z',
};

const { createContact, updateContact, createCompany, updateCompany, removeAssociation } = hubspotEndpoints;

const newContact = (properties: Readonly<Record<string, string>>): OperationRequest => ({
  path: objectsPath('contacts'),
  body: { properties },
});

const entityOf = ({ queue }: Operation<unknown>, request: OperationRequest): string | undefined => queue?.entity?.(request);

/** Queues one operation, and answers the others with this status. */
class QueueingHttpClient extends RecordingHttpClient {
  readonly #queued: string;

  constructor(queued: string, status: number) {
    super((): HttpResponse => ({ status, headers: {}, body: status === 204 ? '' : '{}' }), new HandDrivenClock());
    this.#queued = queued;
  }

  override write<T>(operation: Operation<T>, request: OperationRequest, options?: CallOptions) {
    // Its one answer of another type: the contract of `HttpClient.write` allows it.
    if (operation.name === this.#queued) return Promise.resolve(receipt as never);
    return super.write(operation, request, options);
  }
}

describe('writes to HubSpot that wait', () => {
  it('are single records and associations, never batches or reads', () => {
    const waiting = hubspot.operations.filter(({ queue }) => queue !== undefined).map(({ name }) => name);

    expect(waiting).to.have.members([
      'create_contact',
      'update_contact',
      'create_company',
      'update_company',
      'create_deal',
      'update_deal',
      'update_contact_by_email',
      'create_contact_in_upsert',
      'associate',
      'associate_labelled',
      'remove_association',
    ]);
  });

  it('keep their order for each record, whatever the case of an email', () => {
    const byEmail = { path: objectsPath('contacts', 'Ada.Marsh+x@Example.com') };

    expect(entityOf(updateContact.operation, { path: objectsPath('contacts', '7') })).to.equal('contacts/7');
    expect(entityOf(updateCompany.operation, { path: objectsPath('companies', '7') })).to.equal('companies/7');
    expect(entityOf(updateContactByEmail, byEmail)).to.equal('contacts/ada.marsh+x@example.com');
    expect(entityOf(createContact.operation, newContact({ email: 'Ada.Marsh+x@example.com' }))).to.equal(
      'contacts/ada.marsh+x@example.com',
    );
    expect(entityOf(createContactInUpsert, newContact({ email: 'ada.marsh+x@example.com' }))).to.equal('contacts/ada.marsh+x@example.com');
  });

  it('keep the order of associations with the writes of the record they start from', () => {
    const path = objectsPath('contacts', '7', 'associations', 'companies', '9');

    expect(entityOf(removeAssociation.operation, { path })).to.equal('contacts/7');
  });

  it('need no order where a record has no name yet', () => {
    expect(entityOf(createContact.operation, newContact({ firstname: 'Ada' }))).to.equal(undefined);
    expect(entityOf(createContact.operation, { path: objectsPath('contacts') })).to.equal(undefined);
    expect(entityOf(createCompany.operation, { path: objectsPath('companies'), body: { properties: { domain: 'x.test' } } })).to.equal(
      undefined,
    );
  });

  it('may be repeated where HubSpot would know the double: a contact with an email, and every update', () => {
    expect(repeatIsSafe(createContact.operation, newContact({ email: 'ada@example.com' }))).to.equal(true);
    expect(repeatIsSafe(updateContact.operation, { path: objectsPath('contacts', '7') })).to.equal(true);
    expect(repeatIsSafe(createContact.operation, newContact({ firstname: 'Ada' }))).to.equal(false);
    expect(repeatIsSafe(createContact.operation, newContact({ email: '' }))).to.equal(false);
    expect(repeatIsSafe(createCompany.operation, newContact({ email: 'ada@example.com' }))).to.equal(false);
  });

  it('know the refusal of the double from any other conflict', () => {
    const rule = createContact.operation.queue;

    expect(rule?.alreadyDone?.(new UpstreamRejectedError(site, 409, 'contact_exists', { existingId: '7' }))).to.equal(true);
    expect(rule?.alreadyDone?.(new UpstreamRejectedError(site, 409, 'conflict'))).to.equal(false);
  });

  it('follow the steps of an upsert in the queue as well', () => {
    const first = firstUpsertStep('ada+x@example.com', { properties: { firstname: 'Ada' } });

    const second = first.operation.queue?.orElse?.(new UpstreamRejectedError(site, 404, 'not_found'), first.request);
    const taken = new UpstreamRejectedError(site, 409, 'contact_exists', { existingId: '7' });
    const third = second?.operation.queue?.orElse?.(taken, second.request);
    const nameless = second?.operation.queue?.orElse?.(new UpstreamRejectedError(site, 409, 'conflict'), second.request);

    expect(second).to.deep.equal({
      operation: createContactInUpsert,
      request: { path: objectsPath('contacts'), body: { properties: { firstname: 'Ada', email: 'ada+x@example.com' } } },
    });
    expect(third).to.deep.equal({
      operation: updateContact.operation,
      request: { path: objectsPath('contacts', '7'), body: { properties: { firstname: 'Ada' } } },
    });
    expect(nameless).to.deep.equal(first);
  });

  it('follow no step where a refusal is the end', () => {
    const first = firstUpsertStep('ada@example.com', { properties: { firstname: 'Ada' } });

    expect(first.operation.queue?.orElse?.(new UpstreamRejectedError(site, 400, 'validation_failed'), first.request)).to.equal(undefined);
    expect(createContactInUpsert.queue?.orElse?.(new UpstreamRejectedError(site, 400, 'validation_failed'), first.request)).to.equal(
      undefined,
    );
  });

  for (const [step, requests] of [
    ['update_contact_by_email', 0],
    ['create_contact_in_upsert', 1],
  ] as const) {
    it(`leave the rest of an upsert to the job once ${step} is queued`, async () => {
      const http = new QueueingHttpClient(step, 404);

      const answer = await clientOver(http).upsertContact('ada@example.com', { properties: { firstname: 'Ada' } });

      expect(answer).to.deep.equal(receipt);
      expect(http.sent).to.have.length(requests);
    });
  }

  it('are told from those that were made, where HubSpot answers nothing', async () => {
    const ends = ['contacts', '7', 'companies', '9'] as const;
    const queueing = clientOver(new QueueingHttpClient('remove_association', 204));
    const making = clientOver(new QueueingHttpClient('none', 204));

    expect(isQueued(await queueing.removeAssociation(...ends))).to.equal(true);
    expect(await making.removeAssociation(...ends)).to.equal(undefined);
  });
});
