import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamRateLimitedError, UpstreamUnavailableError } from '../../../../src/errors/upstreamErrors.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import type { HubspotClient } from '../../../../src/services/hubspot/hubspotClient.ts';
import type { BatchWriteAnswer } from '../../../../src/services/hubspot/hubspotBatchWrites.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';
import { answeredClient, clientOver, failureOf, RecordingHttpClient, simulatedHubspot } from './simulatedHubspot.ts';

interface Inputs {
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
}

const inputsOf = ({ request }: { readonly request: HttpRequest }): Inputs['inputs'] => (JSON.parse(request.body ?? '') as Inputs).inputs;

const contact = (email: string) => ({ properties: { email } });
const contacts = (count: number) => Array.from({ length: count }, (_, index) => contact(`row${String(index)}@example.com`));

/** The rows without their records. */
const bare = ({ rows }: BatchWriteAnswer) =>
  rows.map((row) => (row.record !== undefined ? { index: row.index, outcome: row.outcome, id: row.record.id } : row));

const outcomes = ({ rows }: BatchWriteAnswer): readonly string[] => rows.map(({ outcome }) => outcome);

/** A client over a wire that is given the rows of each request. */
const scripted = (answer: (inputs: Inputs['inputs'], request: number) => { readonly status: number; readonly body?: unknown }) => {
  let request = 0;
  const wire = (sent: HttpRequest): HttpResponse => {
    request += 1;
    const { status, body } = answer(inputsOf({ request: sent }), request);
    return { status, headers: {}, body: body === undefined ? '' : JSON.stringify(body) };
  };
  const http = new RecordingHttpClient(wire, new HandDrivenClock());
  return { client: clientOver(http), http };
};

const invalid = { status: 400, body: { status: 'error', category: 'VALIDATION_ERROR', message: 'no' } };
const created = (inputs: Inputs['inputs']) => ({
  status: 201,
  body: {
    status: 'COMPLETE',
    results: inputs.map(({ objectWriteTraceId, properties }) => ({ id: `9${String(objectWriteTraceId)}`, properties })),
  },
});

