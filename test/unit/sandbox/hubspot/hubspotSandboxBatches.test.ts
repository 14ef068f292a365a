import { expect } from 'chai';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { simulatedHubspot, type SimulatedHubspot } from '../../services/hubspot/simulatedHubspot.ts';

interface BatchBody {
  readonly results: readonly { readonly id: string }[];
  readonly errors?: readonly unknown[];
  readonly message?: string;
}

const bodyOf = ({ body }: SandboxAnswer): BatchBody => body as BatchBody;
const idsOf = (answer: SandboxAnswer): readonly string[] => bodyOf(answer).results.map(({ id }) => id);

/** With the trace ids `a`, `b`, `c`. */
const traced = (rows: readonly object[]) => rows.map((row, index) => ({ ...row, objectWriteTraceId: 'abc'[index] }));

const good = { properties: { email: 'good@example.com' } };
const bad = { properties: { nope: '1' } };
const empty = { properties: { city: 'Oslo' } };

describe("the HubSpot simulator's batches", () => {
  let hubspot: SimulatedHubspot;

  const post = (action: string, inputs: readonly object[], type = 'contacts'): SandboxAnswer =>
    hubspot.ask('POST', `/objects/2026-03/${type}/batch/${action}`, { inputs });
  const numberOfContacts = (): number => idsOf(hubspot.ask('GET', '/objects/2026-03/contacts?limit=100')).length;

  beforeEach(() => {
    hubspot = simulatedHubspot();
  });

  describe('create', () => {
    it('keeps the good rows where each can be told, and names the others by their trace ids', () => {
      const answer = post('create', traced([bad, good, empty]));

      const message = 'Error creating CONTACT. Some required properties were not set.';
      const required = { status: 'error', category: 'VALIDATION_ERROR', message, context: { objectWriteTraceId: ['c'] } };
      expect(answer.status).to.equal(207);
      expect(bodyOf(answer).results).to.have.length(1);
      expect(bodyOf(answer).results[0]).to.not.have.property('objectWriteTraceId');
      expect(answer.body).to.have.property('numErrors', 2);
      expect(answer.body).to.have.nested.property('errors[0].message').that.includes('"error":"PROPERTY_DOESNT_EXIST"');
      expect(bodyOf(answer).errors?.[1]).to.deep.equal(required);
    });

    const untold = {
      'no row has a trace id': [good, bad],
      'a row has none': [{ ...good, objectWriteTraceId: 'a' }, bad],
      'two have the same': [good, bad].map((row) => ({ ...row, objectWriteTraceId: 'a' })),
    };
    for (const [when, inputs] of Object.entries(untold)) {
      it(`refuses all for a bad row where ${when}`, () => {
        const before = numberOfContacts();

        const answer = post('create', inputs);

        expect(answer.status).to.equal(400);
        expect(numberOfContacts()).to.equal(before);
      });
    }

    it('refuses all for an email that is taken, trace ids or not', () => {
      const before = numberOfContacts();

      const answer = post('create', traced([good, { properties: { email: 'Ada.Marsh@example.com' } }, bad]));

      expect(answer.status).to.equal(409);
      expect(bodyOf(answer).message).to.equal('Contact already exists. Existing ID: 101');
      expect(numberOfContacts()).to.equal(before);
    });

    it('refuses two contacts of one email, and takes two companies of one name', () => {
      const twins = [{ properties: { name: 'Twin' } }, { properties: { name: 'Twin' } }];

      expect(post('create', [good, { properties: { email: 'GOOD@example.com' } }]).status).to.equal(400);
      expect(post('create', twins, 'companies').status).to.equal(201);
    });

    it('ties each new record to others at once', () => {
      const associations = [{ to: { id: '202' }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }] }];

      const [id = ''] = idsOf(post('create', [{ ...good, associations }]));

      const links = hubspot.ask('GET', `/v4/objects/contacts/${id}/associations/companies`);
      expect(links.body).to.have.nested.property('results[0].toObjectId', 202);
    });
  });

  describe('update', () => {
    const change = (id: string, properties: object) => ({ id, properties });

    it('names a bad row by its trace id, and rows that are not there together by their ids', () => {
      const rows = traced([change('101', { nope: '1' }), change('999', { city: 'Oslo' }), change('102', { city: 'Oslo' })]);

      const answer = post('update', rows);

      const [missing, refused] = bodyOf(answer).errors ?? [];
      expect(answer.status).to.equal(207);
      expect(idsOf(answer)).to.deep.equal(['102']);
      expect(missing).to.deep.include({ category: 'OBJECT_NOT_FOUND', context: { ids: ['999'] } });
      expect(refused).to.deep.include({ category: 'VALIDATION_ERROR', context: { objectWriteTraceId: ['a'] } });
    });

    it('changes nothing where a bad row cannot be told, an email is taken, or a record is named twice', () => {
      const refusals = [
        [change('101', { city: 'Oslo' }), change('102', { nope: '1' })],
        traced([change('101', { city: 'Oslo' }), change('102', { email: 'ada.marsh@example.com' })]),
        traced([change('101', { city: 'Oslo' }), change('101', { city: 'Bergen' })]),
      ].map((rows) => post('update', rows).status);

      const { body } = hubspot.ask('GET', '/objects/2026-03/contacts/101?properties=city');
      expect(refusals).to.deep.equal([400, 409, 400]);
      expect(body).to.have.nested.property('properties.city', null);
    });
  });

  it('take from one row to a hundred', () => {
    const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id: String(id + 1000) }));

    const statuses = [0, 1, 100, 101].map((count) => post('archive', rows(count)).status);

    expect(statuses).to.deep.equal([400, 204, 204, 400]);
  });
});
