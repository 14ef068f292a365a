import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import { lemlist } from '../../../../src/services/lemlist/lemlist.ts';
import type { LemlistClient } from '../../../../src/services/lemlist/lemlistClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { httpHouse, json, scriptedWire, type HttpHouse, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';

const ADA = { _id: 'ctc_ada', emails: [{ value: 'ada@example.com' }] };
const BOB = { _id: 'ctc_bob', emails: [{ value: 'bob@example.com' }] };

describe('bulk calls of Lemlist', () => {
  let house: HttpHouse;
  let wire: ScriptedWire;
  const queue = rememberingQueue();

  const clientOver = (...replies: readonly Reply[]): LemlistClient => {
    wire = scriptedWire(...replies);
    house = httpHouse(wire.transport, { classify: lemlist.classify, policy: { retry: { maxAttempts: 1 } }, queue });
    return lemlist.mount(house.http).client;
  };
  const bodies = (): readonly unknown[] => wire.sent.map(({ body }) => JSON.parse(body ?? 'null') as unknown);

  afterEach(() => {
    house.close();
  });

  it('unsubscribe every sound value once, in one request, and answer every row', async () => {
    const client = clientOver(json(200, {}));

    const answer = await client.bulkUnsubscribe({ values: ['ada@example.com', 'nonsense', '@example.org', 'ada@example.com'] });

    expect(bodies()).to.deep.equal([{ values: ['ada@example.com', '@example.org'] }]);
    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'made' },
      { index: 1, outcome: 'refused', reason: 'invalid_value' },
      { index: 2, outcome: 'made' },
      { index: 3, outcome: 'made' },
    ]);
    expect(answer).to.include({ made: 3, refused: 1 });
  });

  it('send nothing where no value is sound', async () => {
    const client = clientOver(json(200, {}));

    const answer = await client.bulkUnsubscribe({ values: ['nonsense'] });

    expect(answer).to.include({ made: 0, refused: 1 });
    expect(wire.sent).to.deep.equal([]);
  });

  it('keep the sound values as one job where they have to wait, and call their rows pending', async () => {
    const client = clientOver(json(200, {}));

    const answer = await client.bulkUnsubscribe({ values: ['@example.org', 'nonsense'] }, { queue: { owner: 'test', atOnce: true } });

    expect(answer).to.include({ queued: true, id: 'job_1', made: 0, refused: 1 });
    expect(answer.rows.map(({ outcome }) => outcome)).to.deep.equal(['pending', 'refused']);
    expect(queue.kept.map(({ request }) => request.body)).to.deep.equal([{ values: ['@example.org'] }]);
  });

  it('find contacts by one request, and tell the missing and the unsound from the found', async () => {
    const client = clientOver(json(200, [BOB, ADA]));

    const answer = await client.findContacts({ ids_or_emails: ['ada@example.com', 'ctc_bob', 'nobody@example.com', 'a,b@example.com'] });

    expect(wire.sent).to.have.length(1);
    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'found', contact: ADA },
      { index: 1, outcome: 'found', contact: BOB },
      { index: 2, outcome: 'missing' },
      { index: 3, outcome: 'refused', reason: 'invalid_row', fields: ['id_or_email'] },
    ]);
    expect(answer).to.include({ found: 2, missing: 1, refused: 1, failed: 0 });
  });

  it('give the others their contact where Lemlist refuses one of them for all', async () => {
    const refusal = json(400, 'Invalid email address or domain');
    const client = clientOver(refusal, refusal, json(200, [BOB]));

    const answer = await client.findContacts({ ids_or_emails: ['ada@example.com', 'bob@example.com'] });

    expect(answer.rows.map(({ outcome }) => outcome)).to.have.members(['failed', 'found']);
  });

  it('fail as a whole where no row got an answer', async () => {
    const client = clientOver(json(401, 'The authentication you supplied is incorrect'));

    const failed = client.findContacts({ ids_or_emails: ['ada@example.com', 'bob@example.com'] });

    const error = await errorOf(failed, Error);
    expect(error).to.not.be.instanceOf(UpstreamRejectedError);
    expect(error).to.have.property('code', 'upstream_unauthorized');
  });
});
