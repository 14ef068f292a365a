import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamRejectedError, UpstreamUnavailableError } from '../../../../src/errors/upstreamErrors.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';
import { made } from '../../../support/made.ts';
import { clientOver, failureOf, RecordingHttpClient, simulatedHubspot } from './simulatedHubspot.ts';

const record = { id: '7', properties: { firstname: 'Nia' } };
const notFound = { status: 404, body: { status: 'error', category: 'OBJECT_NOT_FOUND' } };
const conflict = (message: string) => ({ status: 409, body: { status: 'error', message, category: 'CONFLICT' } });

/** A client that gets these answers, one after the other. */
const scripted = (...answers: readonly { readonly status: number; readonly body: unknown }[]) => {
  const left = [...answers];
  const wire = (): HttpResponse => {
    const { status, body } = left.shift() ?? { status: 500, body: {} };
    return { status, headers: {}, body: JSON.stringify(body) };
  };
  const http = new RecordingHttpClient(wire, new HandDrivenClock());
  return { client: clientOver(http), http };
};

const line = ({ method, path }: HttpRequest): string => `${method} ${path}`;

describe('upsertContact of HubSpot', () => {
  it('updates the contact that has the email, in one request', async () => {
    const { client, http, ask } = simulatedHubspot();

    const { created, contact } = await made(client.upsertContact('ada.marsh@example.com', { properties: { jobtitle: 'Director' } }));

    expect({ created, id: contact.id }).to.deep.equal({ created: false, id: '101' });
    expect(http.sent.map(({ request }) => line(request))).to.deep.equal([
      'PATCH /crm/objects/2026-03/contacts/ada.marsh%40example.com?idProperty=email',
    ]);
    expect(ask('GET', '/v3/objects/contacts/101?properties=jobtitle').body).to.have.nested.property('properties.jobtitle', 'Director');
  });

  it('creates the contact if nobody has the email', async () => {
    const { client } = simulatedHubspot();

    const { created, contact } = await made(client.upsertContact('nia.new@example.com', { properties: { firstname: 'Nia' } }));

    expect(created).to.equal(true);
    expect(contact.properties).to.include({ email: 'nia.new@example.com', firstname: 'Nia' });
  });

  it('makes one contact, however often it is repeated', async () => {
    const { client } = simulatedHubspot();

    const first = await made(client.upsertContact('nia.new@example.com', { properties: { firstname: 'Nia' } }));
    const second = await made(client.upsertContact('nia.new@example.com', { properties: { firstname: 'Nia' } }));

    expect([first.created, second.created]).to.deep.equal([true, false]);
    expect(second.contact.id).to.equal(first.contact.id);
  });

  it('updates the contact in the way if somebody was faster with the create', async () => {
    const { client, http } = scripted(notFound, conflict('Contact already exists. Existing ID: 7'), { status: 200, body: record });

    const { created, contact } = await made(client.upsertContact('nia@example.com', { properties: { firstname: 'Nia' } }));

    expect({ created, id: contact.id }).to.deep.equal({ created: false, id: '7' });
    expect(http.sent.map(({ request }) => line(request))).to.deep.equal([
      'PATCH /crm/objects/2026-03/contacts/nia%40example.com?idProperty=email',
      'POST /crm/objects/2026-03/contacts',
      'PATCH /crm/objects/2026-03/contacts/7',
    ]);
  });

  it('updates by email again if the conflict names nobody', async () => {
    const { client, http } = scripted(notFound, conflict('taken'), { status: 200, body: record });

    await client.upsertContact('nia@example.com', { properties: { firstname: 'Nia' } });

    expect(line(http.sent[2]?.request as HttpRequest)).to.equal('PATCH /crm/objects/2026-03/contacts/nia%40example.com?idProperty=email');
  });

  it('gives all of its requests one deadline', async () => {
    const { client, http } = scripted(notFound, conflict('taken'), { status: 200, body: record });

    await client.upsertContact('nia@example.com', { properties: { firstname: 'Nia' } }, { deadlineMs: 3_000 });

    expect(http.sent.map(({ options }) => options?.deadlineAt)).to.deep.equal([3_000, 3_000, 3_000]);
  });

  it('may be repeated in each of its parts', async () => {
    const { client, http } = scripted(notFound, conflict('taken'), { status: 200, body: record });

    await client.upsertContact('nia@example.com', { properties: { firstname: 'Nia' } });

    expect(http.sent.map(({ operation }) => operation.idempotency)).to.deep.equal(['natural', 'natural', 'natural']);
  });

  it('stops at the first failure that decides nothing', async () => {
    const { client, http } = scripted({ status: 502, body: {} });

    const error = await failureOf(client.upsertContact('nia@example.com', { properties: { firstname: 'Nia' } }));

    expect(error).to.be.instanceOf(UpstreamUnavailableError);
    expect(http.sent).to.have.length(1);
  });

  it('does not create where the update was refused as invalid', async () => {
    const { client, http } = simulatedHubspot();

    const error = await failureOf(client.upsertContact('ada.marsh@example.com', { properties: { nope: 'x' } }));

    expect(error).to.be.instanceOf(UpstreamRejectedError);
    expect(error).to.deep.include({ details: { properties: ['nope'], codes: ['PROPERTY_DOESNT_EXIST'] } });
    expect(http.sent).to.have.length(1);
  });

  it('refuses an email among the properties, before anything is sent', async () => {
    const { client, http } = simulatedHubspot();

    const error = await failureOf(client.upsertContact('ada.marsh@example.com', { properties: { email: 'other@example.com' } }));

    expect(error).to.be.instanceOf(InvalidRequestError);
    expect(http.sent).to.deep.equal([]);
  });
});
