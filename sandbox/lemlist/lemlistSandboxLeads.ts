/**
 * Leads of the simulated Lemlist, with the statuses it gives to duplicates and to leads long gone.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { endpoint, json, paged, sentence, type Endpoint, type EndpointCall } from './lemlistSandboxEndpoint.ts';
import type { SimulatedCampaign, SimulatedLead } from './lemlistSandboxSeeds.ts';

const ENRICHMENT_FLAGS = ['linkedinEnrichment', 'findEmail', 'verifyEmail', 'findPhone'] as const;
const MAX_CAMPAIGN_LEADS = 500;

const flat = (lead: SimulatedLead): Record<string, unknown> => ({
  ...lead.variables,
  _id: lead._id,
  isPaused: lead.isPaused,
  campaignId: lead.campaignId,
  contactId: lead.contactId,
  emailStatus: 'deliverable',
});

const nested = (lead: SimulatedLead, campaign: SimulatedCampaign | undefined): Record<string, unknown> => ({
  _id: lead._id,
  updatedAt: lead.updatedAt,
  isPaused: lead.isPaused,
  state: lead.state,
  status: lead.isPaused ? 'paused' : 'review',
  personalized: false,
  source: 'api',
  variables: lead.variables,
  contactId: lead.contactId,
  enrichment: { emailStatus: 'deliverable' },
  campaign: { id: lead.campaignId, name: campaign?.name, status: campaign?.status },
  sendingUser: {},
});

const nestedIn = ({ account }: EndpointCall, lead: SimulatedLead): Record<string, unknown> =>
  nested(lead, account.campaigns.get(lead.campaignId));

/** Why a lead cannot be added, or `undefined`. Looks only at emails. */
const refusal = ({ account, request, body }: EndpointCall, campaignId: string): SandboxAnswer | undefined => {
  const email = body['email'];
  const known = typeof email === 'string' ? account.leadsByEmail(email) : [];
  if (known.some((lead) => lead.campaignId === campaignId)) return sentence(400, 'Lead already in the campaign');
  if (request.query.get('deduplicate') !== 'true' || known.length === 0) return undefined;
  return sentence(account.duplicateStatus(), 'Lead already in other campaign');
};

const addLead = (call: EndpointCall): SandboxAnswer => {
  const { account, request, body, params } = call;
  const campaign = account.campaigns.get(params['campaignId'] ?? '');
  if (campaign === undefined) return sentence(404, 'Campaign not found');
  const refused = refusal(call, campaign._id);
  if (refused !== undefined) return refused;
  const cost = ENRICHMENT_FLAGS.filter((flag) => request.query.get(flag) === 'true').length;
  if (cost > account.credits) return sentence(402, 'Insufficient credits');
  account.credits -= cost;
  const { _id, isPaused, contactId } = account.addLead(campaign._id, body);
  return json({ campaignId: campaign._id, campaignName: campaign.name, ...body, _id, isPaused, contactId });
};

const listCampaignLeads = ({ account, request: { query }, params }: EndpointCall): SandboxAnswer => {
  const campaign = account.campaigns.get(params['campaignId'] ?? '');
  if (campaign === undefined) return sentence(404, 'Campaign not found');
  const state = query.get('state');
  const rows = [...account.leads.values()].filter(
    (lead) => lead.campaignId === campaign._id && (state === null || state === 'all' || lead.state === state),
  );
  return json(paged(rows, query, MAX_CAMPAIGN_LEADS).map(({ _id, contactId, state: current }) => ({ _id, contactId, state: current })));
};

const getByEmail = (call: EndpointCall): SandboxAnswer => {
  const rows = call.account.leadsByEmail(call.params['email'] ?? '');
  return rows.length === 0 ? sentence(404, 'Lead not found') : json(rows.map((lead) => nestedIn(call, lead)));
};

const getOne = (call: EndpointCall): SandboxAnswer => {
  const { query } = call.request;
  const found = call.account.leads.get(query.get('id') ?? '') ?? call.account.leadsByEmail(query.get('email') ?? '')[0];
  return found === undefined ? sentence(404, 'Lead not found') : json(nestedIn(call, found));
};

/** A lead of the campaign named in the path, alive; else its refusal. */
const withLead =
  (answer: (lead: SimulatedLead, call: EndpointCall) => SandboxAnswer): Endpoint['answer'] =>
  (call) => {
    const campaignId = call.params['campaignId'] ?? call.request.query.get('campaignId') ?? '';
    if (!call.account.campaigns.has(campaignId)) return sentence(404, 'Campaign not found');
    const lead = call.account.leadIn(campaignId, call.params['leadId'] ?? '');
    if (lead === undefined) return sentence(404, 'Lead not found');
    return lead.isBuried ? sentence(500, 'Lead in graveyard') : answer(lead, call);
  };

const updateLead = withLead((lead, { account, body }) => {
  lead.variables = { ...lead.variables, ...body };
  lead.updatedAt = account.timestamp();
  return json(flat(lead));
});

/** `action=remove` takes the lead out; without it the person is unsubscribed and the lead stays. */
const deleteLead = withLead((lead, { account, request }) => {
  if (request.query.get('action') === 'remove') {
    account.leads.delete(lead._id);
    return json(flat(lead));
  }
  lead.state = 'unsubscribed';
  if (typeof lead.variables['email'] === 'string') account.unsubscribe(lead.variables['email'], 'LEAD');
  return json(flat(lead));
});

const aboutLead = ({ _id, campaignId, contactId, variables }: SimulatedLead) => ({
  leadId: _id,
  campaignId,
  contactId,
  leadEmail: variables['email'],
});

const setPaused = (isPaused: boolean): Endpoint['answer'] =>
  withLead((lead, { account }) => {
    if (lead.isPaused !== isPaused) account.tell(isPaused ? 'paused' : 'resumed', aboutLead(lead));
    lead.isPaused = isPaused;
    return json([flat(lead)]);
  });

export const leadEndpoints: readonly Endpoint[] = [
  endpoint('POST /campaigns/:campaignId/leads/', addLead),
  endpoint('GET /campaigns/:campaignId/leads/', listCampaignLeads),
  endpoint('PATCH /campaigns/:campaignId/leads/:leadId', updateLead),
  endpoint('DELETE /campaigns/:campaignId/leads/:leadId', deleteLead),
  endpoint('GET /leads', getOne),
  endpoint('GET /leads/:email', getByEmail),
  endpoint('POST /leads/pause/:leadId', setPaused(true)),
  endpoint('POST /leads/start/:leadId', setPaused(false)),
];
