import { expect } from 'chai';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { LIST, simulatedMailchimp, STRICT_LIST, told, type SimulatedMailchimp } from '../../services/mailchimp/simulatedMailchimp.ts';

interface Matches {
  readonly members: readonly { readonly email_address: string; readonly list_id: string }[];
  readonly total_items: number;
}

describe('simulated search for members of Mailchimp', () => {
  let simulated: SimulatedMailchimp;

  beforeEach(() => {
    simulated = simulatedMailchimp();
  });

  const search = (query: string): SandboxAnswer => simulated.ask(`GET /search-members?${query}`);
  const matchesOf = ({ body }: SandboxAnswer, kind: 'exact_matches' | 'full_search'): Matches =>
    (body as Readonly<Record<typeof kind, Matches>>)[kind];
  const placesOf = (answer: SandboxAnswer, kind: 'exact_matches' | 'full_search'): readonly string[] =>
    matchesOf(answer, kind).members.map(({ email_address: email, list_id: list }) => `${email} ${list}`);

  it('matches exactly by the whole address, whatever the case, in every list', () => {
    const answer = search('query=ADA@Example.com');

    expect(answer.status).to.equal(200);
    expect(placesOf(answer, 'exact_matches')).to.deep.equal([`ada@example.com ${LIST}`, `ada@example.com ${STRICT_LIST}`]);
    expect(matchesOf(answer, 'exact_matches').total_items).to.equal(2);
  });

  it('searches a part of address or name, which is no exact match', () => {
    const byAddress = search('query=ben%40');
    const byName = search('query=lea%20example');

    expect(placesOf(byAddress, 'full_search')).to.deep.equal([`ben@example.com ${LIST}`]);
    expect(placesOf(byName, 'full_search')).to.deep.equal([`left@example.com ${LIST}`]);
    expect([byAddress, byName].flatMap((answer) => placesOf(answer, 'exact_matches'))).to.deep.equal([]);
  });

  it('stays in one list where that is asked for, and leaves archived members out', () => {
    const inOne = search(`query=example.com&list_id=${STRICT_LIST}`);
    const archived = search('query=old@example.com');

    expect(placesOf(inOne, 'full_search')).to.deep.equal([`ada@example.com ${STRICT_LIST}`]);
    expect(placesOf(archived, 'full_search')).to.deep.equal([]);
  });

  it('answers with the fields asked for alone', () => {
    const answer = search('query=ben@example.com&fields=exact_matches.total_items');

    expect(answer.body).to.deep.equal({ exact_matches: { total_items: 1 } });
  });

  it('finds nobody without a fault, and refuses no words and an unknown list', () => {
    const nobody = search('query=nobody@example.com');

    expect(nobody.status).to.equal(200);
    expect(matchesOf(nobody, 'full_search').total_items).to.equal(0);
    expect(told(search('query=%20'))).to.deep.equal([400, 'Invalid Resource']);
    expect(told(search('query=ada&list_id=ffffffffff'))).to.deep.equal([404, 'Resource Not Found']);
  });
});
