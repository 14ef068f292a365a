import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import {
  CircuitOpenError,
  OutcomeUnknownError,
  UpstreamContractBrokenError,
  UpstreamRejectedError,
} from '../../../../src/errors/upstreamErrors.ts';
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';
import { lemlist } from '../../../../src/services/lemlist/lemlist.ts';
import type { LemlistClient } from '../../../../src/services/lemlist/lemlistClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { httpHouse, json, scriptedWire, type HttpHouse, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';

const CAMPAIGN = 'cam_bSn8EORHQxbWPjHvu';
const LEAD = 'lea_fiDpiGV585wy3Oii2';

const text = (status: number, body: string, contentType = 'text/plain'): HttpResponse => ({
  status,
  headers: { 'content-type': contentType },
  body,
});

const calls: readonly (readonly [string, (client: LemlistClient) => Promise<unknown>, string])[] = [
  [
    'listCampaigns',
    (client) => client.listCampaigns({ limit: 10, status: 'running' }),
    'GET /campaigns?version=v2&limit=10&status=running',
  ],
  ['createCampaign', (client) => client.createCampaign({ name: 'Spring' }), 'POST /campaigns {"name":"Spring"}'],
  ['getCampaign', (client) => client.getCampaign(CAMPAIGN), `GET /campaigns/${CAMPAIGN}`],
  ['pauseCampaign', (client) => client.pauseCampaign(CAMPAIGN), `POST /campaigns/${CAMPAIGN}/pause`],
  ['startCampaign', (client) => client.startCampaign(CAMPAIGN), `POST /campaigns/${CAMPAIGN}/start`],
  [
    'addLead',
    (client) => client.addLead(CAMPAIGN, { email: 'ada@example.com', favourite: 'tea' }, { deduplicate: true, findPhone: false }),
    `POST /campaigns/${CAMPAIGN}/leads/?deduplicate=true&findPhone=false {"email":"ada@example.com","favourite":"tea"}`,
  ],
  ['getLeadsByEmail', (client) => client.getLeadsByEmail('a/b@example.com'), 'GET /leads/a%2Fb%40example.com?version=v2'],
  ['getLead', (client) => client.getLead({ id: LEAD }), `GET /leads?id=${LEAD}&version=v2`],
  ['listCampaignLeads', (client) => client.listCampaignLeads(CAMPAIGN, { limit: 500 }), `GET /campaigns/${CAMPAIGN}/leads/?limit=500`],
  [
    'updateLead',
    (client) => client.updateLead(CAMPAIGN, LEAD, { city: 'Paris' }),
    `PATCH /campaigns/${CAMPAIGN}/leads/${LEAD} {"city":"Paris"}`,
  ],
  ['pauseLead', (client) => client.pauseLead(CAMPAIGN, LEAD), `POST /leads/pause/${LEAD}?campaignId=${CAMPAIGN}`],
  ['resumeLead', (client) => client.resumeLead(CAMPAIGN, LEAD), `POST /leads/start/${LEAD}?campaignId=${CAMPAIGN}`],
  ['removeLead', (client) => client.removeLead(CAMPAIGN, LEAD), `DELETE /campaigns/${CAMPAIGN}/leads/${LEAD}?action=remove`],
  ['unsubscribe', (client) => client.unsubscribe({ value: '@example.org' }), 'POST /v2/unsubscribes/variables/%40example.org'],
  [
    'bulkUnsubscribe',
    (client) => client.bulkUnsubscribe({ values: ['@example.org'] }),
    'POST /v2/unsubscribes/variables {"values":["@example.org"]}',
  ],
  ['getUnsubscribe', (client) => client.getUnsubscribe('+33112345678'), 'GET /v2/unsubscribes/variables/%2B33112345678'],
  [
    'removeUnsubscribe',
    (client) => client.removeUnsubscribe('https://linkedin.com/in/ada'),
    'DELETE /v2/unsubscribes/variables/https%3A%2F%2Flinkedin.com%2Fin%2Fada',
  ],
  ['listUnsubscribes', (client) => client.listUnsubscribes({ offset: 100 }), 'GET /v2/unsubscribes/variables?offset=100'],
  ['listActivities', (client) => client.listActivities({ type: 'emailsSent' }), 'GET /activities?version=v2&type=emailsSent'],
  ['getTeam', (client) => client.getTeam(), 'GET /team'],
  ['getTeamCredits', (client) => client.getTeamCredits(), 'GET /team/credits'],
  ['upsertContact', (client) => client.upsertContact({ email: 'ada@example.com' }), 'POST /contacts {"email":"ada@example.com"}'],
  ['getContacts', (client) => client.getContacts(['ctc_1', 'ada@example.com']), 'GET /contacts?idsOrEmails=ctc_1,ada%40example.com'],
];

