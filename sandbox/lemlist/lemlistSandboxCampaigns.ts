/**
 * Campaigns, team and activities of the simulated Lemlist.
 */
import { endpoint, json, paged, sentence, type Endpoint, type EndpointCall } from './lemlistSandboxEndpoint.ts';
import { seedActivities, seedTeam, type SimulatedCampaign } from './lemlistSandboxSeeds.ts';
import type { SandboxAnswer } from '../simulation/simulator.ts';

const withCampaign =
  (answer: (campaign: SimulatedCampaign, call: EndpointCall) => SandboxAnswer): Endpoint['answer'] =>
  (call) => {
    const campaign = call.account.campaigns.get(call.params['campaignId'] ?? '');
    return campaign === undefined ? sentence(404, 'Campaign not found') : answer(campaign, call);
  };

const listCampaigns = ({ account, request: { query } }: EndpointCall): SandboxAnswer => {
  const status = query.get('status');
  const rows = [...account.campaigns.values()].filter((campaign) => status === null || campaign.status === status);
  const asRows = (campaigns: readonly SimulatedCampaign[]) =>
    campaigns.map((campaign) => ({ errors: [], ...campaign, hasError: campaign.errors !== undefined }));
  if (!query.has('page')) return json(asRows(paged(rows, query)));
  const limit = Math.min(100, Number(query.get('limit') ?? 100) || 100);
  const page = Math.max(1, Number(query.get('page')) || 1);
  const pagination = { totalRecords: rows.length, currentPage: page, totalPage: Math.ceil(rows.length / limit) };
  return json({ campaigns: asRows(rows.slice((page - 1) * limit, page * limit)), pagination });
};

const createCampaign = ({ account, body }: EndpointCall): SandboxAnswer => {
  if (typeof body['name'] !== 'string' || body['name'] === '') return sentence(400, 'Campaign name is required');
  const campaign: SimulatedCampaign = {
    _id: account.newId('cam'),
    name: body['name'],
    status: 'draft',
    createdAt: account.timestamp(),
    createdBy: seedTeam.createdBy,
    labels: [],
  };
  account.campaigns.set(campaign._id, campaign);
  return json({ _id: campaign._id, name: campaign.name, sequenceId: account.newId('seq'), scheduleIds: [account.newId('skd')] });
};

const getCampaign = withCampaign(({ _id, name, status, createdBy }) =>
  json({ _id, name, status, creator: { userId: createdBy }, senders: [] }),
);

const setStatus = (status: SimulatedCampaign['status']): Endpoint['answer'] =>
  withCampaign((campaign) => {
    campaign.status = status;
    return json({ _id: campaign._id, name: campaign.name, status });
  });

const listActivities = ({ request: { query } }: EndpointCall): SandboxAnswer => {
  if (query.get('version') !== 'v2') return sentence(400, 'version is required');
  const filters = ['type', 'campaignId', 'leadId'] as const;
  const rows = seedActivities.filter((activity) => filters.every((name) => !query.has(name) || query.get(name) === activity[name]));
  return json(paged(rows, query));
};

const getTeam = ({ account }: EndpointCall): SandboxAnswer =>
  json(account.showsKeyInTeam ? { ...seedTeam, apiKey: 'lemlist-sandbox-key', billing: { ok: true } } : seedTeam);

const getCredits = ({ account: { credits } }: EndpointCall): SandboxAnswer =>
  json({ credits, details: { remaining: { total: credits, freemium: 0, subscription: credits, gifted: 0, paid: 0 } } });

export const campaignEndpoints: readonly Endpoint[] = [
  endpoint('GET /campaigns', listCampaigns),
  endpoint('POST /campaigns', createCampaign),
  endpoint('GET /campaigns/:campaignId', getCampaign),
  endpoint('POST /campaigns/:campaignId/pause', setStatus('paused')),
  endpoint('POST /campaigns/:campaignId/start', setStatus('running')),
  endpoint('GET /activities', listActivities),
  endpoint('GET /team', getTeam),
  endpoint('GET /team/credits', getCredits),
];
