/**
 * Tags, forms and sequences of the simulated Kit.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { CollectionName } from './kitSandboxAccount.ts';
import { endpoint, json, noContent, notFound, paged, refused, type Endpoint, type EndpointCall } from './kitSandboxEndpoint.ts';
import type { SimulatedSubscriber } from './kitSandboxSeeds.ts';
import { isAskedFor } from './kitSandboxSubscribers.ts';

/** How an addition's moment is called in the answer. */
const MOMENTS = { tags: 'tagged_at', forms: 'added_at', sequences: 'added_at' } as const;

/** Whom a request is about: by number in the path, or by address in the body, on DELETE too. */
const personIn = ({ account, params, body }: EndpointCall): SimulatedSubscriber | undefined => {
  const id = params['subscriber'];
  return id === undefined ? account.subscriberByEmail(body['email_address']) : account.subscriber(id);
};

/** Tells whom to what, or why not. */
const additionIn = (name: CollectionName, call: EndpointCall) => {
  const { account, params } = call;
  const id = params['id'] ?? 0;
  const person = personIn(call);
  if (!account[name].has(id) || person === undefined) return { refusal: notFound() };
  // Seen as a list inside the list, on sequences.
  const isInactive = name === 'sequences' && account.sequences.get(id)?.active === false;
  return isInactive ? { refusal: refused(422, ['Sequence is inactive']) } : { id, person };
};

const add =
  (name: CollectionName): Endpoint['answer'] =>
  (call) => {
    const addition = additionIn(name, call);
    if (addition.refusal !== undefined) return addition.refusal;
    const { id, person } = addition;
    const { account, body } = call;
    const known = account.membership(name, id, person.id);
    const referrer = typeof body['referrer'] === 'string' ? body['referrer'] : null;
    const membership = known ?? account.addMember(name, id, person.id, referrer);
    const told = name === 'forms' ? { referrer: membership.referrer } : {};
    return json({ subscriber: { ...person, [MOMENTS[name]]: membership.addedAt, ...told } }, known === undefined ? 201 : 200);
  };

const removeTag = (call: EndpointCall): SandboxAnswer => {
  const { account, params } = call;
  const id = params['id'] ?? 0;
  const person = personIn(call);
  if (!account.tags.has(id) || person === undefined) return notFound();
  account.removeMember('tags', id, person.id);
  return noContent;
};

const members =
  (name: CollectionName): Endpoint['answer'] =>
  ({ account, params, request: { query } }) => {
    const id = params['id'] ?? 0;
    if (!account[name].has(id)) return notFound();
    const rows = account.listed().filter((person) => account.isListedMember(name, id, person.id) && isAskedFor(person, query));
    return paged(
      'subscribers',
      rows.map((row) => ({ ...row, [MOMENTS[name]]: account.membership(name, id, row.id)?.addedAt })),
      query,
    );
  };

const createTag = ({ account, body }: EndpointCall): SandboxAnswer => {
  const name = typeof body['name'] === 'string' ? body['name'].trim() : '';
  if (name === '') return refused(422, "Name can't be blank");
  const known = [...account.tags.values()].find((tag) => tag.name === name);
  if (known !== undefined) return json({ tag: known });
  const tag = { id: account.newId(), name, created_at: account.timestamp() };
  account.tags.set(tag.id, tag);
  return json({ tag }, 201);
};

const ofEach = (name: CollectionName): readonly Endpoint[] => [
  endpoint(`GET /v4/${name}`, ({ account, request }) => paged(name, [...account[name].values()], request.query)),
  endpoint(`GET /v4/${name}/:id/subscribers`, members(name)),
  endpoint(`POST /v4/${name}/:id/subscribers`, add(name)),
  endpoint(`POST /v4/${name}/:id/subscribers/:subscriber`, add(name)),
];

export const collectionEndpoints: readonly Endpoint[] = [
  ...ofEach('tags'),
  ...ofEach('forms'),
  ...ofEach('sequences'),
  endpoint('POST /v4/tags', createTag),
  endpoint('DELETE /v4/tags/:id/subscribers', removeTag),
  endpoint('DELETE /v4/tags/:id/subscribers/:subscriber', removeTag),
];
