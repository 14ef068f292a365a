import { expect } from 'chai';
import { startGateway, type GatewayAnswer, type RunningGateway } from '../support/gateway.ts';

type Row = Readonly<Record<string, unknown>>;

describe('Bulk routes of Explorium and Lemlist, over the sandbox', function () {
  this.timeout(30_000);
  let gateway: RunningGateway;

  before(async () => {
    gateway = await startGateway();
  });

  after(async () => {
    await gateway.stop('end of test');
  });

  beforeEach(async () => {
    await fetch(`${gateway.sandboxUrl}/_requests`, { method: 'DELETE' });
  });

  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<GatewayAnswer> =>
    gateway.ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const enrich = (...domains: readonly string[]) => post('/api/explorium/companies/enrich/bulk', { domains });
  const rowsOf = ({ body }: GatewayAnswer): readonly Row[] => body['rows'] as readonly Row[];
  const outcomesOf = (answer: GatewayAnswer) => rowsOf(answer).map(({ outcome }) => outcome);
  /** Asks until the job has ended. */
  const ended = async (answer: GatewayAnswer): Promise<GatewayAnswer['body']> => {
    for (;;) {
      const { body } = await gateway.ask(answer.headers.get('location') ?? '');
      if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const creditsLeft = async (): Promise<number> =>
    Number((await gateway.ask('/api/explorium/credits', { headers: { 'cache-control': 'no-cache' } })).body['remaining_credits']);
  const requestsTo = async (service: string): Promise<readonly string[]> => {
    const response = await fetch(`${gateway.sandboxUrl}/_requests?service=${service}`);
    const { requests } = (await response.json()) as { readonly requests: readonly { readonly method: string; readonly path: string }[] };
    return requests.map(({ method, path }) => `${method} ${path}`);
  };

  it('give each company its own outcome, by two requests, and pay no known one again', async () => {
    const domains = ['example.com', 'no-data.example.com', 'failing.example.com', 'example.test', 'nonsense'];
    const before = await creditsLeft();

    const first = await enrich(...domains);
    const requests = (await requestsTo('explorium')).filter((line) => line.startsWith('POST'));
    const between = await creditsLeft();
    const again = await enrich('example.com', 'example.test', 'a.example.com');
    const after = await creditsLeft();

    expect(requests).to.deep.equal(['POST /v1/businesses/match', 'POST /v1/businesses/firmographics/bulk_enrich']);
    expect(first.status).to.equal(207);
    expect(outcomesOf(first)).to.deep.equal(['found', 'missing', 'failed', 'missing', 'refused']);
    expect(rowsOf(first)[0]).to.have.nested.property('company.website', 'https://example.com');
    expect(rowsOf(first)[1])
      .to.have.property('business_id')
      .that.matches(/^[a-f0-9]{32}$/u);
    expect(outcomesOf(again)).to.deep.equal(['found', 'missing', 'found']);
    // Four matches and two enrichments; then one of each, for the company that is new.
    expect([before - between, between - after]).to.deep.equal([6, 2]);
  });

  it('keep what was matched and paid for while the second step is out', async () => {
    await gateway.fault('explorium', { fault: 'error', status: 500, operation: 'POST /v1/businesses/firmographics' });
    const out = await enrich('b.example.com', 'c.example.com', 'b.example.test');
    await gateway.fault('explorium', { fault: 'ok' });
    const paid = await creditsLeft();

    const back = await enrich('b.example.com', 'c.example.com');

    expect([out.status, back.status]).to.deep.equal([207, 200]);
    expect(rowsOf(out)[0]).to.include({ outcome: 'failed', reason: 'outcome_unknown', retryable: false }).and.have.property('business_id');
    expect(outcomesOf(out)).to.deep.equal(['failed', 'failed', 'missing']);
    expect(paid - (await creditsLeft())).to.equal(2);
  });

  it('match people and bring their contacts, row by row', async () => {
    const prospects = [{ email: 'pat@example.com' }, { email: 'nobody@example.test' }];
    const matched = await post('/api/explorium/prospects/match', { prospects });
    const ids = [rowsOf(matched)[0]?.['prospect_id'], 'f'.repeat(40)];

    const contacts = await post('/api/explorium/prospects/contacts/enrich', { prospect_ids: ids, contact_types: ['email'] });

    expect(outcomesOf(matched)).to.deep.equal(['found', 'missing']);
    expect(outcomesOf(contacts)).to.deep.equal(['found', 'missing']);
    expect(rowsOf(contacts)[0]).to.have.nested.property('contacts.professions_email', 'pat@example.com');
  });

  it('unsubscribe many in one request, and refuse only those that are no value', async () => {
    const values = [...Array.from({ length: 500 }, (_, index) => `gone${String(index)}@example.com`), 'nonsense'];

    const answer = await post('/api/lemlist/unsubscribes/bulk', { values });

    expect(answer.status).to.equal(207);
    expect(answer.body).to.include({ made: 500, refused: 1 });
    expect(await requestsTo('lemlist')).to.deep.equal(['POST /v2/unsubscribes/variables']);
    expect((await gateway.ask('/api/lemlist/unsubscribes/gone499@example.com')).status).to.equal(200);
  });

  it('answer 202 with a pending row for each value that waits, and make them', async () => {
    const answer = await post('/api/lemlist/unsubscribes/bulk', { values: ['@example.org', 'nonsense'] }, { prefer: 'respond-async' });
    const job = await ended(answer);

    expect(job).to.include({ status: 'succeeded', operation: 'bulk_unsubscribe' });
    expect(answer.status).to.equal(202);
    expect(answer.headers.get('location')).to.match(/^\/api\/jobs\/job_/u);
    expect(answer.body).to.include({ queued: true, made: 0, refused: 1 });
    expect(outcomesOf(answer)).to.deep.equal(['pending', 'refused']);
  });

  it('find many contacts of Lemlist in one request, and one of them alone', async () => {
    const names = ['ada@example.com', 'nobody@example.com', 'ctc_xW8Ou6C03Csv8vatp', 'no name'];

    const answer = await post('/api/lemlist/contacts/find', { ids_or_emails: names });
    const requests = await requestsTo('lemlist');
    const alone = await Promise.all(['ada@example.com', 'nobody@example.com'].map((name) => gateway.ask(`/api/lemlist/contacts/${name}`)));

    expect(answer.status).to.equal(207);
    expect(outcomesOf(answer)).to.deep.equal(['found', 'missing', 'found', 'refused']);
    expect(requests).to.deep.equal(['GET /contacts']);
    expect(alone.map(({ status }) => status)).to.deep.equal([200, 404]);
  });
});