describe('batch writes of HubSpot records', () => {
  describe('create', () => {
    it('gives each row a trace id, so that good rows go in although others are bad, and answers in the order sent', async () => {
      const { client, http } = simulatedHubspot();

      const rows = [contact('one@example.com'), { properties: { nope: '1' } }, contact('three@example.com')];
      const answer = await client.batchCreateContacts({ inputs: rows });

      const details = { properties: ['nope'], codes: ['PROPERTY_DOESNT_EXIST'] };
      expect(outcomes(answer)).to.deep.equal(['created', 'refused', 'created']);
      expect(answer.rows[0]).to.have.nested.property('record.properties.email', 'one@example.com');
      expect(answer.rows[1]).to.deep.equal({ index: 1, outcome: 'refused', reason: 'validation_failed', details });
      expect(answer.rows[2]).to.have.nested.property('record.properties.email', 'three@example.com');
      expect(answer).to.include({ created: 2, updated: 0, archived: 0, failed: 1 });
      expect(http.sent.flatMap(inputsOf).map(({ objectWriteTraceId }) => objectWriteTraceId)).to.deep.equal(['0', '1', '2']);
    });

    it('finds the emails that are taken, of which HubSpot names one owner, and makes the others', async () => {
      const { client, http } = simulatedHubspot();
      const rows = contacts(100).with(37, contact('Ada.Marsh@example.com')).with(80, contact('ben.okafor@example.com'));

      const answer = await client.batchCreateContacts({ inputs: rows });

      expect(answer).to.include({ created: 98, failed: 2 });
      expect(answer.rows[37]).to.deep.equal({ index: 37, outcome: 'refused', reason: 'contact_exists', details: { existingId: '101' } });
      expect(answer.rows[80]).to.deep.include({ reason: 'contact_exists', details: { existingId: '102' } });
      expect(answer.rows.map(({ index }) => index)).to.deep.equal(rows.map((_, index) => index));
      expect(http.sent.map(({ operation }) => operation.name)).to.deep.equal([
        'batch_create_contacts',
        'batch_read_contacts',
        'batch_create_contacts',
      ]);
    });

    it('sends nothing more where all emails are taken', async () => {
      const { client, http } = simulatedHubspot();

      const answer = await client.batchCreateContacts({ inputs: [contact('ada.marsh@example.com'), contact('ben.okafor@example.com')] });

      expect(outcomes(answer)).to.deep.equal(['refused', 'refused']);
      expect(http.sent).to.have.length(2);
    });

    it('finds a row at fault by halves where nobody can be asked', async () => {
      const bad = 'row37@example.com';
      const { client, http } = scripted((inputs) => {
        const isBad = JSON.stringify(inputs).includes(bad);
        const isRead = !('objectWriteTraceId' in (inputs[0] ?? {}));
        if (isRead) return { status: 502 };
        return isBad ? { status: 409, body: { category: 'CONFLICT' } } : created(inputs);
      });

      const answer = await client.batchCreateContacts({ inputs: contacts(100) });

      expect(answer).to.include({ created: 99, failed: 1 });
      expect(answer.rows[37]).to.deep.equal({ index: 37, outcome: 'refused', reason: 'conflict' });
      expect(http.sent.length).to.be.at.most(16);
    });

    it('sends no row twice that went in, and none again after anything but a refusal', async () => {
      const { client, http } = scripted((inputs, request) => (request === 1 ? invalid : request === 2 ? created(inputs) : { status: 502 }));

      const answer = await client.batchCreateDeals({
        inputs: [1, 2, 3, 4].map((row) => ({ properties: { dealname: `deal ${String(row)}` } })),
      });

      expect(http.sent).to.have.length(3);
      expect(bare(answer)).to.deep.equal([
        { index: 0, outcome: 'created', id: '90' },
        { index: 1, outcome: 'created', id: '91' },
        { index: 2, outcome: 'unknown', reason: 'upstream_unavailable' },
        { index: 3, outcome: 'unknown', reason: 'upstream_unavailable' },
      ]);
    });

    it('tells rows that certainly were not sent from those that nobody knows of', async () => {
      const { client } = scripted((inputs, request) => (request === 1 ? invalid : request === 2 ? created(inputs) : { status: 429 }));

      const answer = await client.batchCreateDeals({ inputs: [{ properties: { dealname: 'one' } }, { properties: { dealname: 'two' } }] });

      expect(bare(answer)).to.deep.equal([
        { index: 0, outcome: 'created', id: '90' },
        { index: 1, outcome: 'not_written', reason: 'upstream_rate_limited' },
      ]);
    });

    it('spends at most twenty requests on rows that HubSpot refuses', async () => {
      const { client, http } = scripted(() => invalid);

      const answer = await client.batchCreateContacts({ inputs: contacts(100) });

      expect(http.sent).to.have.length(19);
      expect(answer).to.include({ created: 0, failed: 100 });
      expect(new Set(outcomes(answer))).to.deep.equal(new Set(['refused', 'not_written']));
      expect(answer.rows[99]).to.deep.equal({ index: 99, outcome: 'not_written', reason: 'refused_with_others' });
    });

    it('gives all its requests one deadline', async () => {
      const { client, http } = scripted((inputs) => (inputs.length > 1 ? invalid : created(inputs)));

      await client.batchCreateCompanies(
        { inputs: [{ properties: { name: 'one' } }, { properties: { name: 'two' } }] },
        { deadlineMs: 700 },
      );

      expect(http.sent).to.have.length(3);
      expect(new Set(http.sent.map(({ options }) => options?.deadlineAt)).size).to.equal(1);
      expect(http.sent[0]?.options).to.have.property('deadlineAt').that.is.a('number');
    });

    for (const [status, kind] of [
      [503, UpstreamUnavailableError],
      [429, UpstreamRateLimitedError],
    ] as const) {
      it(`fails as a whole where the whole request failed with ${String(status)}`, async () => {
        const { client, http } = answeredClient(status, {});

        expect(await failureOf(client.batchCreateContacts({ inputs: contacts(2) }))).to.be.instanceOf(kind);
        expect(http.sent).to.have.length(1);
      });
    }

    it('shows no text of HubSpot as the reason of a row', async () => {
      const context = { objectWriteTraceId: ['0'] };
      const error = { category: 'somebody@example.com is invalid', message: 'somebody@example.com', context };
      const { client } = answeredClient(207, { results: [], errors: [error] });

      const { rows } = await client.batchCreateDeals({ inputs: [{ properties: { dealname: 'x' } }] });

      expect(rows).to.deep.equal([{ index: 0, outcome: 'refused', reason: 'rejected' }]);
    });
  });

  describe('at which HubSpot fails', () => {
    const failing = (input: Readonly<Record<string, unknown>>): boolean => input['id'] === '107';
    const updated = (inputs: Inputs['inputs']) => ({
      status: 200,
      body: {
        status: 'COMPLETE',
        results: inputs.map(({ id, properties }) => ({ id, properties, new: false })),
        startedAt: 'x',
        completedAt: 'y',
      },
    });
    const changes = Array.from({ length: 16 }, (_, index) => ({ id: String(100 + index), properties: { city: 'Oslo' } }));
    const forRow = (inputs: Inputs['inputs']) => (inputs.some(failing) ? { status: 500 } : updated(inputs));

    it('is split where a repeat does no harm, so that one row fails alone', async () => {
      const { client, http } = scripted(forRow);

      const answer = await client.batchUpdateContacts({ inputs: changes });

      expect(answer).to.include({ updated: 15, failed: 1 });
      expect(bare(answer)[7]).to.deep.equal({ index: 7, outcome: 'unknown', reason: 'upstream_unavailable' });
      expect(http.sent).to.have.length(9);
    });

    it('is split for an archive and an upsert as well', async () => {
      const isFailing = (inputs: Inputs['inputs']): boolean => inputs.some(({ id }) => id === '107' || id === '107@example.com');
      const archiving = scripted((inputs) => (isFailing(inputs) ? { status: 502 } : { status: 204 }));
      const upserting = scripted((inputs) => (isFailing(inputs) ? { status: 502 } : updated(inputs)));

      const archived = await archiving.client.batchArchiveContacts({ inputs: changes.map(({ id }) => ({ id })) });
      const upserted = await upserting.client.batchUpsertContacts({
        inputs: changes.map(({ id }) => ({ id: `${id}@example.com`, idProperty: 'email', properties: { city: 'Oslo' } })),
      });

      expect(archived).to.include({ archived: 15, failed: 1 });
      expect(upserted).to.include({ updated: 15, failed: 1 });
    });

    it('fails as a whole where HubSpot answers no part of it, after seven requests', async () => {
      const { client, http } = scripted(() => ({ status: 500 }));

      expect(await failureOf(client.batchUpdateContacts({ inputs: changes }))).to.be.instanceOf(UpstreamUnavailableError);
      expect(http.sent.length).to.be.within(2, 14);
    });

    it('is left as it is where a repeat could write twice, or where HubSpot says when to come again', async () => {
      const creating = scripted(() => ({ status: 500 }));
      const busyHttp = new RecordingHttpClient(() => ({ status: 503, headers: { 'retry-after': '3' }, body: '' }), new HandDrivenClock());

      await failureOf(creating.client.batchCreateContacts({ inputs: contacts(4) }));
      await failureOf(clientOver(busyHttp).batchUpdateContacts({ inputs: changes }));

      expect([creating.http.sent.length, busyHttp.sent.length]).to.deep.equal([1, 1]);
    });
  });

  describe('update', () => {
    it('joins rows to ids, names those that are not there, and calls a merged record neither written nor refused', async () => {
      const { client } = simulatedHubspot();
      const properties = { city: 'Oslo' };

      const answer = await client.batchUpdateContacts({ inputs: ['102', '999', '150', '101'].map((id) => ({ id, properties })) });

      expect(bare(answer)).to.deep.equal([
        { index: 0, outcome: 'updated', id: '102' },
        { index: 1, outcome: 'refused', reason: 'not_found' },
        { index: 2, outcome: 'unknown', reason: 'left_out' },
        { index: 3, outcome: 'updated', id: '101' },
      ]);
      expect(answer).to.include({ updated: 2, failed: 2 });
    });
  });

  describe('upsert', () => {
    it('tells new records from old, and sends the property that they are known by', async () => {
      const { client, http } = simulatedHubspot();
      const rows = ['new.domain.example', 'copper-lane.example'].map((id) => ({ id, idProperty: 'domain', properties: { city: 'Oslo' } }));

      const answer = await client.batchUpsertCompanies({ inputs: rows });

      expect(outcomes(answer)).to.deep.equal(['created', 'updated']);
      expect(answer.rows[1]).to.have.nested.property('record.id', '202');
      expect(answer).to.include({ created: 1, updated: 1, failed: 0 });
      expect(http.sent.flatMap(inputsOf)[0]).to.have.deep.property('properties', { domain: 'new.domain.example', city: 'Oslo' });
    });

    it('keeps the good rows beside a bad one', async () => {
      const { client, http } = simulatedHubspot();
      const rows = [
        { id: 'new@example.com', idProperty: 'email', properties: { firstname: 'Nia' } },
        { id: 'ada.marsh@example.com', idProperty: 'email', properties: { hubspot_owner_id: 'nobody' } },
      ];

      const answer = await client.batchUpsertContacts({ inputs: rows });

      expect(outcomes(answer)).to.deep.equal(['created', 'refused']);
      expect(answer.rows[1]).to.deep.include({ details: { properties: ['hubspot_owner_id'], codes: ['INVALID_INTEGER'] } });
      expect(http.sent).to.have.length(1);
    });
  });

  it('archive answers each row, also those that are not there', async () => {
    const { client } = simulatedHubspot();

    const answer = await client.batchArchiveDeals({ inputs: [{ id: '301' }, { id: '999' }] });

    expect(answer).to.deep.equal({
      rows: [
        { index: 0, outcome: 'archived' },
        { index: 1, outcome: 'archived' },
      ],
      created: 0,
      updated: 0,
      archived: 2,
      failed: 0,
    });
    expect(await failureOf(client.getDeal('301'))).to.include({ status: 404 });
  });

  describe('input', () => {
    const properties = { city: 'Oslo' };
    const traced = { properties, objectWriteTraceId: '1' };
    const named = (id: string) => ({ id, idProperty: 'dealname', properties });
    const refused: Readonly<Record<string, readonly [at: string, call: (client: HubspotClient) => Promise<unknown>]>> = {
      'no rows': ['inputs', (client) => client.batchCreateDeals({ inputs: [] })],
      'an email twice': [
        'inputs.1.properties.email',
        (client) => client.batchCreateContacts({ inputs: ['a@b.io', 'A@b.io'].map(contact) }),
      ],
      'a trace id twice': ['inputs.1.objectWriteTraceId', (client) => client.batchCreateDeals({ inputs: [traced, { properties }] })],
      'an id twice': ['inputs.1.id', (client) => client.batchUpdateDeals({ inputs: ['1', '1'].map((id) => ({ id, properties })) })],
      'an id that is none': ['inputs.0.id', (client) => client.batchUpdateDeals({ inputs: [{ id: 'x', properties }] })],
      'a value twice': ['inputs.1.id', (client) => client.batchUpsertDeals({ inputs: ['x', 'X'].map(named) })],
    };

    for (const [what, [at, call]] of Object.entries(refused)) {
      it(`refuses ${what}, naming the place, before anything is sent`, async () => {
        const { client, http } = simulatedHubspot();

        const error = await failureOf(call(client));

        expect(error).to.be.instanceOf(InvalidRequestError).and.have.nested.property('faults[0].at', at);
        expect(http.sent).to.deep.equal([]);
      });
    }

    it('names the limit and the row that came first', async () => {
      const { client } = simulatedHubspot();

      const tooMany = await failureOf(client.batchCreateContacts({ inputs: contacts(101) }));
      const twice = await failureOf(client.batchArchiveDeals({ inputs: [{ id: '1' }, { id: '2' }, { id: '1' }] }));

      expect(tooMany).to.have.property('message', 'inputs must hold at most 100 rows');
      expect(twice).to.have.property('message', 'inputs.2.id must not be the same as that of row 0');
    });

    it('takes companies and deals that are alike, since HubSpot does', async () => {
      const { client } = simulatedHubspot();

      const answer = await client.batchCreateCompanies({ inputs: [{ properties: { name: 'Twin' } }, { properties: { name: 'Twin' } }] });

      expect(answer).to.include({ created: 2, failed: 0 });
      expect(new Set(answer.rows.map((row) => row.record?.id)).size).to.equal(2);
    });
  });
});
