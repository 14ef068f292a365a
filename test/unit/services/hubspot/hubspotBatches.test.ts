import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { answeredClient, failureOf, simulatedHubspot } from './simulatedHubspot.ts';

const bodyOf = (request: { readonly body: string | undefined } | undefined): unknown => JSON.parse(request?.body ?? 'null');

describe('batch reads of HubSpot records', () => {
  it('joins the rows to the ids asked for, whatever their order, and lists the missing', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({ ids: ['103', '999', '101', '102', '101'] });

    expect(results.map(({ id }) => id)).to.deep.equal(['103', '101', '102']);
    expect(missing).to.deep.equal(['999']);
  });

  it('lists a record that was merged away as missing, though HubSpot does not say a word', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({ ids: ['150', '102'] });

    expect(results.map(({ id }) => id)).to.deep.equal(['102']);
    expect(missing).to.deep.equal(['150']);
  });

  it('joins by a unique property whatever its case, and asks for it itself', async () => {
    const { client, http } = simulatedHubspot();

    const { results, missing } = await client.batchReadContacts({
      ids: ['Ben.Okafor@example.com', 'nobody@example.com', 'ada.marsh@example.com'],
      idProperty: 'email',
      properties: ['firstname'],
    });

    expect(results.map(({ id }) => id)).to.deep.equal(['102', '101']);
    expect(missing).to.deep.equal(['nobody@example.com']);
    expect(bodyOf(http.sent[0]?.request)).to.deep.include({ idProperty: 'email', properties: ['firstname', 'email'] });
  });

  it('keeps rows that come under another id than the one asked for', async () => {
    const { client } = answeredClient(200, { status: 'COMPLETE', results: [{ id: '9', properties: {} }] });

    const answer = await client.batchReadContacts({ ids: ['5'] });

    expect(answer).to.deep.equal({ results: [{ id: '9', properties: {} }], missing: ['5'] });
  });

  for (const count of [0, 101]) {
    it(`refuses to read ${String(count)} contacts at once`, async () => {
      const { client, http } = simulatedHubspot();
      const ids = Array.from({ length: count }, (_, index) => String(index + 1));

      expect(await failureOf(client.batchReadContacts({ ids }))).to.be.instanceOf(InvalidRequestError);
      expect(http.sent).to.deep.equal([]);
    });
  }
});

describe('associations of HubSpot records', () => {
  it('ties two records together, from both ends, until it is removed', async () => {
    const { client } = simulatedHubspot();
    const ends = ['contacts', '104', 'deals', '302'] as const;

    await client.associate(...ends);
    const fromContact = await client.readAssociations('contacts', '104', 'deals');
    const fromDeal = await client.readAssociations('deals', '302', 'contacts');
    await client.removeAssociation(...ends);

    expect(fromContact.results).to.deep.equal([
      { toObjectId: '302', associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 4, label: null }] },
    ]);
    expect(fromDeal.results.map(({ toObjectId }) => toObjectId)).to.deep.equal(['104']);
    expect((await client.readAssociations('contacts', '104', 'deals')).results).to.deep.equal([]);
  });

  it('gives a record without any an empty row, and lists one that is not there', async () => {
    const { client } = simulatedHubspot();

    const { results, missing } = await client.batchReadAssociations('deals', 'companies', [{ id: '303' }, { id: '999' }, { id: '301' }]);

    expect(results.map(({ id, to }) => ({ id, to: to.map(({ toObjectId }) => toObjectId) }))).to.deep.equal([
      { id: '303', to: [] },
      { id: '301', to: ['201'] },
    ]);
    expect(missing).to.deep.equal(['999']);
  });

  it('says where the next page of a record with many begins', async () => {
    const row = { from: { id: '301' }, to: [{ toObjectId: 1, associationTypes: [] }], paging: { next: { after: 'abc' } } };
    const { client } = answeredClient(200, { status: 'COMPLETE', results: [row] });

    const { results } = await client.batchReadAssociations('deals', 'contacts', [{ id: '301' }]);

    expect(results).to.deep.equal([{ id: '301', to: [{ toObjectId: '1', associationTypes: [] }], after: 'abc' }]);
  });
});
