/**
 * An upsert of a contact by email, out of HubSpot's parts: its own (`batch/upsert`) takes no partial rows by email.
 */
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import type { RecordChange } from './hubspotInputs.ts';
import type { CrmRecord } from './hubspotSchemas.ts';
import { createContactInUpsert, firstUpsertStep, nextUpsertStep, type UpsertStep } from './hubspotUpsertOperations.ts';

export interface Upserted {
  readonly created: boolean;
  readonly contact: CrmRecord;
}

/** Update, create, update. */
const MAX_STEPS = 3;

const refuseEmail = ({ properties }: RecordChange): void => {
  if (!('email' in properties)) return;
  const message = 'must be left out: an upsert takes the email from the path';
  throw new InvalidRequestError(`properties.email ${message}`, [{ at: 'body.properties.email', message }]);
};

/**
 * Updates the contact with this email; creates it on a 404; and if that answers 409, because somebody else (or an earlier
 * attempt of ours) was faster, updates the one in the way. One deadline for all three. A repeat ends in the same state.
 * A step that has to wait is queued, and the job takes the steps that are left.
 *
 * @throws {InvalidRequestError} if the properties hold an `email` of their own.
 */
export const upsertContact = async (
  http: HttpClient,
  email: string,
  change: RecordChange,
  options?: CallOptions,
): Promise<Upserted | Queued> => {
  refuseEmail(change);
  return take(http, firstUpsertStep(email, change), http.startDeadline(options), MAX_STEPS);
};

const take = async (http: HttpClient, step: UpsertStep, call: CallOptions, stepsLeft: number): Promise<Upserted | Queued> => {
  const { operation, request } = step;
  try {
    const contact = await http.write(operation, request, call);
    return isQueued(contact) ? contact : { created: operation === createContactInUpsert, contact };
  } catch (error) {
    const next = error instanceof UpstreamRejectedError && stepsLeft > 1 ? nextUpsertStep(step, error) : undefined;
    if (next === undefined) throw error;
    return take(http, next, call, stepsLeft - 1);
  }
};
