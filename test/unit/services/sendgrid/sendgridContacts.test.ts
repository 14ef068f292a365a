import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, scriptedWire, type ScriptedWire } from '../../../support/httpHouse.ts';
import { sendgridHouse, type SendgridHouse } from './simulatedSendgrid.ts';

const email = 'ada@example.com';

describe('bulk upsert of SendGrid', () => {
  let wire: ScriptedWire;
  let house: SendgridHouse;

  beforeEach(() => {
    wire = scriptedWire(json(202, { job_id: 'j-1' }));
    house = sendgridHouse(wire.transport);
  });

  afterEach(() => {
    house.close();
  });

  it('sends the good rows, and says of each bad one where it is at fault, never what it held', async () => {
    const contacts = [{ email }, { first_name: 'Ben' }, { email: 'ben', city: 7 }, { external_id: '7' }, { email, 'x@y.z': 1 }];

    const result = await house.client.upsertContacts({ list_ids: ['l-1'], contacts });

    expect(result).to.deep.equal({
      job_id: 'j-1',
      rows: [
        { index: 0, outcome: 'accepted' },
        { index: 1, outcome: 'refused', fields: ['contact'] },
        { index: 2, outcome: 'refused', fields: ['email', 'city'] },
        { index: 3, outcome: 'accepted' },
        { index: 4, outcome: 'refused', fields: ['contact'] },
      ],
      accepted: 2,
      refused: 3,
    });
    expect(JSON.parse(wire.sent[0]?.body ?? '')).to.deep.equal({ list_ids: ['l-1'], contacts: [{ email }, { external_id: '7' }] });
  });

  it('makes no job where no row can go', async () => {
    const result = await house.client.upsertContacts({ contacts: [{}] });

    expect(result).to.include({ accepted: 0, refused: 1 }).and.not.have.property('job_id');
    expect(wire.sent).to.deep.equal([]);
  });

  it('takes 30,000 rows, and neither more nor none nor more than 6 MB', async () => {
    const rows = (count: number, more = {}) =>
      Array.from({ length: count }, (_, index) => ({ email: `${String(index)}@example.com`, ...more }));
    const large = rows(7_000, { custom_fields: { e1_T: 'x'.repeat(1_000) } });

    const most = await house.client.upsertContacts({ contacts: rows(30_000) });
    await errorOf(house.client.upsertContacts({ contacts: rows(30_001) }), InvalidRequestError);
    await errorOf(house.client.upsertContacts({ contacts: [] }), InvalidRequestError);
    await errorOf(house.client.upsertContacts({ contacts: large }), InvalidRequestError);

    expect(most.accepted).to.equal(30_000);
    expect(wire.sent).to.have.length(1);
  }).timeout(20_000);
});

describe('outcome of SendGrid’s jobs', () => {
  let house: SendgridHouse;

  const outcomeOf = async (job: object): Promise<string> => {
    house = sendgridHouse(scriptedWire(json(200, job)).transport);
    return (await house.client.getImport('j-1')).outcome;
  };

  for (const [job, outcome] of [
    [{ status: 'pending' }, 'running'],
    [{ status: 'something new' }, 'running'],
    [{ status: 'completed', results: { errored_count: 0 } }, 'succeeded'],
    [{ status: 'completed', results: { errored_count: 2 } }, 'partly_failed'],
    [{ status: 'completed', results: null }, 'succeeded'],
    [{ status: 'errored' }, 'partly_failed'],
    [{ status: 'failed' }, 'failed'],
  ] as const) {
    it(`is ${outcome} for ${JSON.stringify(job)}`, async () => {
      expect(await outcomeOf(job)).to.equal(outcome);

      house.close();
    });
  }
});
