import { expect } from 'chai';
import { startGateway, type GatewayAnswer, type RunningGateway } from '../support/gateway.ts';

interface Row {
  readonly index: number;
  readonly outcome: string;
  readonly reason?: string;
  readonly record?: { readonly id: string };
}

const rowsOf = ({ body }: GatewayAnswer): readonly Row[] => body['rows'] as readonly Row[];
const outcomes = (answer: GatewayAnswer): readonly string[] => rowsOf(answer).map(({ outcome }) => outcome);

const BATCHES = '/crm/objects/2026-03/';

describe('Batch writes of HubSpot through the whole gateway', () => {
  let gateway: RunningGateway;

  before(async () => {
    gateway = await startGateway();
  });

  afterEach(async () => {
    await gateway.fault('hubspot', { fault: 'ok' });
    await fetch(`${gateway.sandboxUrl}/_requests`, { method: 'DELETE' });
  });

  after(async () => {
    await gateway.stop('the test is over');
  });

  const post = (path: string, inputs: readonly object[], headers: Readonly<Record<string, string>> = {}): Promise<GatewayAnswer> =>
    gateway.ask(`/api/hubspot/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ inputs }),
    });

  /** What HubSpot was sent since the last test, such as `deals/batch/create`. */
  const sent = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${gateway.sandboxUrl}/_requests?service=hubspot`);
    const { requests } = (await answer.json()) as { readonly requests: readonly { readonly path: string }[] };
    return requests.map(({ path }) => path.replace(BATCHES, ''));
  };

  for (const [type, created, changed, idProperty] of [
    ['contacts', { lastname: 'Batch' }, { city: 'Oslo' }, 'lastname'],
    ['companies', { name: 'Batch' }, { city: 'Oslo' }, 'name'],
    ['deals', { dealname: 'Batch', dealstage: 'qualified' }, { amount: '7' }, 'dealname'],
  ] as const) {
    it(`create, update, upsert and archive ${type}, row by row`, async () => {
      const made = await post(`${type}/batch/create`, [{ properties: created }, { properties: { nope: '1' } }]);
      const id = rowsOf(made)[0]?.record?.id ?? '';
      const updated = await post(`${type}/batch/update`, [
        { id, properties: changed },
        { id: '999', properties: changed },
      ]);
      const upserted = await post(`${type}/batch/upsert`, [{ id: 'Batch', idProperty, properties: changed }]);
      const archived = await post(`${type}/batch/archive`, [{ id }]);

      expect([made, updated, upserted, archived].map(({ status }) => status)).to.deep.equal([207, 207, 200, 200]);
      expect(outcomes(made)).to.deep.equal(['created', 'refused']);
      expect(rowsOf(made)[1]).to.deep.include({ index: 1, reason: 'validation_failed' });
      expect(outcomes(updated)).to.deep.equal(['updated', 'refused']);
      expect(rowsOf(updated)[1]).to.deep.include({ reason: 'not_found' });
      expect(rowsOf(upserted)[0]).to.deep.include({ outcome: 'updated' }).and.have.nested.property('record.id', id);
      expect(archived.body).to.deep.equal({ rows: [{ index: 0, outcome: 'archived' }], created: 0, updated: 0, archived: 1, failed: 0 });
      expect((await gateway.ask(`/api/hubspot/${type}/${id}`, { headers: { 'cache-control': 'no-cache' } })).status).to.equal(404);
    });
  }

  it('take a hundred rows of a few kilobytes in one request, and refuse one more by the limit', async () => {
    const description = 'x'.repeat(5_000);
    const rows = Array.from({ length: 101 }, (_, row) => ({ properties: { name: `Company ${String(row)}`, description } }));

    const hundred = await post('companies/batch/create', rows.slice(1));
    const more = await post('companies/batch/create', rows);

    expect(hundred.status).to.equal(201);
    expect(hundred.body).to.include({ created: 100, failed: 0 });
    expect(more.status).to.equal(400);
    expect(more.body['faults']).to.deep.equal([{ at: 'body.inputs', message: 'must hold at most 100 rows' }]);
    expect(await sent()).to.deep.equal(['companies/batch/create']);
  });

  it('refuse a record that is named twice, before anything is sent', async () => {
    const answer = await post('deals/batch/archive', [{ id: '301' }, { id: '301' }]);

    expect(answer.status).to.equal(400);
    expect(answer.body['faults']).to.deep.equal([{ at: 'body.inputs.1.id', message: 'must not be the same as that of row 0' }]);
    expect(await sent()).to.deep.equal([]);
  });

  it('are made once under an Idempotency-Key, though some rows were refused', async () => {
    const rows = [{ properties: { name: 'Once' } }, { properties: { nope: '1' } }];
    const headers = { 'idempotency-key': 'hubspot-batch-once' };

    const first = await post('companies/batch/create', rows, headers);
    const repeat = await post('companies/batch/create', rows, headers);

    expect([first.status, repeat.status]).to.deep.equal([207, 207]);
    expect(repeat.headers.get('idempotency-replayed')).to.equal('true');
    expect(repeat.body).to.deep.equal(first.body);
    expect(await sent()).to.deep.equal(['companies/batch/create']);
  });

  it('are made at once whatever the caller prefers: no batch waits', async () => {
    const answer = await post('deals/batch/update', [{ id: '302', properties: { amount: '9' } }], { prefer: 'respond-async' });

    expect(answer.status).to.equal(200);
    expect(answer.headers.get('preference-applied')).to.equal(null);
  });

  it('say of a create whose answer was lost that nobody knows, and repeat only what may be repeated', async () => {
    await gateway.fault('hubspot', { fault: 'error', status: 502 });

    const updated = await post('companies/batch/update', [{ id: '201', properties: { city: 'Oslo' } }]);
    const created = await post('companies/batch/create', [{ properties: { name: 'Lost' } }]);

    const requests = await sent();
    expect([created.status, created.body['code']]).to.deep.equal([504, 'outcome_unknown']);
    expect([updated.status, updated.body['code']]).to.deep.equal([502, 'upstream_unavailable']);
    expect(requests.filter((path) => path.endsWith('create'))).to.have.length(1);
    expect(requests.filter((path) => path.endsWith('update')).length).to.be.above(1);
  });
});
