/**
 * A Lemlist to try things on: Basic with an empty user, 20 requests per 2 s, errors as sentences, duplicates in all
 * three statuses. What the documentation leaves open is marked in docs/services/lemlist.md.
 */
import { commaSeparated, type Fields } from '../simulation/fields.ts';
import { offsetPage } from '../simulation/paging.ts';
import { createRouter, type Call, type Handler, type Routes } from '../simulation/router.ts';
import { defineSimulator, withHeaders, type SandboxAnswer, type SandboxRequest } from '../simulation/simulator.ts';
import { failures, LemlistAccount, lemlistWebhooks, type Campaign, type Contact, type Lead, type Unsubscribe } from './lemlistAccount.ts';

const MAX_PAGE = 100;
const MAX_CAMPAIGN_LEADS = 500;
const MAX_BULK = 10_000;
const ENRICHMENT_FLAGS = ['linkedinEnrichment', 'findEmail', 'verifyEmail', 'findPhone'] as const;

/** Most of what Lemlist answers to a mistake. */
const sentence = (status: number, body: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
const json = (body: unknown, status = 200): SandboxAnswer => ({ status, body });

const failureOf = (status: number): SandboxAnswer => sentence(status, failures[status] ?? 'Error');

const campaignNotFound = sentence(404, 'Campaign not found');
const leadNotFound = sentence(404, 'Lead not found');
const variableNotFound = sentence(404, 'Variable not found');

type LemlistCall = Call<LemlistAccount>;
type LemlistHandler = Handler<LemlistAccount>;

const paged = <Row>(rows: readonly Row[], query: URLSearchParams, most = MAX_PAGE): readonly Row[] =>
  offsetPage(rows, query, { size: 'limit', standard: MAX_PAGE, most });

const withCampaign =
  (respond: (campaign: Campaign, call: LemlistCall) => SandboxAnswer): LemlistHandler =>
  (call) => {
    const campaign = call.account.campaigns.get(call.param('campaignId'));
    return campaign === undefined ? campaignNotFound : respond(campaign, call);
  };

const asRows = (campaigns: readonly Campaign[]) =>
  campaigns.map((campaign) => ({ errors: [], ...campaign, hasError: campaign.errors !== undefined }));

const listCampaigns: LemlistHandler = ({ account, query }) => {
  const status = query.get('status');
  const rows = [...account.campaigns.values()].filter((campaign) => status === null || campaign.status === status);
  if (!query.has('page')) return json(asRows(paged(rows, query)));
  const limit = Math.min(MAX_PAGE, Number(query.get('limit') ?? MAX_PAGE) || MAX_PAGE);
  const page = Math.max(1, Number(query.get('page')) || 1);
  const pagination = { totalRecords: rows.length, currentPage: page, totalPage: Math.ceil(rows.length / limit) };
  return json({ campaigns: asRows(rows.slice((page - 1) * limit, page * limit)), pagination });
};

const createCampaign: LemlistHandler = ({ account, body: { name } }) => {
  if (typeof name !== 'string' || name === '') return sentence(400, 'Campaign name is required');
  const { createdBy } = account.seeds.team;
  const campaign = { _id: account.newId('cam'), name, status: 'draft', createdAt: account.timestamp(), createdBy, labels: [] };
  account.campaigns.set(campaign._id, campaign);
  return json({ _id: campaign._id, name, sequenceId: account.newId('seq'), scheduleIds: [account.newId('skd')] });
};

const setStatus = (status: string): LemlistHandler =>
  withCampaign((campaign) => {
    campaign.status = status;
    return json({ _id: campaign._id, name: campaign.name, status });
  });

const listActivities: LemlistHandler = ({ account, query }) => {
  if (query.get('version') !== 'v2') return sentence(400, 'version is required');
  const filters = ['type', 'campaignId', 'leadId'] as const;
  const rows = account.seeds.activities.filter((row) => filters.every((name) => !query.has(name) || query.get(name) === row[name]));
  return json(paged(rows, query));
};

const campaignRoutes: Routes<LemlistAccount> = {
  'GET /campaigns': listCampaigns,
  'POST /campaigns': createCampaign,
  'GET /campaigns/:campaignId': withCampaign(({ _id, name, status, createdBy }) =>
    json({ _id, name, status, creator: { userId: createdBy }, senders: [] }),
  ),
  'POST /campaigns/:campaignId/pause': setStatus('paused'),
  'POST /campaigns/:campaignId/start': setStatus('running'),
  'GET /activities': listActivities,
  'GET /team': ({ account: { showsKeyInTeam, seeds } }) =>
    json(showsKeyInTeam ? { ...seeds.team, apiKey: 'lemlist-sandbox-key', billing: { ok: true } } : seeds.team),
  'GET /team/credits': ({ account: { credits } }) =>
    json({ credits, details: { remaining: { total: credits, freemium: 0, subscription: credits, gifted: 0, paid: 0 } } }),
};

const flat = ({ variables, _id, isPaused, campaignId, contactId }: Lead): Fields => ({
  ...variables,
  _id,
  isPaused,
  campaignId,
  contactId,
  emailStatus: 'deliverable',
});

const nested = ({ account }: LemlistCall, { _id, updatedAt, isPaused, state, variables, contactId, campaignId }: Lead): Fields => {
  const campaign = account.campaigns.get(campaignId);
  return {
    _id,
    updatedAt,
    isPaused,
    state,
    status: isPaused ? 'paused' : 'review',
    personalized: false,
    source: 'api',
    variables,
    contactId,
    enrichment: { emailStatus: 'deliverable' },
    campaign: { id: campaignId, name: campaign?.name, status: campaign?.status },
    sendingUser: {},
  };
};

/** Why a lead cannot be added, or `undefined`. Looks only at emails. */
const duplicate = ({ account, query, body: { email } }: LemlistCall, campaignId: string): SandboxAnswer | undefined => {
  const known = typeof email === 'string' ? account.leadsByEmail(email) : [];
  if (known.some((lead) => lead.campaignId === campaignId)) return sentence(400, 'Lead already in the campaign');
  if (query.get('deduplicate') !== 'true' || known.length === 0) return undefined;
  return sentence(account.duplicateStatus(), 'Lead already in other campaign');
};

const addLead = withCampaign(({ _id: campaignId, name: campaignName }, call) => {
  const { account, query, body } = call;
  const refused = duplicate(call, campaignId);
  if (refused !== undefined) return refused;
  const cost = ENRICHMENT_FLAGS.filter((flag) => query.get(flag) === 'true').length;
  if (cost > account.credits) return failureOf(402);
  account.credits -= cost;
  const { _id, isPaused, contactId } = account.addLead(campaignId, body);
  return json({ campaignId, campaignName, ...body, _id, isPaused, contactId });
});

const listCampaignLeads = withCampaign((campaign, { account, query }) => {
  const wanted = query.get('state') ?? 'all';
  const rows = [...account.leads.values()].filter(
    ({ campaignId, state }) => campaignId === campaign._id && (wanted === 'all' || state === wanted),
  );
  return json(paged(rows, query, MAX_CAMPAIGN_LEADS).map(({ _id, contactId, state }) => ({ _id, contactId, state })));
});

/** A lead of the campaign named in the path or the query, alive; else its refusal. */
const withLead =
  (respond: (lead: Lead, call: LemlistCall) => SandboxAnswer): LemlistHandler =>
  (call) => {
    const { account, query, param } = call;
    const campaignId = param('campaignId') || (query.get('campaignId') ?? '');
    if (!account.campaigns.has(campaignId)) return campaignNotFound;
    const lead = account.leadIn(campaignId, param('leadId'));
    if (lead === undefined) return leadNotFound;
    return lead.isBuried ? sentence(500, 'Lead in graveyard') : respond(lead, call);
  };

const setPaused = (isPaused: boolean): LemlistHandler =>
  withLead((lead, { account }) => {
    const { _id: leadId, campaignId, contactId, variables } = lead;
    const about = { leadId, campaignId, contactId, leadEmail: variables['email'] };
    if (lead.isPaused !== isPaused) account.tell(isPaused ? 'paused' : 'resumed', about);
    lead.isPaused = isPaused;
    return json([flat(lead)]);
  });

const leadRoutes: Routes<LemlistAccount> = {
  'POST /campaigns/:campaignId/leads/': addLead,
  'GET /campaigns/:campaignId/leads/': listCampaignLeads,
  'PATCH /campaigns/:campaignId/leads/:leadId': withLead((lead, { account, body }) => {
    lead.variables = { ...lead.variables, ...body };
    lead.updatedAt = account.timestamp();
    return json(flat(lead));
  }),
  // `action=remove` takes the lead out; without it the person is unsubscribed and the lead stays.
  'DELETE /campaigns/:campaignId/leads/:leadId': withLead((lead, { account, query }) => {
    const { email } = lead.variables;
    if (query.get('action') === 'remove') {
      account.leads.delete(lead._id);
    } else {
      lead.state = 'unsubscribed';
      if (typeof email === 'string') account.unsubscribe(email, 'LEAD');
    }
    return json(flat(lead));
  }),
  'GET /leads': (call) => {
    const { account, query } = call;
    const found = account.leads.get(query.get('id') ?? '') ?? account.leadsByEmail(query.get('email') ?? '')[0];
    return found === undefined ? leadNotFound : json(nested(call, found));
  },
  'GET /leads/:email': (call) => {
    const rows = call.account.leadsByEmail(call.param('email'));
    return rows.length === 0 ? leadNotFound : json(rows.map((lead) => nested(call, lead)));
  },
  'POST /leads/pause/:leadId': setPaused(true),
  'POST /leads/start/:leadId': setPaused(false),
};

/** What a contact is found by. */
const IDENTIFIERS: readonly string[] = ['contactId', 'email', 'linkedinUrl'];

const knownContact = (account: LemlistAccount, { contactId, email, linkedinUrl }: Fields): Contact | undefined => {
  if (typeof contactId === 'string') return account.contacts.get(contactId);
  if (typeof email === 'string') return account.contactByEmail(email);
  return [...account.contacts.values()].find((contact) => contact.linkedinUrl === linkedinUrl);
};

const upsertContact: LemlistHandler = ({ account, body }) => {
  // Null and empty values change nothing.
  const fields = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''));
  if (IDENTIFIERS.every((key) => fields[key] === undefined)) {
    return json({ success: false, error: { code: 'MISSING_IDENTIFIER', message: 'contactId, email or linkedinUrl is required' } }, 400);
  }
  const known = knownContact(account, fields);
  if (known === undefined) {
    return json({ success: true, data: { ...account.addContact(fields), source: 'api', unsubscribed: false, created: true } }, 201);
  }
  const others = Object.entries(fields).filter(([key]) => !IDENTIFIERS.includes(key));
  known.fields = { ...known.fields, ...Object.fromEntries(others) };
  return json({ success: true, data: { ...known, unsubscribed: false, updated: true } });
};

