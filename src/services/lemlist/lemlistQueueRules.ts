/**
 * How writes to Lemlist wait. Writes of one campaign, of one lead and about one person are made in their order. A lead is
 * known by its id once it is there and by its person before, and those two count as different: nothing here knows better.
 */
import type { OperationRequest, QueueRule } from '../../contract/operation.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { textIn } from '../inputs.ts';

/** Each makes Lemlist spend credits, once more with every repeat. */
const SPENDING = ['linkedinEnrichment', 'findEmail', 'verifyEmail', 'findPhone'] as const;

const person = (value: string | undefined): string | undefined => (value === undefined ? undefined : `person/${value}`);

const lastIn = ({ path }: OperationRequest): string => lastValueIn(path).toLowerCase();

const campaignOf = ({ path }: OperationRequest): string | undefined => /^\/campaigns\/[^/]+/u.exec(path)?.[0];

/** Of a campaign that exists. */
export const writeOfCampaign: QueueRule = { entity: campaignOf };

/** It has no name to be known by, and Lemlist takes two: after an unknown outcome a person looks. */
export const newCampaign: QueueRule = {};

/** Lemlist tells doubles by the email. With a flag that spends credits a repeat would spend them again, before it is refused. */
export const newLead: QueueRule = {
  entity: ({ body }) => person(textIn(body, 'email')),
  alreadyDone: ({ reason, details }) => reason === 'lead_exists' && details['where'] === 'same_campaign',
  tellsDoubles: ({ body, query = {} }) => textIn(body, 'email') !== undefined && !SPENDING.some((flag) => query[flag] === true),
};

export const writeOfLead: QueueRule = { entity: (request) => `lead/${lastIn(request)}` };

/** Of what is gone already, a repeat is answered 404. */
export const removalOfLead: QueueRule = { ...writeOfLead, alreadyDone: ({ reason }) => reason === 'lead_not_found' };

export const unsubscription: QueueRule = { entity: (request) => person(lastIn(request)) };

export const resubscription: QueueRule = { ...unsubscription, alreadyDone: ({ status }) => status === 404 };

/** Many people at once: it may be made before or after other writes about them, and nobody is unsubscribed less for it. */
export const bulkUnsubscription: QueueRule = {};

export const writeOfContact: QueueRule = {
  entity: ({ body }) => person(textIn(body, 'email') ?? textIn(body, 'contactId') ?? textIn(body, 'linkedinUrl')),
};
