import { expect } from 'chai';
import {
  fieldOf,
  mail,
  messageOf,
  requestOf,
  simulatedSendgrid,
  type SimulatedSendgrid,
} from '../../services/sendgrid/simulatedSendgrid.ts';

const BOUNCES = 'GET /v3/suppression/bounces';

describe('simulated SendGrid', () => {
  let simulated: SimulatedSendgrid;

  beforeEach(() => {
    simulated = simulatedSendgrid();
  });

  it('takes keys of SendGrid’s form, and refuses others in its words', () => {
    const refusalOf = (headers: Readonly<Record<string, string>>): unknown =>
      messageOf(simulated.ask('GET /v3/scopes', undefined, headers));

    expect(simulated.ask('GET /v3/scopes')).to.deep.include({ status: 200 });
    expect(refusalOf({})).to.equal('authorization required');
    for (const authorization of ['Bearer token-of-another', 'Basic U0c=', 'Bearer SG.', 'SG.key.of-ours']) {
      expect(refusalOf({ authorization })).to.equal('The provided authorization grant is invalid, expired, or revoked');
    }
  });

  it('grants 600 requests a minute at each endpoint and to each key, and says until when', () => {
    const first = Array.from({ length: 601 }, () => simulated.ask(BOUNCES));
    const elsewhere = simulated.ask('GET /v3/suppression/blocks');
    const another = simulated.ask(BOUNCES, undefined, { authorization: 'Bearer SG.another.key' });
    simulated.pass(60_000);
    const later = simulated.ask(BOUNCES);

    expect(first.findIndex(({ status }) => status === 429)).to.equal(600);
    expect(first[0]?.headers).to.include({
      'x-ratelimit-limit': '600',
      'x-ratelimit-remaining': '599',
      'x-ratelimit-reset': String(Date.UTC(2026, 10, 21, 9, 1, 0) / 1000),
    });
    expect(first[600]?.headers).to.include({ 'x-ratelimit-remaining': '0' }).and.not.have.property('retry-after');
    expect([elsewhere.status, another.status, later.status]).to.deep.equal([200, 200, 200]);
  });

  it('has no limit on mail that its headers would tell', () => {
    const answers = Array.from({ length: 601 }, () => simulated.ask('POST /v3/mail/send', mail));

    expect(answers.every(({ status }) => status === 202)).to.equal(true);
    expect(answers[0]?.headers).to.have.keys('x-message-id');
  });

  it('throttles an endpoint until its minute is over, mail’s, too', () => {
    const throttled = simulated.simulator.throttled(requestOf(BOUNCES));
    const still = simulated.ask(BOUNCES);
    const sending = simulated.simulator.throttled(requestOf('POST /v3/mail/send', mail));
    simulated.pass(60_000);

    expect([throttled, still, sending].map(({ status }) => status)).to.deep.equal([429, 429, 429]);
    expect(messageOf(throttled)).to.equal('too many requests');
    expect(sending.headers).to.include({ 'x-ratelimit-remaining': '0' });
    expect(simulated.ask(BOUNCES).status).to.equal(200);
  });

  it('lets a key do what its scopes say, and forbids the rest', () => {
    const statuses = () => ['POST /v3/mail/send', 'GET /v3/marketing/lists', BOUNCES].map((where) => simulated.ask(where, mail).status);
    const scopes = (): unknown => fieldOf(simulated.ask('GET /v3/scopes'), 'scopes');

    simulated.enter('mail_scope_missing');
    const [withoutMail, itsScopes] = [statuses(), scopes()];
    simulated.enter('marketing_scope_missing');

    expect(withoutMail).to.deep.equal([403, 200, 200]);
    expect(itsScopes).to.include('marketing.read').and.not.include('mail.send');
    expect(statuses()).to.deep.equal([202, 403, 200]);
    expect(scopes()).to.include('mail.send').and.not.include('marketing.read');
  });

  it('enters the states that no request brings about', () => {
    const sent = (scenario: string): readonly unknown[] => {
      simulated.simulator.reset();
      simulated.enter(scenario);
      const answer = simulated.ask('POST /v3/mail/send', mail);
      return [answer.status, messageOf(answer)];
    };

    expect(sent('credits_exceeded')).to.deep.equal([401, 'Maximum credits exceeded']);
    expect(sent('sender_unverified')[0]).to.equal(403);
    expect(sent('key_revoked')[0]).to.equal(401);
    expect(sent('eu_host')[0]).to.equal(202);
    expect(simulated.ask('GET /v3/marketing/lists').status).to.equal(404);
  });

  it('has its own words for failures, and pages where a proxy answers', () => {
    const { simulator } = simulated;

    for (const status of [400, 401, 403, 404, 405, 406, 408, 413, 415, 429, 500]) {
      expect(simulator.failure(status)).to.include({ status });
      expect(messageOf(simulator.failure(status)), String(status)).to.be.a('string');
    }
    for (const status of [502, 503, 504]) expect(simulator.failure(status).body).to.be.a('string').that.includes('<html>');
  });

  it('refuses what it does not know, and bodies that are no JSON', () => {
    const { simulator } = simulated;

    expect(simulated.ask('GET /v3/nowhere').status).to.equal(404);
    expect(simulated.ask('PATCH /v3/scopes').status).to.equal(405);
    expect(simulated.ask('GET /v3/asm/suppressions/global/%').status).to.equal(404);
    expect(simulator.answer({ ...requestOf('POST /v3/mail/send'), malformed: true }).status).to.equal(400);
  });

  it('pages through lists by tokens', () => {
    const first = simulated.ask('GET /v3/marketing/lists?page_size=1');
    const { next, count } = fieldOf(first, '_metadata') as { readonly next: string; readonly count: number };
    const second = simulated.ask(`GET ${new URL(next).pathname}${new URL(next).search}`);

    expect(count).to.equal(2);
    expect([first, second].map((answer) => fieldOf(answer, 'result'))).to.deep.include.members([fieldOf(first, 'result')]);
    expect(fieldOf(second, 'result')).to.not.deep.equal(fieldOf(first, 'result'));
    expect(fieldOf(second, '_metadata')).to.not.have.property('next');
  });

  it('unsubscribes from everything whom a group that does not exist was meant for', () => {
    const check = (email: string): unknown => fieldOf(simulated.ask(`GET /v3/asm/suppressions/global/${email}`), 'recipient_email');

    simulated.ask('POST /v3/asm/groups/12345/suppressions', { recipient_emails: ['a@example.com'] });
    simulated.ask('POST /v3/asm/groups/999/suppressions', { recipient_emails: ['B@example.com'] });

    expect([check('a@example.com'), check('b@example.com')]).to.deep.equal([undefined, 'b@example.com']);
  });

  it('lists suppressions by time, address and page', () => {
    const listed = (query: string): unknown => simulated.ask(`GET /v3/suppression/unsubscribes?${query}`).body;
    const now = Date.UTC(2026, 10, 21, 9, 0, 0) / 1000;
    simulated.ask('POST /v3/asm/suppressions/global', { recipient_emails: ['new@example.com'] });

    expect(listed('')).to.deep.include({ email: 'new@example.com', created: now }).and.have.length(2);
    expect(listed(`start_time=${String(now)}`)).to.have.length(1);
    expect(listed(`end_time=${String(now - 1)}`)).to.have.length(1);
    expect(listed('email=Test@example.com')).to.have.length(1);
    expect(listed('limit=1&offset=2')).to.deep.equal([]);
  });
});