const getContacts: LemlistHandler = ({ account, query }) => {
  const asked = commaSeparated(query.get('idsOrEmails'));
  if (asked.length > MAX_PAGE) return sentence(400, 'Too many contacts');
  return json(asked.flatMap((value) => account.contacts.get(value) ?? account.contactByEmail(value) ?? []));
};

const record = ({ _id, value, source }: Unsubscribe): Fields => ({ _id, value, variable: value, source });

const withUnsubscribe =
  (respond: (entry: Unsubscribe, account: LemlistAccount) => SandboxAnswer): LemlistHandler =>
  ({ account, param }) => {
    const entry = account.unsubscribes.get(param('value'));
    return entry === undefined ? variableNotFound : respond(entry, account);
  };

const getUnsubscribe = withUnsubscribe((entry) => json(record(entry)));

const contactRoutes: Routes<LemlistAccount> = {
  'POST /contacts': upsertContact,
  'GET /contacts': getContacts,
  'POST /v2/unsubscribes/variables': ({ account, body: { values } }) => {
    if (!Array.isArray(values) || values.length === 0 || values.length > MAX_BULK) return sentence(400, 'Invalid values');
    for (const value of values) account.unsubscribe(String(value), 'api');
    // A bare sentence that says of itself to be JSON.
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: 'Variables unsubscribed' };
  },
  'GET /v2/unsubscribes/variables': ({ account, query }) => json(paged([...account.unsubscribes.values()].map(record), query)),
  'POST /v2/unsubscribes/variables/:value': ({ account, param }) => json(record(account.unsubscribe(param('value'), 'api'))),
  'GET /v2/unsubscribes/variables/:value': getUnsubscribe,
  'DELETE /v2/unsubscribes/variables/:value': withUnsubscribe((entry, account) => {
    if (entry.source !== 'api') return sentence(409, 'Variable cannot be resubscribed');
    account.unsubscribes.delete(entry.value);
    return json(record(entry));
  }),
  // The deprecated check: it calls bad input a failure of its own.
  'GET /unsubscribes/:value': (call) =>
    call.param('value').includes('@') ? getUnsubscribe(call) : sentence(500, 'Invalid email address or domain'),
};

