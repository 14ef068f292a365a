import { expect } from 'chai';
import { isQueued } from '../../src/contract/call.ts';
import { startGateway, type GatewayAnswer, type RunningGateway } from '../support/gateway.ts';
import { Scrape } from '../support/scrape.ts';

const send = (body: unknown, headers: Readonly<Record<string, string>> = {}, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const contact = (email: string) => ({ properties: { email, firstname: 'Nia' } });

describe('Writes that wait, over the sandbox', function () {
  this.timeout(30_000);
  let gateway: RunningGateway;

  beforeEach(async () => {
    gateway = await startGateway({ HUBSPOT_CIRCUIT_RESET_TIMEOUT: '500' });
  });

  afterEach(async () => {
    await gateway.stop('end of test');
  });

  const job = (answer: GatewayAnswer): Promise<GatewayAnswer> => gateway.ask(answer.headers.get('location') ?? '');

  /** Asks until the job has ended. */
  const ended = async (answer: GatewayAnswer): Promise<GatewayAnswer['body']> => {
    for (;;) {
      const { body } = await job(answer);
      if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('are answered 202 at once where the caller asks for that, and made', async () => {
    const answer = await gateway.ask('/api/hubspot/contacts', send(contact('nia@example.com'), { prefer: 'respond-async' }));

    const made = await ended(answer);

    expect(answer.status).to.equal(202);
    expect(answer.body).to.include({ queued: true, status: 'queued' });
    expect(made).to.include({ status: 'succeeded', operation: 'create_contact', attempts: 1 });
    expect(made).to.have.nested.property('result.properties.email', 'nia@example.com');
    expect((await gateway.ask('/api/hubspot/contacts/by-email/nia@example.com')).status).to.equal(200);
  });

  it('wait while the service is out, and are made within seconds of its return, each once', async () => {
    await gateway.fault('hubspot', { fault: 'error', status: 503 });
    const emails = Array.from({ length: 12 }, (_, number) => `nia.${String(number)}@example.com`);
    const answers = await Promise.all(emails.map((email) => gateway.ask('/api/hubspot/contacts', send(contact(email)))));
    const whileOut = await Promise.all(answers.map(job));
    await gateway.fault('hubspot', { fault: 'ok' });

    const made = await Promise.all(answers.map(ended));

    expect(answers.map(({ status }) => status)).to.deep.equal(emails.map(() => 202));
    expect(whileOut.some(({ body }) => body['status'] === 'succeeded')).to.equal(false);
    expect(made.map(({ status }) => status)).to.deep.equal(emails.map(() => 'succeeded'));
    const found = await Promise.all(emails.map((email) => gateway.ask(`/api/hubspot/contacts/by-email/${email}`)));
    expect(found.map(({ status }) => status)).to.deep.equal(emails.map(() => 200));
  });

  it('go through the steps of an upsert while nobody waits', async () => {
    const wanted = { prefer: 'respond-async' };
    const change = { properties: { firstname: 'Nia' } };
    const first = await gateway.ask('/api/hubspot/contacts/by-email/new@example.com', send(change, wanted, 'PUT'));
    const created = await ended(first);
    const second = await gateway.ask('/api/hubspot/contacts/by-email/new@example.com', send(change, wanted, 'PUT'));

    const updated = await ended(second);

    expect([created, updated].map(({ status }) => status)).to.deep.equal(['succeeded', 'succeeded']);
    expect((updated['result'] as { id?: string }).id).to.equal((created['result'] as { id?: string }).id);
  });

  it('become dead letters with the reason of the service', async () => {
    const send409 = send(contact('ada.marsh@example.com'), { prefer: 'respond-async' });

    const refused = await ended(await gateway.ask('/api/hubspot/contacts', send409));

    expect(refused).to.include({ status: 'failed', reason: 'contact_exists', attempts: 1 });
  });

  it('are errors for a strict caller', async () => {
    await gateway.fault('hubspot', { fault: 'error', status: 503 });

    const answer = await gateway.ask('/api/hubspot/contacts', send(contact('nia@example.com'), { prefer: 'handling=strict' }));

    expect(answer.status).to.be.oneOf([502, 503]);
  });

  it('are told from made ones in this process, and belong to it', async () => {
    await gateway.fault('lemlist', { fault: 'error', status: 503 });

    const answer = await gateway.clients.lemlist.addLead('cam_A1b2C3d4E5f6G7h8i', { email: 'new.lead@example.com' });

    expect(isQueued(answer)).to.equal(true);
  });

  it('are counted, and nobody is named in what is counted', async () => {
    const answer = await gateway.ask('/api/hubspot/contacts', send(contact('nia@example.com'), { prefer: 'respond-async' }));
    await ended(answer);

    const { body } = await gateway.ask('/metrics');

    const scrape = new Scrape(String(body['text']));
    expect(scrape.value('queue_jobs_total', { service: 'hubspot', outcome: 'accepted' })).to.equal(1);
    expect(scrape.value('queue_wait_seconds_count', { service: 'hubspot' })).to.equal(1);
    expect(scrape.value('queue_store_up')).to.equal(1);
    expect(String(body['text'])).not.to.contain('example.com');
  });
});
