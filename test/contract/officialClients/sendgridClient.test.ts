import { Client } from '@sendgrid/client';
import { MailService } from '@sendgrid/mail';
import { expect } from 'chai';
import { sendgrid } from '../../../src/services/sendgrid/sendgrid.ts';
import { sendgridSimulator } from '../../../sandbox/sendgrid/sendgridSandbox.ts';
import { failureOf, startOfficialSandbox, type OfficialSandbox } from './officialSandbox.ts';

const JANE = 'jane_doe@example.com';
const mail = { to: JANE, from: 'sender@example.com', subject: 'Hello', text: 'A word.' };

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

describe('@sendgrid/client and @sendgrid/mail on the sandbox', () => {
  let sandbox: OfficialSandbox;
  let client: Client;
  let mailer: MailService;

  before(async () => {
    // A hundred times as fast: jobs are done after 20 ms.
    sandbox = await startOfficialSandbox(sendgridSimulator, 100);
  });

  beforeEach(() => {
    client = new Client();
    // In this order: a key puts the address back.
    client.setApiKey(sendgrid.sandboxSecret);
    client.setDefaultRequest('baseUrl', sandbox.url);
    mailer = new MailService();
    mailer.setClient(client);
  });

  afterEach(() => sandbox.reset());

  after(() => sandbox.close());

  const ask = async (method: Method, url: string, more: { readonly body?: object; readonly qs?: object } = {}): Promise<Answer> => {
    const [{ statusCode, headers }, body] = (await client.request({ method, url, ...more })) as [
      { statusCode: number; headers: unknown },
      unknown,
    ];
    return { status: statusCode, headers: headers as Answer['headers'], body };
  };

  /** What the sandbox calls her. */
  const janesId = async (): Promise<string> => {
    const { body } = await ask('POST', '/v3/marketing/contacts/search/emails', { body: { emails: [JANE] } });
    return (body as { result: Record<string, { contact: { id: string } }> }).result[JANE]!.contact.id;
  };

  /** Asks until the job has ended. */
  const jobEnds = async (jobId: string): Promise<unknown> => {
    for (;;) {
      const { body } = await ask('GET', `/v3/marketing/contacts/imports/${jobId}`);
      if ((body as { status: string }).status !== 'pending') return body;
    }
  };

  it('reads what the key may do', async () => {
    const { status, body, headers } = await ask('GET', '/v3/scopes');

    expect(status).to.equal(200);
    expect(body).to.have.property('scopes').that.includes('mail.send');
    expect(headers).to.have.property('x-ratelimit-remaining');
  });

  it('writes contacts by a job, and finds them by their address when it is done', async () => {
    const accepted = await ask('PUT', '/v3/marketing/contacts', { body: { contacts: [{ email: 'New@example.com', first_name: 'Nia' }] } });
    const job = await jobEnds((accepted.body as { job_id: string }).job_id);
    const { body } = await ask('POST', '/v3/marketing/contacts/search/emails', { body: { emails: ['new@example.com'] } });

    expect(accepted.status).to.equal(202);
    expect(job).to.include({ status: 'completed' }).and.have.nested.property('results.created_count', 1);
    expect(body).to.have.property('result').with.property('new@example.com').with.nested.property('contact.first_name', 'Nia');
  });

  it('searches many addresses at once, with an error for each that is unknown', async () => {
    const { body } = await ask('POST', '/v3/marketing/contacts/search/emails', { body: { emails: [JANE, 'nobody@example.com'] } });

    const { result } = body as { result: Record<string, unknown> };
    expect(result[JANE]).to.have.nested.property('contact.first_name', 'Jane');
    expect(result['nobody@example.com']).to.deep.equal({ error: 'contact not found' });
  });

  it('searches by a query, with the count of all', async () => {
    const { status, body } = await ask('POST', '/v3/marketing/contacts/search', { body: { query: `email = '${JANE}'` } });

    expect(status).to.equal(200);
    expect(body).to.include({ contact_count: 1 }).and.have.nested.property('result[0].email', JANE);
  });

  it('reads contacts by id, one and many, and lists by page', async () => {
    const id = await janesId();
    const one = await ask('GET', `/v3/marketing/contacts/${id}`);
    const many = await ask('POST', '/v3/marketing/contacts/batch', { body: { ids: [id, 'none'] } });
    const lists = await ask('GET', '/v3/marketing/lists', { qs: { page_size: 1 } });

    expect(one.body).to.include({ id, email: JANE });
    expect(many.body).to.have.property('result').with.length(1);
    expect(lists.body).to.have.property('result').with.length(1);
    expect(lists.body).to.have.nested.property('_metadata.next');
  });

  it('suppresses an address, and lets it go', async () => {
    const url = '/v3/asm/suppressions/global/quiet@example.com';

    const added = await ask('POST', '/v3/asm/suppressions/global', { body: { recipient_emails: ['quiet@example.com'] } });
    const read = await ask('GET', url);
    const removed = await ask('DELETE', url);
    const again = await ask('GET', url);

    expect([added.status, removed.status]).to.deep.equal([201, 204]);
    expect(read.body).to.deep.equal({ recipient_email: 'quiet@example.com' });
    expect(again.body).to.deep.equal({});
  });

  it('sends mail with an id and no body', async () => {
    const [answer] = await mailer.send(mail);

    expect(answer.statusCode).to.equal(202);
    expect(answer.body).to.equal('');
    expect((answer.headers as Record<string, string>)['x-message-id']).to.match(/^[\w-]{20,}$/u);
  });

  it('tries a mail that is not sent', async () => {
    const [answer] = await mailer.send({ ...mail, mailSettings: { sandboxMode: { enable: true } } });

    expect(answer.statusCode).to.equal(200);
  });

  describe('refuses in the shape that the client parses', () => {
    for (const [status, message, call] of [
      [404, 'not found', () => ask('GET', '/v3/marketing/contacts/none')],
      [404, 'not found', () => ask('POST', '/v3/marketing/contacts/search/emails', { body: { emails: ['nobody@example.com'] } })],
      [400, 'at least one identifier is required', () => ask('PUT', '/v3/marketing/contacts', { body: { contacts: [{}] } })],
      [405, 'method not allowed', () => ask('PUT', '/v3/scopes', { body: {} })],
    ] as const) {
      it(`${String(status)} ${message}, where ${call
        .toString()
        .replace(/^.*?ask\(|\)$/gu, '')
        .slice(0, 60)}`, async () => {
        const failure = await failureOf(call());

        expect(failure.code).to.equal(status);
        expect(failure.response?.body).to.have.nested.property('errors[0].message', message);
        expect(failure).to.be.instanceOf(Error).and.have.nested.property('response.headers');
      });
    }

    it('a mail without a subject, naming the field', async () => {
      const { code, response } = await failureOf(mailer.send({ ...mail, subject: '' }));

      expect(code).to.equal(400);
      expect(response?.body).to.have.nested.property('errors[0].field', 'subject');
    });

    it('a key that is none', async () => {
      client.setDefaultHeader('Authorization', 'Bearer no-key');

      const { code, response } = await failureOf(ask('GET', '/v3/scopes'));

      expect(code).to.equal(401);
      expect(response?.body).to.have.nested.property('errors[0].message').that.includes('grant is invalid');
    });

    it('a mail without credits with a 401, which is no matter of the key', async () => {
      await sandbox.impose({ fault: 'scenario', scenario: 'credits_exceeded' });

      const { code, response } = await failureOf(mailer.send(mail));

      expect(code).to.equal(401);
      expect(response?.body).to.have.nested.property('errors[0].message', 'Maximum credits exceeded');
    });

    it('too many requests, with the second at which to come back and no Retry-After', async () => {
      await sandbox.impose({ fault: 'throttle' });

      const { code, response } = await failureOf(ask('GET', '/v3/scopes'));

      expect(code).to.equal(429);
      expect(response?.body).to.deep.equal({ errors: [{ field: null, message: 'too many requests' }] });
      expect(response?.headers).to.include({ 'x-ratelimit-remaining': '0' });
      expect(response?.headers)
        .to.have.property('x-ratelimit-reset')
        .that.matches(/^\d{10,}$/u);
      expect(response?.headers).to.not.have.property('retry-after');
    });
  });
});
