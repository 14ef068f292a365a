import { expect } from 'chai';
import { OutcomeUnknownError, UpstreamUnavailableError } from '../../../src/errors/upstreamErrors.ts';
import { rowCount, sendInParts } from '../../../src/pipeline/bulkParts.ts';
import type { Operation, OperationRequest } from '../../../src/contract/operation.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { HttpRequest } from '../../../src/wire/transport.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { errorOf } from '../../support/errorOf.ts';
import { rememberingQueue } from '../../support/rememberingQueue.ts';
import { httpHouse, json, type HttpHouse } from '../../support/httpHouse.ts';

const POISON = '66666';
const rows = Array.from({ length: 20 }, (_, index) => String(10_000 + index));
const addresses = rows.map((row) => `${row}@example.com`);
const withPoison = (list: readonly string[], poison: string): string[] => [...list.slice(0, 13), poison, ...list.slice(13)];
const ids = withPoison(rows, POISON);
const people = withPoison(addresses, `${POISON}@example.com`);

/** Every operation that takes a list of records, and where that stands. */
const declared: Readonly<Record<keyof typeof serviceRegistry, Readonly<Record<string, string>>>> = {
  hubspot: {
    ...Object.fromEntries(
      ['read', 'create', 'update', 'upsert', 'archive'].flatMap((verb) =>
        ['contacts', 'companies', 'deals'].map((type) => [`batch_${verb}_${type}`, 'body.inputs']),
      ),
    ),
    batch_create_tickets: 'body.inputs',
    batch_read_associations: 'body.inputs',
  },
  lemlist: { bulk_unsubscribe: 'body.values' },
  // Rows are single reads that share a request: `batchedReads.ts` parts them.
  explorium: {},
  kit: {
    find_subscribers: 'query.email_address',
    bulk_upsert_subscribers: 'body.subscribers',
    bulk_add_to_tag: 'body.taggings',
    bulk_add_to_form: 'body.additions',
  },
  mailchimp: { upsert_members: 'body.members' },
  sendgrid: {
    upsert_contacts: 'body.contacts',
    find_contacts: 'body.emails',
    get_contacts: 'body.ids',
    delete_contacts: 'query.ids',
    remove_from_list: 'query.contact_ids',
    add_global_suppressions: 'body.recipient_emails',
    add_group_suppressions: 'body.recipient_emails',
  },
};

/** Answers what the service would of the rows it is sent, and 500 to whatever holds the bad row. */
const failsAtPoison = (answer: (request: HttpRequest) => unknown) => {
  const sent: HttpRequest[] = [];
  return {
    sent,
    transport: async (request: HttpRequest) => {
      sent.push(request);
      return textOf(request).includes(POISON) ? json(500, {}) : json(200, answer(request));
    },
  };
};

const textOf = (request: HttpRequest): string => decodeURIComponent(`${request.body ?? ''} ${request.path}`);
const idsIn = (request: HttpRequest): readonly string[] => [...new Set(textOf(request).match(/\b1\d{4}\b/gu))];
const mailsIn = (request: HttpRequest): readonly string[] => idsIn(request).map((id) => `${id}@example.com`);

