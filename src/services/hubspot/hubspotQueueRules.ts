/**
 * How writes to HubSpot wait. Writes of one record are made in their order; a contact is known by its id or by its email,
 * and those two count as different: nothing here knows that they are one.
 */
import { percentDecoded } from '../../config/percentEncoding.ts';
import type { OperationRequest, QueueRule } from '../../contract/operation.ts';

const RECORD = /\/objects\/[^/]+\/([a-z]+)\/([^/]+)/u;

const emailOf = ({ body }: OperationRequest): string | undefined => {
  if (typeof body !== 'object' || body === null || !('properties' in body)) return undefined;
  const { properties } = body;
  if (typeof properties !== 'object' || properties === null || !('email' in properties)) return undefined;
  return typeof properties.email === 'string' && properties.email !== '' ? properties.email.toLowerCase() : undefined;
};

/** The first record that the path names, such as `contacts/7`: of an association, the one it starts from. */
const recordOf = ({ path }: OperationRequest): string | undefined => {
  const [, type, id] = RECORD.exec(path) ?? [];
  return type === undefined || id === undefined ? undefined : `${type}/${(percentDecoded(id) ?? id).toLowerCase()}`;
};

const newContactOf = (request: OperationRequest): string | undefined => {
  const email = emailOf(request);
  return email === undefined ? undefined : `contacts/${email}`;
};

/** Of one that exists. */
export const writeOfRecord: QueueRule = { entity: recordOf };

/** A company or a deal: it has no name yet, and HubSpot takes two. */
export const newRecord: QueueRule = {};

/** HubSpot refuses a second contact with the same email, and takes any number without one. */
export const writeOfNewContact: QueueRule = {
  entity: newContactOf,
  alreadyDone: ({ reason }) => reason === 'contact_exists',
  tellsDoubles: (request) => emailOf(request) !== undefined,
};

/** In an upsert the 409 of a double is answered by its next step. */
export const newContactInUpsert: QueueRule = { entity: newContactOf };
