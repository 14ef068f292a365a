import { expect } from 'chai';
import { INDEX_LAG_MS } from '../../../../sandbox/hubspot/hubspotAccount.ts';
import { seconds } from '../../../../src/time/clock.ts';
import { simulatedHubspot, type SimulatedHubspot } from '../../services/hubspot/simulatedHubspot.ts';

const idsOf = (body: unknown): readonly string[] => (body as { results: readonly { id: string }[] }).results.map(({ id }) => id);

const searchedIds = ({ ask }: SimulatedHubspot, type: string, search: unknown): readonly string[] =>
  idsOf(ask('POST', `/objects/2026-03/${type}/search`, search).body);

const where = (propertyName: string, operator: string, more: object = {}) => ({
  filterGroups: [{ filters: [{ propertyName, operator, ...more }] }],
});

describe("the HubSpot simulator's search", () => {
  it('sees a new record, and a change, only two seconds later', () => {
    const account = simulatedHubspot();
    const created = where('email', 'EQ', { value: 'nia.new@example.com' });
    const renamed = where('lastname', 'EQ', { value: 'Renamed' });
    account.ask('POST', '/v3/objects/contacts', { properties: { email: 'nia.new@example.com' } });
    account.ask('PATCH', '/v3/objects/contacts/101', { properties: { lastname: 'Renamed' } });

    account.clock.advance(INDEX_LAG_MS - 1);
    const early = [created, renamed].map((search) => searchedIds(account, 'contacts', search).length);
    const underItsOldName = searchedIds(account, 'contacts', where('lastname', 'EQ', { value: 'Marsh' }));
    account.clock.advance(1);
    const late = [created, renamed].map((search) => searchedIds(account, 'contacts', search).length);

    expect(early).to.deep.equal([0, 0]);
    expect(underItsOldName).to.deep.equal(['101']);
    expect(late).to.deep.equal([1, 1]);
  });

  const filters: readonly (readonly [operator: string, property: string, more: object, ids: readonly string[]])[] = [
    ['EQ', 'amount', { value: '4500' }, ['302']],
    ['NEQ', 'dealstage', { value: 'appointmentscheduled' }, ['301', '303']],
    ['LT', 'amount', { value: '4500' }, ['21678228008', '515690208449']],
    ['LTE', 'amount', { value: '4500' }, ['302', '21678228008', '515690208449']],
    ['GT', 'amount', { value: '18000' }, ['303']],
    ['GTE', 'amount', { value: '18000' }, ['301', '303']],
    ['BETWEEN', 'amount', { value: '2000', highValue: '5000' }, ['302', '515690208449']],
    ['IN', 'dealstage', { values: ['closedwon', 'contractsent'] }, ['301', '303']],
    ['IN', 'dealname', { values: ['Lantern rollout'] }, []],
    ['NOT_IN', 'dealstage', { values: ['appointmentscheduled'] }, ['301', '303']],
    ['HAS_PROPERTY', 'closedate', {}, []],
    ['NOT_HAS_PROPERTY', 'closedate', {}, ['301', '302', '303', '21678228008', '515690208449']],
    ['CONTAINS_TOKEN', 'dealname', { value: 'lan*' }, ['302', '303']],
    ['NOT_CONTAINS_TOKEN', 'dealname', { value: 'deal' }, ['301', '302', '303']],
  ];
  for (const [operator, property, more, ids] of filters) {
    it(`filters by ${operator} with ${JSON.stringify(more)} on ${property}`, () => {
      expect(searchedIds(simulatedHubspot(), 'deals', where(property, operator, more))).to.deep.equal(ids);
    });
  }

  it('sorts, pages and counts', () => {
    const account = simulatedHubspot();
    const sorts = [{ propertyName: 'amount', direction: 'DESCENDING' }];

    const { body } = account.ask('POST', '/v3/objects/deals/search', { sorts, limit: 2, after: '1' });

    expect(idsOf(body)).to.deep.equal(['301', '302']);
    expect(body).to.include({ total: 5 }).and.have.nested.property('paging.next.after', '3');
  });

  it("holds to HubSpot's limits", () => {
    const { ask, clock } = simulatedHubspot();
    const statusOf = (search: unknown): number => {
      clock.advance(seconds(1));
      return ask('POST', '/v3/objects/deals/search', search).status;
    };
    const filter = { propertyName: 'amount', operator: 'EQ', value: '1' };
    const groups = (count: number, size: number) => ({
      filterGroups: Array.from({ length: count }, () => ({ filters: Array.from({ length: size }, () => filter) })),
    });
    const tooMuch = [groups(6, 1), groups(1, 7), groups(4, 5), { limit: 201 }, { after: '10000' }, where('a', 'LIKE')];
    const justEnough = [groups(3, 6), { limit: 200 }, { after: '9999' }];

    expect(tooMuch.map(statusOf)).to.deep.equal([400, 400, 400, 400, 400, 400]);
    expect(justEnough.map(statusOf)).to.deep.equal([200, 200, 200]);
  });
});