describe('a row that a service answers with 500', () => {
  let house: HttpHouse;

  const over = (service: keyof typeof serviceRegistry, answer: (request: HttpRequest) => unknown) => {
    const wire = failsAtPoison(answer);
    house = httpHouse(wire.transport, { classify: serviceRegistry[service].classify, random: () => 0 });
    return { ...wire, http: house.http };
  };

  afterEach(() => {
    house.close();
  });

  const record = (id: string) => ({ id, properties: {}, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' });
  const hubspotRows = (request: HttpRequest) => ({ status: 'COMPLETE', results: idsIn(request).map(record) });

  it('fails alone in an update of HubSpot', async () => {
    const { http } = over('hubspot', hubspotRows);

    const { client } = serviceRegistry.hubspot.mount(http);
    const answer = await client.batchUpdateContacts({ inputs: ids.map((id) => ({ id, properties: { city: 'Ulm' } })) });

    expect(answer).to.include({ updated: 20, failed: 1 });
    expect(answer.rows[13]).to.deep.equal({ index: 13, outcome: 'unknown', reason: 'upstream_unavailable' });
  });

  it('fails alone in a read of many by HubSpot, and is not called missing', async () => {
    const { http } = over('hubspot', hubspotRows);

    const { client } = serviceRegistry.hubspot.mount(http);
    const answer = await client.batchReadContacts({ ids });

    expect(answer.results).to.have.length(20);
    expect([answer.missing, answer.failed]).to.deep.equal([[], [POISON]]);
  });

  it('fails alone among those that Lemlist unsubscribes, while nothing waits in the queue', async () => {
    const { http } = over('lemlist', () => ({ success: true }));

    const { client } = serviceRegistry.lemlist.mount(http);
    const answer = await client.bulkUnsubscribe({ values: people });

    expect(answer).to.include({ made: 20, refused: 0 }).and.not.have.property('queued');
    expect(answer.rows[13]).to.deep.equal({ index: 13, outcome: 'unknown', reason: 'upstream_unavailable' });
  });

  it('waits with the others where Lemlist answers none of them', async () => {
    const queue = rememberingQueue();
    house = httpHouse(async () => json(500, {}), { queue });

    const { client } = serviceRegistry.lemlist.mount(house.http);
    const answer = await client.bulkUnsubscribe({ values: people });

    expect(answer).to.deep.include({ id: 'job_1', queued: true, made: 0 });
    expect(new Set(answer.rows.map(({ outcome }) => outcome))).to.deep.equal(new Set(['pending']));
    expect(queue.kept.map(({ request }) => request.body)).to.deep.equal([{ values: people }]);
  });

  it('fails alone in a bulk upsert and a bulk tagging of Kit', async () => {
    const { http } = over('kit', (request) => ({
      subscribers: idsIn(request).map((id) => ({ id: Number(id), email_address: `${id}@example.com` })),
      failures: [],
    }));

    const { client } = serviceRegistry.kit.mount(http, 'oauth-token');
    const answers = [
      await client.bulkUpsertSubscribers({ subscribers: people.map((email) => ({ email_address: email })) }),
      await client.bulkAddToTag('7', { subscriber_ids: ids.map(Number) }),
    ];

    for (const answer of answers) {
      expect(answer).to.include({ made: 20, refused: 0 });
      expect(answer.rows[13]).to.deep.equal({ index: 13, outcome: 'unknown', reason: 'upstream_unavailable' });
    }
  });

  it('fails alone in a bulk write of Mailchimp', async () => {
    const { http, sent } = over('mailchimp', (request) => ({
      new_members: mailsIn(request).map((email) => ({ id: 'x', email_address: email })),
      updated_members: [],
      errors: [],
    }));

    const { client } = serviceRegistry.mailchimp.mount(http);
    const answer = await client.upsertMembers('16ed227135', {
      members: people.map((email) => ({ email_address: email, status: 'subscribed' as const })),
    });

    expect(answer).to.include({ created: 20, failed: 1 });
    expect(answer.rows[13]).to.deep.equal({ email_address: `${POISON}@example.com`, outcome: 'unknown', reason: 'upstream_unavailable' });
    expect(sent).to.have.length.at.most(14);
  });

  it('fails alone in an upsert of SendGrid, whose rows then are in several jobs', async () => {
    let jobs = 0;
    const { http } = over('sendgrid', () => ({ job_id: `job-${String((jobs += 1))}` }));

    const { client } = serviceRegistry.sendgrid.mount(http);
    const answer = await client.upsertContacts({ contacts: people.map((email) => ({ email })) });

    expect(answer).to.include({ job_id: 'job-1', accepted: 20, refused: 0 });
    expect(answer.job_ids).to.have.length(jobs);
    expect(answer.rows[13]).to.deep.equal({ index: 13, outcome: 'unknown', reason: 'upstream_unavailable' });
  });

  it('fails alone in the other requests of many to SendGrid, and is named as failed', async () => {
    const { http } = over('sendgrid', (request) => {
      const [path = ''] = request.path.split('?');
      if (path.endsWith('/search/emails'))
        return { result: Object.fromEntries(mailsIn(request).map((email) => [email, { contact: { id: 'x', email } }])) };
      if (path.endsWith('/batch')) return { result: idsIn(request).map((id) => ({ id })) };
      return { job_id: 'job', recipient_emails: mailsIn(request) };
    });

    const { client } = serviceRegistry.sendgrid.mount(http);
    const found = await client.findContacts({ emails: people });
    const read = await client.getContacts({ ids });
    const [deleted, suppressed] = [await client.deleteContacts({ ids }), await client.suppress({ recipient_emails: people })];

    expect([found.contacts.length, found.missing, found.failed]).to.deep.equal([20, [], [`${POISON}@example.com`]]);
    expect([read.result.length, read.failed]).to.deep.equal([20, [POISON]]);
    expect(deleted).to.deep.include({ failed: [POISON] });
    expect(suppressed).to.deep.equal({ recipient_emails: addresses, failed: [`${POISON}@example.com`] });
  });

  it('fails alone among the companies that Explorium matches', async () => {
    const { http } = over('explorium', (request) => {
      const body = JSON.parse(request.body ?? '') as { readonly businesses_to_match: readonly { readonly domain: string }[] };
      const matched = body.businesses_to_match.map((input) => ({ input, business_id: null }));
      return {
        response_context: { correlation_id: 'c', request_status: 'success', time_took_in_seconds: 1 },
        matched_businesses: matched,
        total_results: matched.length,
        total_matches: 0,
      };
    });

    const { client } = serviceRegistry.explorium.mount(http);
    const answer = await client.enrichCompanies(
      withPoison(
        rows.map((row) => `d${row}.example.com`),
        `d${POISON}.example.com`,
      ),
    );

    expect(answer).to.include({ missing: 20, failed: 1 });
    expect(answer.rows[13]).to.deep.equal({ index: 13, outcome: 'failed', reason: 'outcome_unknown', retryable: false });
  });
});

describe('requests of many rows', () => {
  let house: HttpHouse | undefined;
  const values = Array.from({ length: 10_000 }, (_, index) => `row-${String(index)}`);
  const operation = (idempotency: Operation<unknown>['idempotency']): Operation<unknown> => ({
    ...(serviceRegistry.lemlist.operations.find(({ name }) => name === 'bulk_unsubscribe') as Operation<unknown>),
    idempotency,
  });
  const request: OperationRequest = { path: upstreamPath`/all`, body: { values } };

  const over = (isBad: (text: string) => boolean, status = 500, headers: Readonly<Record<string, string>> = {}) => {
    const sent: string[] = [];
    const wire = async ({ body }: HttpRequest) => {
      const text = body ?? '';
      sent.push(text);
      return isBad(text) ? json(status, {}, headers) : json(200, {});
    };
    house = httpHouse(wire, { random: () => 0, policy: { circuit: { detection: { strategy: 'consecutive', failures: 20 } } } });
    return { http: house.http, sent };
  };

  afterEach(() => {
    house?.close();
    house = undefined;
  });

  for (const [service, expected] of Object.entries(declared)) {
    it(`say of ${service} where their rows stand, so that one rule parts them all`, () => {
      const { operations } = serviceRegistry[service as keyof typeof declared];

      const found = operations.flatMap(({ name, rows: at }) => (at === undefined ? [] : [[name, `${at.in}.${at.name}`] as const]));

      expect(Object.fromEntries(found)).to.deep.equal(expected);
    });
  }

  it('find one bad row among ten thousand within their bound, at whatever place, without opening the circuit', async () => {
    for (const bad of ['row-0', 'row-4999', 'row-9999']) {
      const { http, sent } = over((text) => text.includes(`"${bad}"`));

      const { answered, failed } = await sendInParts(http, operation('natural'), request);

      expect(failed.map(({ places }) => places)).to.deep.equal([[values.indexOf(bad)]]);
      expect(answered.flatMap(({ places }) => places)).to.have.length(9_999);
      expect(sent.length).to.be.at.most(32);
      expect(http.getCircuitState().effectiveState).to.equal('closed');
      house?.close();
    }
  });

  it('are sent in at most 64 requests, however many rows are bad, and each row is told of once', async () => {
    const { http, sent } = over((text) => text.includes('"row-77'));

    const { answered, failed } = await sendInParts(http, operation('natural'), request);

    expect(sent.length).to.be.at.most(64);
    expect([...answered, ...failed].flatMap(({ places }) => places).toSorted((one, other) => one - other)).to.deep.equal([
      ...values.keys(),
    ]);
  });

  it('find bad rows far apart, although the first parts are all failed at', async () => {
    const { http } = over((text) => ['row-1"', 'row-260"', 'row-510"'].some((bad) => text.includes(bad)));

    const { failed } = await sendInParts(http, operation('natural'), { ...request, body: { values: values.slice(0, 1_000) } });

    expect(failed.map(({ places }) => places)).to.deep.equal([[1], [260], [510]]);
  });

  it('fail as a whole after seven requests where the service answers none', async () => {
    const { http, sent } = over(() => true);

    await errorOf(sendInParts(http, operation('natural'), request), UpstreamUnavailableError);

    expect(sent).to.have.length(7);
  });

  it('are never sent again by parts where a repeat could write twice: their outcome is unknown', async () => {
    const { http, sent } = over(() => true);

    await errorOf(sendInParts(http, operation('never'), request), OutcomeUnknownError);

    expect(sent).to.have.length(1);
  });

  it('are not parted where the service says when to come again', async () => {
    const { http, sent } = over(() => true, 503, { 'retry-after': '3600' });

    await errorOf(sendInParts(http, operation('natural'), request), UpstreamUnavailableError);

    expect(sent).to.have.length(1);
  });

  it('count no rows where their operation has none, or the request', () => {
    expect([
      rowCount({ ...operation('natural'), rows: { in: 'query', name: 'ids' } }, request),
      rowCount(operation('natural'), request),
    ]).to.deep.equal([0, 10_000]);
  });
});