const lineOf = ({ method, path, body }: HttpRequest): string =>
  `${method} ${path.replace('/api', '')}${body === undefined ? '' : ` ${body}`}`;

describe('LemlistClient', () => {
  let house: HttpHouse;
  let wire: ScriptedWire;

  const clientOver = (...replies: readonly Reply[]): LemlistClient => {
    wire = scriptedWire(...replies);
    house = httpHouse(wire.transport, {
      classify: lemlist.classify,
      target: targetFrom(lemlist.baseUrl, lemlist.authenticate('key')),
      policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 1 } } },
    });
    return lemlist.mount(house.http).client;
  };

  afterEach(() => {
    house.close();
  });

  for (const [method, call, line] of calls) {
    it(`sends ${method} as Lemlist documents it`, async () => {
      const client = clientOver(text(404, 'Not Found'));

      await errorOf(call(client), UpstreamRejectedError);

      expect(wire.sent.map(lineOf)).to.deep.equal([line]);
    });
  }

  it('signs with an empty user name and the key as password', async () => {
    const client = clientOver(json(200, { _id: 'tea_1' }));

    await client.getTeam();

    const signatures = Object.entries(wire.sent[0]?.headers ?? {}).filter(([name]) => name.toLowerCase() === 'authorization');
    expect(signatures.map(([, value]) => value)).to.deep.equal([`Basic ${Buffer.from(':key').toString('base64')}`]);
  });

  for (const id of ['', '..', '../team', 'cam_1/leads', 'cam_%2e%2e', 'cam_1?x=1', 'cam_1\u0000', 'lea_1', `cam_${'a'.repeat(10_000)}`]) {
    it(`refuses the campaign id ${JSON.stringify(id.slice(0, 20))} (${String(id.length)} characters) before sending`, async () => {
      const client = clientOver(json(200, {}));

      await errorOf(client.getCampaign(id), InvalidRequestError);

      expect(wire.sent).to.deep.equal([]);
    });
  }

  it('refuses emails and values that could leave their place in a path', async () => {
    const client = clientOver(json(200, []));

    for (const value of ['', '.', '..', 'a\nb@example.com', '\ud800']) {
      await errorOf(client.getLeadsByEmail(value), InvalidRequestError);
      await errorOf(client.unsubscribe({ value }), InvalidRequestError);
    }

    expect(wire.sent).to.deep.equal([]);
  });

  it('refuses more values and contacts than Lemlist takes at once', async () => {
    const client = clientOver(json(200, []));

    await errorOf(client.bulkUnsubscribe({ values: [] }), InvalidRequestError);
    await errorOf(client.bulkUnsubscribe({ values: Array.from({ length: 10_001 }, () => '@example.org') }), InvalidRequestError);
    await errorOf(client.getContacts(Array.from({ length: 101 }, () => 'ctc_1')), InvalidRequestError);
    await errorOf(client.getContacts(['ctc_1,ctc_2']), InvalidRequestError);

    expect(wire.sent).to.deep.equal([]);
  });

  it('takes campaigns as an array and as an object with pagination', async () => {
    const row = { _id: 'cam_1', name: 'One', labels: [] };
    const client = clientOver(json(200, [row]), json(200, { campaigns: [row], pagination: { currentPage: 1 } }));

    const first = await client.listCampaigns();
    const second = await client.listCampaigns({ page: 1 });

    expect(first).to.deep.equal({ campaigns: [row] });
    expect(second).to.deep.equal({ campaigns: [row], pagination: { currentPage: 1 } });
  });

  it('takes a bare sentence labelled JSON for the acknowledgement it is', async () => {
    const client = clientOver(text(200, 'Variables unsubscribed', 'application/json'));

    const answer = await client.bulkUnsubscribe({ values: ['@example.org'] });

    expect(answer).to.deep.equal({ rows: [{ index: 0, outcome: 'made' }], made: 1, refused: 0 });
  });

  it('does not take a page of markup for an acknowledgement', async () => {
    const client = clientOver(text(200, '<html><body>Maintenance</body></html>', 'application/json'));

    await errorOf(client.pauseCampaign(CAMPAIGN), UpstreamContractBrokenError);
  });

  it('finds a contact by its address, and says so where there is none', async () => {
    const client = clientOver(json(200, [{ _id: 'ctc_1' }]), json(200, []));

    const contact = await client.findContact('ada@example.com');
    const error = await errorOf(client.findContact('nobody@example.com'), UpstreamRejectedError);

    expect(contact).to.deep.equal({ _id: 'ctc_1' });
    expect(error).to.include({ status: 404, reason: 'contact_not_found' });
  });

  it('drops the API key, hooks and webhooks from the team', async () => {
    const secrets = { apiKey: 'k', hooks: [{ secret: 's' }], slackWebhook: { url: 'u' } };
    const client = clientOver(json(200, { _id: 'tea_1', ...secrets, billing: { ok: true } }));

    const team = await client.getTeam();

    expect(team).to.deep.equal({ _id: 'tea_1', billing: { ok: true } });
  });

  it('keeps the circuit closed through any number of duplicates and buried leads', async () => {
    const client = clientOver(text(500, 'Lead already in other campaign'), text(500, 'Lead in graveyard'));

    await errorOf(client.addLead(CAMPAIGN, { email: 'ada@example.com' }), UpstreamRejectedError);
    await errorOf(client.updateLead(CAMPAIGN, LEAD, { city: 'Paris' }), UpstreamRejectedError);

    expect(client.getCircuitState().state).to.equal('closed');
  });

  it('says that the outcome of adding a lead is unknown after a server error', async () => {
    const client = clientOver(text(500, 'Internal Server Error'));

    await errorOf(client.addLead(CAMPAIGN, { email: 'ada@example.com' }), OutcomeUnknownError);

    expect(wire.sent).to.have.length(1);
  });

  it('fails a write that meets an open circuit, and queues nothing', async () => {
    const client = clientOver(text(500, 'Internal Server Error'));
    await errorOf(client.createCampaign({ name: 'One' }), OutcomeUnknownError);

    await errorOf(client.addLead(CAMPAIGN, { email: 'ada@example.com' }), CircuitOpenError);

    expect(wire.sent).to.have.length(1);
  });

  it('reports its health by the team, its circuit and its figures', async () => {
    const client = clientOver(json(200, { _id: 'tea_1' }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(wire.sent.map(lineOf)).to.deep.equal(['GET /team']);
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});

describe('quota headers of Lemlist', () => {
  it('are read as a window of two seconds, with its end by a date written for people', () => {
    const headers = {
      date: 'Tue, 16 Feb 2021 08:02:40 GMT',
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '7',
      'x-ratelimit-reset': 'Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)',
      'retry-after': '2',
    };

    const readings = lemlist.readQuota(headers, { operation: 'get_team', wallTime: 7_000 });

    expect(readings).to.deep.equal([{ window: 'two_seconds', limit: 20, remaining: 7, resetAt: 9_000 }]);
  });
});
