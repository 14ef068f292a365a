import { expect } from 'chai';
import { lemlistSimulator } from '../../../../sandbox/lemlist/lemlistSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';

const CAMPAIGN = 'cam_bSn8EORHQxbWPjHvu';
const RUNNING = 'cam_4HrZbi8xsez4QlrnL';
const LEAD = 'lea_fiDpiGV585wy3Oii2';
const EMAIL = 'support@lemlist.com';
const basic = (credential: string): string => `Basic ${Buffer.from(credential).toString('base64')}`;

describe('simulated Lemlist', () => {
  let now: number;
  let simulator: SimulatorInstance;

  beforeEach(() => {
    now = Date.UTC(2026, 10, 21, 9, 2, 40);
    simulator = lemlistSimulator.create({ now: () => now, random: () => 0.25 });
  });

  const requestOf = (where: string, body?: unknown, authorization = basic(':sandbox-key')): SandboxRequest => {
    const [method = '', target = ''] = where.split(' ');
    const [path = '', query = ''] = target.split('?');
    const headers: SandboxRequest['headers'] = authorization === '' ? {} : { authorization };
    return { method, path, query: new URLSearchParams(query), headers, body, malformed: false };
  };

  const ask = (...asked: Parameters<typeof requestOf>): SandboxAnswer => simulator.answer(requestOf(...asked));

  const enter = (scenario: string): void => {
    const begin = simulator.scenarios[scenario];
    if (begin === undefined) throw new Error(`no scenario ${scenario}`);
    begin();
  };

  const statusAndText = ({ status, body }: SandboxAnswer): readonly unknown[] => [status, body];

  it('wants Basic with an empty user, and refuses Bearer in a sentence', () => {
    const bearer = ask('GET /team', undefined, 'Bearer sandbox-key');

    expect(ask('GET /team').status).to.equal(200);
    expect(statusAndText(bearer)).to.deep.equal([401, 'The authentication you supplied is incorrect']);
    expect(ask('GET /team', undefined, basic('user:sandbox-key')).status).to.equal(401);
    expect(ask('GET /team', undefined, basic(':')).status).to.equal(401);
    expect(statusAndText(ask('GET /team', undefined, ''))).to.deep.equal([400, 'No API key provided']);
  });

  it('grants 20 requests in 2 seconds, all routes together, and new ones after that', () => {
    const statuses = Array.from({ length: 21 }, (_, index) => ask(index % 2 === 0 ? 'GET /team' : 'GET /campaigns').status);
    now += 2_000;

    expect(statuses.filter((status) => status === 200)).to.have.length(20);
    expect(statuses.at(-1)).to.equal(429);
    expect(ask('GET /team').status).to.equal(200);
  });

  it('sends Retry-After on successes, and the reset as a date for people', () => {
    const { headers } = ask('GET /team');

    expect(headers).to.deep.equal({
      'retry-after': '2',
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '19',
      'x-ratelimit-reset': 'Sat Nov 21 2026 09:02:42 GMT+0000 (Coordinated Universal Time)',
    });
  });

  it('says no as text when it throttles', () => {
    const answer = simulator.throttled(requestOf('GET /team'));

    expect(answer.body).to.equal('Too Many Requests');
    expect(answer.headers).to.include({ 'retry-after': '2', 'x-ratelimit-remaining': '0', 'content-type': 'text/plain; charset=utf-8' });
  });

  it('looks for duplicates in other campaigns only when asked', () => {
    expect(ask(`POST /campaigns/${RUNNING}/leads/?deduplicate=true`, { email: EMAIL }).body).to.equal('Lead already in other campaign');
    expect(ask(`POST /campaigns/${RUNNING}/leads/`, { email: EMAIL }).status).to.equal(200);
  });

  it('answers a duplicate of another campaign with 500 until 2026-09-09, with 409 since, or as a scenario has it', () => {
    const duplicate = (): number => ask(`POST /campaigns/${RUNNING}/leads/?deduplicate=true`, { email: EMAIL }).status;
    const today = duplicate();
    enter('duplicate_as_500');
    const asBefore = duplicate();
    simulator.reset();
    now = Date.UTC(2026, 7, 31);
    const before = duplicate();
    enter('duplicate_as_409');

    expect([today, asBefore, before, duplicate()]).to.deep.equal([409, 500, 500, 409]);
  });

  it('wants the trailing slash of the path for leads', () => {
    expect(ask(`POST /campaigns/${CAMPAIGN}/leads`, { email: 'new@example.com' }).status).to.equal(404);
  });

  it('removes a lead by action=remove', () => {
    ask(`DELETE /campaigns/${CAMPAIGN}/leads/${LEAD}?action=remove`);

    expect(ask(`GET /leads/${encodeURIComponent(EMAIL)}?version=v2`).status).to.equal(404);
    expect(ask(`GET /v2/unsubscribes/variables/${encodeURIComponent(EMAIL)}`).status).to.equal(404);
  });

  it('only unsubscribes a lead without action=remove, for good', () => {
    ask(`DELETE /campaigns/${CAMPAIGN}/leads/${LEAD}`);

    expect(ask(`GET /leads?id=${LEAD}`).body).to.include({ state: 'unsubscribed' });
    expect(ask(`GET /v2/unsubscribes/variables/${encodeURIComponent(EMAIL)}`).body).to.include({ source: 'LEAD' });
    expect(ask(`DELETE /v2/unsubscribes/variables/${encodeURIComponent(EMAIL)}`).status).to.equal(409);
  });

  it('unsubscribes as often as asked with one result, and takes it back', () => {
    const first = ask('POST /v2/unsubscribes/variables/%40example.org');
    const second = ask('POST /v2/unsubscribes/variables/%40example.org');
    ask('DELETE /v2/unsubscribes/variables/%40example.org');

    expect(second.body).to.deep.equal(first.body);
    expect(ask('GET /v2/unsubscribes/variables/%40example.org').status).to.equal(404);
  });

  it('answers a bulk unsubscribe with a bare sentence labelled JSON', () => {
    const answer = ask('POST /v2/unsubscribes/variables', { values: ['@example.org'] });

    expect(answer.body).to.equal('Variables unsubscribed');
    expect(answer.headers).to.include({ 'content-type': 'application/json; charset=utf-8' });
    expect(ask('GET /v2/unsubscribes/variables').body).to.have.length(3);
  });

  it('charges for enrichment, and answers 402 when the credits are spent', () => {
    ask(`POST /campaigns/${RUNNING}/leads/?findEmail=true&findPhone=true`, { email: 'new@example.com' });
    const left = ask('GET /team/credits').body;
    enter('out_of_credits');

    const answer = ask(`POST /campaigns/${RUNNING}/leads/?findEmail=true`, { email: 'newer@example.com' });

    expect(left).to.include({ credits: 498 });
    expect(statusAndText(answer)).to.deep.equal([402, 'Insufficient credits']);
  });

  it('creates, starts, pauses and pages campaigns', () => {
    const { _id: id } = ask('POST /campaigns', { name: 'Spring' }).body as { readonly _id: string };
    ask(`POST /campaigns/${id}/start`);
    const started = ask(`GET /campaigns/${id}`).body;
    ask(`POST /campaigns/${id}/pause`);

    expect(started).to.include({ name: 'Spring', status: 'running' });
    expect(ask(`GET /campaigns/${id}`).body).to.include({ status: 'paused' });
    expect(ask('GET /campaigns?version=v2&limit=1&offset=1').body).to.have.length(1);
    expect(ask('GET /campaigns?version=v2&limit=3&page=2').body).to.have.nested.property('campaigns.length', 1);
    expect(ask('POST /campaigns', {}).status).to.equal(400);
  });

  it('changes and pauses a lead, and lists it', () => {
    ask(`PATCH /campaigns/${CAMPAIGN}/leads/${LEAD}`, { city: 'Paris' });
    ask(`POST /leads/pause/${LEAD}?campaignId=${CAMPAIGN}`);

    expect(ask(`GET /leads?id=${LEAD}`).body).to.have.nested.property('variables.city', 'Paris');
    expect(ask(`GET /leads?id=${LEAD}`).body).to.include({ isPaused: true });
    expect(ask(`GET /campaigns/${CAMPAIGN}/leads/?limit=10`).body).to.deep.equal([
      { _id: LEAD, contactId: 'ctc_xW8Ou6C03Csv8vatp', state: 'scanned' },
    ]);
  });

  it('finds, creates and updates contacts by one identifier', () => {
    const created = ask('POST /contacts', { email: 'new@example.com', firstName: 'New', lastName: null });
    const updated = ask('POST /contacts', { email: 'new@example.com', firstName: 'Newer' });

    const found = ask('GET /contacts?idsOrEmails=new@example.com,nobody@example.com');

    expect([created.status, updated.status]).to.deep.equal([201, 200]);
    expect(found.body).to.have.nested.property('[0].fields.firstName', 'Newer');
    expect(ask('POST /contacts', { firstName: 'Nobody' }).body).to.have.nested.property('error.code', 'MISSING_IDENTIFIER');
  });

  it('wants version=v2 for activities, and filters them', () => {
    expect(ask('GET /activities').status).to.equal(400);
    expect(ask('GET /activities?version=v2&type=emailsSent').body).to.have.length(1);
  });

  it('calls bad input a failure of its own on the deprecated route', () => {
    expect(statusAndText(ask('GET /unsubscribes/nobody'))).to.deep.equal([500, 'Invalid email address or domain']);
  });

  it('shows the key in the team, or refuses it, as a scenario has it', () => {
    enter('team_shows_key');
    const team = ask('GET /team').body;
    enter('key_revoked');

    expect(team).to.have.property('apiKey');
    expect(ask('GET /team').status).to.equal(401);
  });

  it('knows unknown paths and methods, and a body that is no JSON', () => {
    const malformed = simulator.answer({ ...requestOf('POST /campaigns'), malformed: true });
    const unknown = [ask('GET /nowhere'), ask('PUT /team'), ask('GET /leads/%E0%A4%A')];

    expect([...unknown, malformed].map(({ status }) => status)).to.deep.equal([404, 405, 404, 400]);
  });

  it('has a body of its own for an injected failure', () => {
    expect(simulator.failure(503)).to.deep.include({ status: 503, body: 'Service Unavailable' });
    expect(simulator.failure(418)).to.deep.include({ status: 418, body: 'Error' });
  });
});
