/**
 * An upsert of a contact by email, out of HubSpot's parts: its own (`batch/upsert`) takes no partial rows by email.
 */
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import type { CallOptions } from '../../resilience/call.ts';
import type { RecordChange } from './hubspotInputs.ts';
import { contactOperations, createContactInUpsert, updateContactByEmail } from './hubspotOperations.ts';
import { contactByEmailPath, recordPath, recordsPath } from './hubspotPaths.ts';
import type { CrmRecord } from './hubspotSchemas.ts';

export interface Upserted {
  readonly created: boolean;
  readonly contact: CrmRecord;
}

const updateByEmail = (http: HttpClient, email: string, change: RecordChange, call: CallOptions): Promise<CrmRecord> =>
  http.send(updateContactByEmail, { path: contactByEmailPath(email), query: { idProperty: 'email' }, body: change }, call);

/** The answer; or the refusal, if it has this status: it decides the next step. Other errors are thrown on. */
const orRefusal = async (status: number, answer: Promise<CrmRecord>): Promise<CrmRecord | UpstreamRejectedError> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof UpstreamRejectedError && error.status === status) return error;
    throw error;
  }
};

/**
 * Updates the contact with this email; creates it on a 404; and if that answers 409, because somebody else (or an earlier
 * attempt of ours) was faster, updates the one in the way. One deadline for all three. A repeat ends in the same state.
 *
 * @throws {InvalidRequestError} if the properties hold an `email` of their own.
 */
export const upsertContact = async (http: HttpClient, email: string, change: RecordChange, options?: CallOptions): Promise<Upserted> => {
  if ('email' in change.properties) {
    const message = 'must be left out: an upsert takes the email from the path';
    throw new InvalidRequestError(`properties.email ${message}`, [{ at: 'body.properties.email', message }]);
  }
  const call = http.startDeadline(options);

  const updated = await orRefusal(404, updateByEmail(http, email, change, call));
  if (!(updated instanceof UpstreamRejectedError)) return { created: false, contact: updated };

  const properties = { ...change.properties, email };
  const created = await orRefusal(409, http.send(createContactInUpsert, { path: recordsPath('contacts'), body: { properties } }, call));
  if (!(created instanceof UpstreamRejectedError)) return { created: true, contact: created };

  const { existingId } = created.details;
  if (typeof existingId !== 'string') return { created: false, contact: await updateByEmail(http, email, change, call) };
  const contact = await http.send(contactOperations.update, { path: recordPath('contacts', existingId), body: change }, call);
  return { created: false, contact };
};
