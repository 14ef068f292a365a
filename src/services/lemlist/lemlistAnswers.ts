/**
 * What Lemlist answers. Unknown fields pass; only what we rely on is required. Lists become objects here, so that the
 * flags of a cached or stale answer have a place.
 */
import { z } from 'zod';

/** A bare sentence, as some endpoints answer under a JSON label; markup or anything longer is no sentence. */
const sentence = z.string().regex(/^[\w ,.'-]{1,200}$/u);

export const campaign = z.looseObject({
  _id: z.string(),
  name: z.string(),
  status: z.string().optional(),
  labels: z.array(z.unknown()).optional(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
  hasError: z.boolean().optional(),
  errors: z.array(z.string()).optional(),
});

/** What creating answers; `status` and the rest follow once the campaign is configured. */
export const createdCampaign = z.looseObject({
  _id: z.string(),
  name: z.string().optional(),
  sequenceId: z.string().optional(),
  scheduleIds: z.array(z.string()).optional(),
});

export const campaigns = z.looseObject({
  campaigns: z.array(campaign),
  pagination: z.looseObject({}).optional(),
});

/** Documented as an array; some callers are answered `{campaigns, pagination}`. */
export const campaignsAnswer = z.union([z.array(campaign).transform((campaigns): z.infer<typeof campaigns> => ({ campaigns })), campaigns]);

/** Pausing and starting: the campaign, or a sentence. */
export const acknowledgement = z.union([z.looseObject({}), sentence.transform((): Record<string, unknown> => ({}))]);

export const lead = z.looseObject({
  _id: z.string(),
  contactId: z.string().optional(),
  state: z.string().optional(),
  status: z.string().optional(),
  isPaused: z.boolean().optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  campaign: z.looseObject({ id: z.string(), name: z.string().optional(), status: z.string().optional() }).optional(),
});

export const addedLead = z.looseObject({
  _id: z.string(),
  campaignId: z.string(),
  campaignName: z.string().optional(),
  contactId: z.string().optional(),
  isPaused: z.boolean().optional(),
});

export const leads = z.looseObject({ leads: z.array(lead) });
export const leadsAnswer = z.array(lead).transform((leads) => ({ leads }));

/** The documentation shows no answer of an update beyond its 200. */
export const updatedLead = z.looseObject({ _id: z.string().optional() });

/** Removing answers the lead or a sentence; nobody needs either. */
export const removedLead = acknowledgement.transform(() => ({ removed: true as const }));

export const unsubscribe = z.looseObject({
  _id: z.string().optional(),
  value: z.string().optional(),
  variable: z.string().optional(),
  source: z.string().optional(),
});

export const unsubscribes = z.looseObject({ unsubscribes: z.array(unsubscribe) });
export const unsubscribesAnswer = z.array(unsubscribe).transform((unsubscribes) => ({ unsubscribes }));

/** `Variables unsubscribed`. */
export const bulkUnsubscribeAnswer = acknowledgement.transform(() => ({ unsubscribed: true as const }));
export const removedUnsubscribe = acknowledgement.transform(() => ({ unsubscribed: false as const }));

const activity = z.looseObject({
  _id: z.string(),
  type: z.string().optional(),
  campaignId: z.string().optional(),
  leadId: z.string().optional(),
  createdAt: z.string().optional(),
});

export const activities = z.looseObject({ activities: z.array(activity) });
export const activitiesAnswer = z.array(activity).transform((activities) => ({ activities }));

export const team = z.looseObject({
  _id: z.string(),
  name: z.string().optional(),
  userIds: z.array(z.string()).optional(),
  createdBy: z.string().optional(),
  createdAt: z.string().optional(),
  /** `ok: false` means unpaid. */
  billing: z.looseObject({ ok: z.boolean().optional() }).optional(),
});

/** Fields of a team that hold secrets: the API key itself, hook secrets, addresses that whoever knows them may post to. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['apiKey', 'hooks', 'slackWebhook']);

/** The team without its secrets: they end here and reach neither cache nor caller. */
export const teamAnswer = team.transform(
  (team) => Object.fromEntries(Object.entries(team).filter(([field]) => !SECRET_FIELDS.has(field))) as z.infer<typeof team>,
);

export const teamCredits = z.looseObject({ credits: z.number(), details: z.looseObject({}).optional() });

export const upsertedContact = z.looseObject({
  success: z.literal(true),
  data: z.looseObject({ _id: z.string(), created: z.boolean().optional(), updated: z.boolean().optional() }),
});

export const contact = z.looseObject({ _id: z.string() });
export const contactsAnswer = z.array(contact).transform((contacts) => ({ contacts }));

export type Contact = z.infer<typeof contact>;
