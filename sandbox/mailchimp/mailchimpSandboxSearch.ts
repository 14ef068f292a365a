/**
 * The simulated search for members: by the whole address, and by any part of address or name.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { endpoint, withFields, type Endpoint, type EndpointCall } from './mailchimpSandboxEndpoint.ts';
import { memberRecord } from './mailchimpSandboxMembers.ts';
import { missing, notFound, problem } from './mailchimpSandboxProblems.ts';
import type { SimulatedList } from './mailchimpSandboxSeeds.ts';

type Found = ReturnType<typeof memberRecord>;

const membersOf = (list: SimulatedList): readonly Found[] =>
  [...list.members.values()].filter(({ status }) => status !== 'archived').map((member) => memberRecord(list, member));

const matches = (members: readonly Found[]) => ({ members, total_items: members.length });

const searchMembers = ({ account, query }: EndpointCall): SandboxAnswer => {
  const words = (query.get('query') ?? '').trim().toLowerCase();
  if (words === '') return problem(400, missing(['query']));
  const listId = query.get('list_id');
  if (listId !== null && !account.lists.has(listId)) return notFound;
  const members = [...account.lists.values()].filter(({ id }) => listId === null || id === listId).flatMap(membersOf);
  const exact = members.filter((member) => member.email_address.toLowerCase() === words);
  const some = members.filter((member) => `${member.email_address} ${member.full_name}`.toLowerCase().includes(words));
  return withFields({ exact_matches: matches(exact), full_search: matches(some), _links: [] }, query);
};

export const searchEndpoints: readonly Endpoint[] = [endpoint('GET /search-members', searchMembers)];