const find = createRouter<LemlistAccount>(
  { ...campaignRoutes, ...leadRoutes, ...contactRoutes },
  {
    notFound: sentence(404, 'Not Found'),
    methodNotAllowed: sentence(405, 'Method Not Allowed'),
    malformed: sentence(400, 'Invalid JSON'),
  },
);

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/u;
const EMPTY_USER_AND_KEY = /^:[\w-]{8,100}$/u;

/** `undefined` for a well-formed credential, else Lemlist's refusal. */
const refusedCredential = ({ headers: { authorization } }: SandboxRequest): SandboxAnswer | undefined => {
  if (authorization === undefined) return sentence(400, 'No API key provided');
  const encoded = BASIC.exec(authorization)?.[1];
  const isWellFormed = encoded !== undefined && EMPTY_USER_AND_KEY.test(Buffer.from(encoded, 'base64').toString());
  return isWellFormed ? undefined : failureOf(401);
};

/** A moment as JavaScript writes it for people: `Tue Feb 16 2021 09:02:42 GMT+0000 (Coordinated Universal Time)`. */
const forPeople = (ms: number): string => {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday ?? ''} ${month ?? ''} ${day ?? ''} ${year ?? ''} ${time ?? ''} GMT+0000 (Coordinated Universal Time)`;
};

/** On every answer, successes included: here Retry-After is no order to wait. */
const withLimits = ({ window, parts }: LemlistAccount, response: SandboxAnswer): SandboxAnswer => {
  const now = parts.now();
  const remaining = window.remaining(now);
  const resetsAt = window.resetsAt(now);
  return withHeaders(response, {
    'retry-after': String(Math.max(1, Math.ceil((resetsAt - now) / 1_000))),
    'x-ratelimit-limit': String(window.limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': forPeople(resetsAt),
  });
};

const answer = (account: LemlistAccount, request: SandboxRequest): SandboxAnswer => {
  const refused = refusedCredential(request);
  if (refused !== undefined) return refused;
  if (account.access === 'revoked') return failureOf(401);
  if (!account.window.take(account.parts.now())) return withLimits(account, failureOf(429));
  const isForbidden = account.access === 'team_only' && request.path !== '/team';
  return withLimits(account, isForbidden ? sentence(403, 'Forbidden') : find(request).respond(account));
};

export const lemlistSimulator = defineSimulator<LemlistAccount>({
  name: 'lemlist',
  webhooks: lemlistWebhooks,
  open: (parts) => new LemlistAccount(parts),
  answer,
  throttled: (account) => {
    account.window.exhaust(account.parts.now());
    return withLimits(account, failureOf(429));
  },
  failure: (_account, status) => failureOf(status),
  scenarios: {
    duplicate_as_409: (account) => (account.duplicates = 409),
    duplicate_as_500: (account) => (account.duplicates = 500),
    key_revoked: (account) => (account.access = 'revoked'),
    missing_scopes: (account) => (account.access = 'team_only'),
    leads_in_graveyard: ({ leads }) => {
      for (const lead of leads.values()) lead.isBuried = true;
    },
    out_of_credits: (account) => (account.credits = 0),
    team_shows_key: (account) => (account.showsKeyInTeam = true),
  },
});
