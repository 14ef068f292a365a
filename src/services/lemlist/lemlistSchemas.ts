/**
 * What Lemlist answers. Unknown fields pass; only what we rely on is required. Lists become objects here, so that the
 * flags of a cached or stale answer have a place.
 */
import { z } from 'zod';

/** A bare sentence, as some endpoints answer under a JSON label; markup or anything longer is no sentence. */
const sentence = z.string().regex(/^[\w ,.'-]{1,200}$/u);

const campaignSchema = z.looseObject({
  _id: z.string(),
  name: z.string(),
  status: z.string().optional(),
  labels: z.array(z.unknown()).optional(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
  hasError: z.boolean().optional(),
  errors: z.array(z.string()).optional(),
});

export const campaignAnswer = campaignSchema;

/** What creating answers; `status` and the rest follow once the campaign is configured. */
export const createdCampaignAnswer = z.looseObject({
  _id: z.string(),
  name: z.string().optional(),
  sequenceId: z.string().optional(),
  scheduleIds: z.array(z.string()).optional(),
});

export const campaignsSchema = z.looseObject({
  campaigns: z.array(campaignSchema),
  pagination: z.looseObject({}).optional(),
});

/** Documented as an array; some callers are answered `{campaigns, pagination}`. */
export const campaignsAnswer = z.union([
  z.array(campaignSchema).transform((campaigns): z.infer<typeof campaignsSchema> => ({ campaigns })),
  campaignsSchema,
]);

/** Pausing and starting: the campaign, or a sentence. */
export const acknowledgementAnswer = z.union([z.looseObject({}), sentence.transform((): Record<string, unknown> => ({}))]);

export const leadSchema = z.looseObject({
  _id: z.string(),
  contactId: z.string().optional(),
  state: z.string().optional(),
  status: z.string().optional(),
  isPaused: z.boolean().optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  campaign: z.looseObject({ id: z.string(), name: z.string().optional(), status: z.string().optional() }).optional(),
});

export const addedLeadSchema = z.looseObject({
  _id: z.string(),
  campaignId: z.string(),
  campaignName: z.string().optional(),
  contactId: z.string().optional(),
  isPaused: z.boolean().optional(),
});

export const leadsSchema = z.looseObject({ leads: z.array(leadSchema) });
export const leadsAnswer = z.array(leadSchema).transform((leads) => ({ leads }));

/** The documentation shows no answer of an update beyond its 200. */
export const updatedLeadAnswer = z.looseObject({ _id: z.string().optional() });

/** Removing answers the lead or a sentence; nobody needs either. */
export const removedLeadAnswer = acknowledgementAnswer.transform(() => ({ removed: true as const }));

export const unsubscribeSchema = z.looseObject({
  _id: z.string().optional(),
  value: z.string().optional(),
  variable: z.string().optional(),
  source: z.string().optional(),
});

export const unsubscribesSchema = z.looseObject({ unsubscribes: z.array(unsubscribeSchema) });
export const unsubscribesAnswer = z.array(unsubscribeSchema).transform((unsubscribes) => ({ unsubscribes }));

/** `Variables unsubscribed`. */
export const bulkUnsubscribeAnswer = acknowledgementAnswer.transform(() => ({ unsubscribed: true as const }));
export const removedUnsubscribeAnswer = acknowledgementAnswer.transform(() => ({ unsubscribed: false as const }));

const activitySchema = z.looseObject({
  _id: z.string(),
  type: z.string().optional(),
  campaignId: z.string().optional(),
  leadId: z.string().optional(),
  createdAt: z.string().optional(),
});

export const activitiesSchema = z.looseObject({ activities: z.array(activitySchema) });
export const activitiesAnswer = z.array(activitySchema).transform((activities) => ({ activities }));

export const teamSchema = z.looseObject({
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
export const teamAnswer = teamSchema.transform(
  (team) => Object.fromEntries(Object.entries(team).filter(([field]) => !SECRET_FIELDS.has(field))) as z.infer<typeof teamSchema>,
);

export const teamCreditsAnswer = z.looseObject({ credits: z.number(), details: z.looseObject({}).optional() });

export const upsertedContactAnswer = z.looseObject({
  success: z.literal(true),
  data: z.looseObject({ _id: z.string(), created: z.boolean().optional(), updated: z.boolean().optional() }),
});

export const contactSchema = z.looseObject({ _id: z.string() });
export const contactsAnswer = z.array(contactSchema).transform((contacts) => ({ contacts }));

export type Contact = z.infer<typeof contactSchema>;
